"""However many notices are due, a claim of them asks the database as often as for one; so does the recording
of what channels answered.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest
import sqlalchemy as sa

from notifications.channels.port import Submitted
from notifications.providers import Providers
from tests.contract.storage.asked import asked
from tests.contract.storage.books import Books
from tests.contract.storage.test_leases import NOTICE
from tests.scripted_channel import ScriptedChannel
from tracker.domain.ids import LeaseToken, NoticeId
from tracker.services.delivery.claims import claim_sendings
from tracker.services.delivery.results import Answered, record_sent
from tracker.services.delivery.sendings import Sending
from tracker.storage import notices
from tracker.storage.transaction import Tx

MINE = LeaseToken("one.claim")
PROVIDERS = Providers([ScriptedChannel("recorder")])
ASKED_BY_A_CLAIM = {"postgresql": 3, "sqlite": 7}
"""By the database, with the look for what is due next: one answers several queries at once."""


def asked_in(tx: Tx) -> Sequence[str]:
    """The statements of a transaction from now on."""
    asked: list[str] = []
    sa.event.listen(tx.db.sync_connection, "before_cursor_execute", lambda *told: asked.append(told[2]))
    return asked


async def are_due(books: Books, count: int) -> None:
    due = [replace(NOTICE, notice_id=NoticeId(f"notice-{number}")) for number in range(count)]
    async with books.registry.transaction() as tx:
        await notices.add_notices(tx, due)


async def claimed(books: Books) -> tuple[Sequence[Sending], int, str]:
    """What one claim takes, how often it asks, and which database."""
    async with books.registry.transaction() as tx:
        asked = asked_in(tx)
        sendings = await claim_sendings(tx, MINE, PROVIDERS)
        await notices.next_notice_due(tx)
        await tx.flush()
        return sendings, len(asked), tx.db.dialect.name


@pytest.mark.parametrize("count", [1, 40])
async def test_a_claim_asks_as_often_however_many_it_takes(books: Books, count: int) -> None:
    await are_due(books, count)

    sendings, asked, database = await claimed(books)

    assert (len(sendings), asked) == (count, ASKED_BY_A_CLAIM[database])


@pytest.mark.parametrize("count", [1, 40])
async def test_recording_their_answers_asks_four_times(books: Books, count: int) -> None:
    await are_due(books, count)
    sendings, _, _ = await claimed(books)

    async with books.registry.transaction() as tx:
        asked = asked_in(tx)
        answer = Submitted(provider_id="SM1")
        await record_sent(tx, [Answered(sending=one, result=answer, token=MINE) for one in sendings])
        assert len(asked) == 4


async def test_two_who_claim_at_the_same_time_get_each_their_own(books: Books) -> None:
    await are_due(books, 2)

    async def claim_another() -> list[NoticeId]:
        async with books.registry.transaction() as tx:
            claimed = await claim_sendings(tx, LeaseToken("two.claim"), PROVIDERS, 1)
        return [one.notice.notice_id for one in claimed]

    async with books.registry.transaction() as tx:
        (first,) = await claim_sendings(tx, MINE, PROVIDERS, 1)
        beside = asyncio.create_task(claim_another())
        await books.engine.until_held_up(beside)

    assert (first.notice.notice_id, await beside) == ("notice-0", ["notice-1"])


async def test_a_claim_that_leaves_others_does_not_look_for_the_next(books: Books) -> None:
    await are_due(books, 3)

    async with books.registry.transaction() as tx:
        with asked() as statements:
            await claim_sendings(tx, MINE, PROVIDERS, 2)
            due_at = await notices.next_notice_due(tx)

    assert [one for one in statements if "min(notice.due_at)" in one] == []
    assert due_at == tx.at
