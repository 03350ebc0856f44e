"""The court's own leads by place, as two people keep them."""

import asyncio
from datetime import timedelta

from scripts import cast
from tests.contract.storage.books import Books
from tracker.storage.leads import list_leads, put_lead

COURT_ID = cast.COURT.court_id


async def _saves(books: Books, minutes: int) -> bool:
    async with books.registry.transaction() as tx:
        await put_lead(tx, COURT_ID, "北京西", timedelta(minutes=minutes))
    return True


async def test_of_two_who_save_a_lead_at_once_the_later_one_has_it(books: Books) -> None:
    async with books.registry.transaction() as tx:
        await put_lead(tx, COURT_ID, "北京西", timedelta(minutes=30))
        later = asyncio.create_task(_saves(books, 45))
        await books.engine.until_held_up(later)

    assert await later
    async with books.registry.reading() as tx:
        assert await list_leads(tx, COURT_ID) == {"北京西": timedelta(minutes=45)}
