"""A message of an agency that is refused may be a sighting: the desk hears of it."""

from dataclasses import replace

import sqlalchemy as sa

from notifications.texts import TextId
from scripts import cast
from tests.contract.storage.books import Books
from tests.contract.storage.test_poison import receives
from tracker.domain.ids import AgencyId, LeaseToken
from tracker.loops.inbox import InboxLoop
from tracker.services.lines.inbox import MOST_TRIES, put_off
from tracker.services.lines.refused_messages import ring_for_refused
from tracker.services.lines.reports import AHEAD_OF_THE_COURT
from tracker.storage import inbox
from tracker.storage.inbox import Incoming
from tracker.storage.refusals import count_refusals
from tracker.storage.tables import notices as notice_tables
from tracker.storage.tables import plumbing

SIGHTING = Incoming(source="rail", message_id="m-1", kind="sighting", body=b"{}")
WORKER = LeaseToken("one:first")
BY_BOTH_WAYS = [(cast.DESK.person_id, "push"), (cast.DESK.person_id, "sms")]


async def told_of_refused(books: Books) -> list[tuple[str, str]]:
    """Who was told of a refused message, and how."""
    column = notice_tables.notice.c
    told = sa.select(column.person_id, column.channel).where(column.text_id == TextId.MESSAGE_REFUSED)
    async with books.registry.reading() as tx:
        return [(row.person_id, row.channel) for row in await tx.rows(told.order_by(column.channel))]


async def test_a_posted_sighting_that_cannot_be_used_rings_the_desk_once(books: Books) -> None:
    unusable = [replace(SIGHTING, message_id=message_id) for message_id in ("m-1", "m-2")]
    await receives(books, *unusable)
    loop = InboxLoop(books.registry)

    assert [await loop.step(), await loop.step(), await loop.step()] == [True, True, False]

    assert await told_of_refused(books) == BY_BOTH_WAYS


async def test_a_posted_sighting_that_failed_too_often_rings_the_desk(books: Books) -> None:
    await receives(books, SIGHTING)
    async with books.registry.transaction() as tx:
        await tx.run(sa.update(plumbing.inbox).values(tries=MOST_TRIES - 1))
        waiting = await inbox.claim_waiting(tx, WORKER)
        assert waiting is not None
        await put_off(tx, waiting, WORKER)

    assert await told_of_refused(books) == BY_BOTH_WAYS


async def test_who_was_taken_over_rings_nobody_for_what_another_works_on(books: Books) -> None:
    await receives(books, SIGHTING)
    async with books.registry.transaction() as tx:
        await tx.run(sa.update(plumbing.inbox).values(tries=MOST_TRIES - 1))
        waiting = await inbox.claim_waiting(tx, WORKER)
        assert waiting is not None
        await put_off(tx, waiting, LeaseToken("another"))

    assert await told_of_refused(books) == []


async def test_a_list_ahead_of_the_courts_keeps_no_refused_message_from_the_desk(books: Books) -> None:
    async with books.registry.transaction() as tx:
        await count_refusals(tx, AgencyId("rail"), [AHEAD_OF_THE_COURT])
        await ring_for_refused(tx, AgencyId("rail"))

    assert await told_of_refused(books) == BY_BOTH_WAYS
