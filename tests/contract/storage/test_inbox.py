"""A message is taken once, for ever; the same id with another body is told apart from a repetition."""

import pytest
import sqlalchemy as sa

from tests.contract.storage.books import Books
from tracker.domain.ids import LeaseToken
from tracker.storage import inbox
from tracker.storage.inbox import Arrival, InboxState, Incoming, receive
from tracker.storage.tables import plumbing as t

WORKER = LeaseToken("worker")
POSTED = Incoming(source="rail", message_id="m-1", kind="sighting", body='{"name": "佟大川"}'.encode())
ALTERED = Incoming(source="rail", message_id="m-1", kind="sighting", body=b"{}")
OF_POLICE = Incoming(source="police", message_id="m-1", kind="sighting", body=b"{}")


async def arrives(books: Books, incoming: Incoming, state: InboxState = InboxState.WAITING) -> inbox.Received:
    async with books.registry.transaction() as tx:
        return await receive(tx, incoming, state)


async def rows(books: Books) -> list[tuple[str, str, bool]]:
    async with books.registry.reading() as tx:
        return [(row.source, row.state, row.body is not None) for row in await tx.rows(sa.select(t.inbox))]


@pytest.mark.parametrize("state", [InboxState.WAITING, InboxState.DONE])
async def test_new_then_repeated_then_altered(books: Books, state: InboxState) -> None:
    first = await arrives(books, POSTED, state)
    again = await arrives(books, POSTED, state)
    altered = await arrives(books, ALTERED, state)

    assert (first.arrival, again.arrival, altered.arrival) == (
        Arrival.NEW,
        Arrival.REPEATED,
        Arrival.ALTERED,
    )
    assert first.receipt_id == again.receipt_id == altered.receipt_id
    assert len(await rows(books)) == 1


async def test_ids_are_the_senders_own(books: Books) -> None:
    await arrives(books, POSTED)

    assert (await arrives(books, OF_POLICE)).arrival is Arrival.NEW


async def test_the_body_stays_only_until_it_is_worked_on(books: Books) -> None:
    await arrives(books, POSTED)
    assert await rows(books) == [("rail", "waiting", True)]

    async with books.registry.transaction() as tx:
        waiting = await inbox.claim_waiting(tx, WORKER)
        assert waiting is not None
        assert waiting.body == POSTED.body
        await inbox.record_done(tx, waiting.row_id, WORKER)

    assert await rows(books) == [("rail", "done", False)]
    assert (await arrives(books, POSTED)).arrival is Arrival.REPEATED


async def test_what_is_refused_keeps_its_reason_and_no_body(books: Books) -> None:
    await arrives(books, POSTED)
    async with books.registry.transaction() as tx:
        waiting = await inbox.claim_waiting(tx, WORKER)
        assert waiting is not None
        await inbox.record_done(tx, waiting.row_id, WORKER, InboxState.REFUSED, "place: is missing")
        row = await tx.row(sa.select(t.inbox.c.reason))

    assert row is not None
    assert row.reason == "place: is missing"
    assert await rows(books) == [("rail", "refused", False)]


async def test_the_oldest_comes_first(books: Books) -> None:
    await arrives(books, POSTED)
    await arrives(books, OF_POLICE)

    async with books.registry.transaction() as tx:
        first = await inbox.claim_waiting(tx, WORKER)
        second = await inbox.claim_waiting(tx, LeaseToken("other"))
        third = await inbox.claim_waiting(tx, LeaseToken("third"))

    assert first is not None
    assert second is not None
    assert (first.source, second.source, third) == ("rail", "police", None)


async def test_what_came_over_the_bus_keeps_no_body_at_all(books: Books) -> None:
    await arrives(books, POSTED, InboxState.DONE)

    assert await rows(books) == [("rail", "done", False)]
