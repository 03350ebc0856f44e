"""A message is taken once, for ever; the same id with another body is told apart from a repetition."""

from collections.abc import Awaitable, Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from tests.contract.storage.books import Books
from tracker.domain.ids import LeaseToken
from tracker.storage import inbox
from tracker.storage.inbox import Arrival, InboxState, Incoming, Received, receive
from tracker.storage.tables import plumbing as t

WORKER = LeaseToken("worker")
POSTED = Incoming(source="rail", message_id="m-1", kind="sighting", body='{"name": "佟大川"}'.encode())
ALTERED = Incoming(source="rail", message_id="m-1", kind="sighting", body=b"{}")
OF_POLICE = Incoming(source="police", message_id="m-1", kind="sighting", body=b"{}")


async def arrives(books: Books, incoming: Incoming) -> Received:
    """It waits for a loop."""
    async with books.registry.transaction() as tx:
        return await receive(tx, incoming)


async def is_taken(books: Books, *incoming: Incoming) -> tuple[Received, ...]:
    """It is worked on at once."""
    async with books.registry.transaction() as tx:
        received = await inbox.sort_out(tx, incoming)
        await inbox.record_taken(tx, incoming, received)
        return received


async def is_taken_alone(books: Books, incoming: Incoming) -> Received:
    return (await is_taken(books, incoming))[0]


async def rows(books: Books) -> list[tuple[str, str, bool]]:
    async with books.registry.reading() as tx:
        return [(row.source, row.state, row.body is not None) for row in await tx.rows(sa.select(t.inbox))]


@pytest.mark.parametrize("comes", [arrives, is_taken_alone])
async def test_new_then_repeated_then_altered(
    books: Books, comes: Callable[[Books, Incoming], Awaitable[Received]]
) -> None:
    first = await comes(books, POSTED)
    again = await comes(books, POSTED)
    altered = await comes(books, ALTERED)

    assert (first.arrival, again.arrival, altered.arrival) == (
        Arrival.NEW,
        Arrival.REPEATED,
        Arrival.ALTERED,
    )
    assert first.receipt_id == again.receipt_id == altered.receipt_id
    assert len(await rows(books)) == 1


async def test_what_comes_twice_in_one_set_is_new_once(books: Books) -> None:
    first, again, altered = await is_taken(books, POSTED, POSTED, ALTERED)

    assert (first.arrival, again.arrival, altered.arrival) == (
        Arrival.NEW,
        Arrival.REPEATED,
        Arrival.ALTERED,
    )
    assert await rows(books) == [("rail", "done", False)]


async def test_of_two_who_take_one_message_at_a_time_one_fails(books: Books) -> None:
    async with books.registry.transaction() as tx:
        received = await inbox.sort_out(tx, [POSTED])
    await is_taken(books, POSTED)

    with pytest.raises(IntegrityError):
        async with books.registry.transaction() as tx:
            await inbox.record_taken(tx, [POSTED], received)

    assert await rows(books) == [("rail", "done", False)]


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
    await is_taken(books, POSTED)

    assert await rows(books) == [("rail", "done", False)]
