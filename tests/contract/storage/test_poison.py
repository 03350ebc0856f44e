"""One row, message or sending that fails unforeseen is put off and never lost; those beside it go on."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextvars import Context
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from adapters.bus.port import DeadLetter, Handler, SetHandler
from notifications.channels.port import (
    Channel,
    ChannelKind,
    FindResult,
    NotFound,
    Outgoing,
    SendResult,
    Submitted,
)
from notifications.channels.recorder import Recorder
from notifications.delivery import AttemptState, NoticeState
from notifications.providers import Probes, Providers
from scripts import cast
from tests.contract.bus.guarded import BusAway
from tests.contract.storage.books import BEGINS, Books, register_tong
from tests.contract.storage.test_leases import NOTICE
from tracker.domain.due import DueKind, DueWork
from tracker.domain.ids import AttemptId, LeaseToken, NoticeId
from tracker.domain.lateness import Work
from tracker.domain.retries import wait_after
from tracker.loops.due_work import DueWorkLoop, PatientWorkLoop
from tracker.loops.inbox import InboxLoop
from tracker.loops.notices import NoticeLoop
from tracker.loops.relay import RelayLoop
from tracker.services.lines.inbox import CALL_US, MOST_TRIES
from tracker.services.proof.lateness import list_late
from tracker.storage import attempts, due_work, inbox, notices, outbox
from tracker.storage.attempts import Attempt
from tracker.storage.inbox import Incoming
from tracker.storage.outbox import OutboxLane, OutboxMessage
from tracker.storage.tables import alerts as alert_tables
from tracker.storage.tables import notices as notice_tables
from tracker.storage.tables import plumbing

PAYMENT = Incoming(
    source=f"{cast.COURT.court_id}:case-system",
    message_id="m-1",
    kind="case-event",
    body=(
        b'{"event":"payment.received","case_number":"\\uff082026\\uff09\\u4eac0199\\u62671357\\u53f7",'
        b'"receipt_number":"R-1","amount_fen":100,"occurred_at":"2026-02-25T12:00:00+08:00"}'
    ),
)
UNUSABLE = replace(PAYMENT, message_id="m-2", body=b"not JSON")
REASON = "(whole message): is not valid JSON: send one JSON object in UTF-8"
POISONED = DueWork(due_id="due-1", kind=DueKind.ENTRY_EXPIRES, about="nobody", due_at=BEGINS)

THREE = ("notice-1", "notice-2", "notice-3")
SUBMITTED = Attempt(
    attempt_id=AttemptId("attempt-1"),
    notice_id=NoticeId("notice-1"),
    provider="recorder",
    provider_id=None,
    state=AttemptState.SUBMITTED,
    code=None,
    text="",
    is_repeat=False,
    submitted_at=BEGINS,
    changed_at=BEGINS,
)


class PoisonedChannel:
    """Fails on the first message as no engine should; takes every other."""

    name = "recorder"
    kind = ChannelKind.SMS

    def __init__(self) -> None:
        self.calls = 0

    async def send(self, message: Outgoing) -> SendResult:
        self.calls += 1
        assert self.calls > 1, "unforeseen"
        return Submitted(provider_id=f"SM{self.calls}")

    async def find_sent(self, message: Outgoing, *, since: datetime, but: Collection[str] = ()) -> FindResult:
        return NotFound()

    async def close(self) -> None:
        """Nothing to close."""


BREAKING = {
    "sqlite": [
        "CREATE TRIGGER broken BEFORE INSERT ON case_receipt BEGIN SELECT RAISE(ABORT, 'broken'); END"
    ],
    "postgresql": [
        "CREATE FUNCTION breaks() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'broken'; END $$",
        "CREATE TRIGGER broken BEFORE INSERT ON case_receipt FOR EACH ROW EXECUTE FUNCTION breaks()",
    ],
}
MENDING = {"sqlite": "DROP TRIGGER IF EXISTS broken", "postgresql": "DROP FUNCTION IF EXISTS breaks CASCADE"}


class HalfABus:
    """Loses the connection for one queue, in the end."""

    def __init__(self) -> None:
        self.published: list[str] = []
        self.has_published = asyncio.Event()
        self.goes_on = asyncio.Event()
        self.goes_on.set()

    async def publish(self, queue: str, body: bytes, *, message_id: str, sender: str) -> None:
        if queue == "orders.rail.one":
            await self.goes_on.wait()
            raise BusAway
        self.published.append(message_id)
        self.has_published.set()

    def subscribe(self, queue: str, handler: Handler) -> None:
        """Nobody listens here."""

    def subscribe_to_sets(self, queue: str, handler: SetHandler) -> None:
        """Nor here."""

    async def replay(self, message_ids: Collection[str]) -> Collection[str]:
        return ()

    async def dead_letters(self) -> Sequence[DeadLetter]:
        return ()

    async def discard(self, mark: str) -> bool:
        return False


async def breaks_the_receipts(books: Books) -> None:
    """The database fails on one table, as a full or damaged disk would."""
    async with books.registry.transaction() as tx:
        for statement in BREAKING[tx.db.dialect.name]:
            await tx.db.exec_driver_sql(statement)


async def mends_the_receipts(books: Books) -> None:
    async with books.registry.transaction() as tx:
        await tx.db.exec_driver_sql(MENDING[tx.db.dialect.name])


@pytest.fixture(autouse=True)
async def mended_at_the_end(books: Books) -> AsyncIterator[None]:
    """The rows of a court are its own; what is broken in a database stays so."""
    yield
    await mends_the_receipts(books)


async def receives(books: Books, *messages: Incoming) -> None:
    async with books.registry.transaction() as tx:
        for message in messages:
            await inbox.receive(tx, message)


async def states_of_inbox(books: Books) -> list[tuple[str, str | None, int]]:
    column = plumbing.inbox.c
    async with books.registry.reading() as tx:
        rows = await tx.rows(sa.select(column.state, column.reason, column.tries).order_by(column.message_id))
    return [(row.state, row.reason, row.tries) for row in rows]


async def due_rows(books: Books) -> list[tuple[str, int, datetime]]:
    column = alert_tables.due_work.c
    async with books.registry.reading() as tx:
        rows = await tx.rows(
            sa.select(column.id, column.tries, column.due_at).where(column.about == POISONED.about)
        )
    return [(row.id, row.tries, row.due_at) for row in rows]


async def tries_after_the_wait(books: Books, loop: InboxLoop, tries: int) -> None:
    books.clock.move_to(books.clock.now() + wait_after(tries))
    assert await loop.step()


async def test_a_poisoned_message_is_put_off_and_the_next_one_goes_on(books: Books) -> None:
    await breaks_the_receipts(books)
    await receives(books, PAYMENT, UNUSABLE)
    loop = InboxLoop(books.registry)

    assert [await loop.step(), await loop.step(), await loop.step()] == [True, True, False]

    assert await states_of_inbox(books) == [("waiting", None, 1), ("refused", REASON, 0)]
    assert await loop.next_due() == BEGINS + timedelta(seconds=1)


async def test_a_message_that_failed_is_taken_when_the_trouble_is_over(books: Books) -> None:
    await breaks_the_receipts(books)
    await receives(books, PAYMENT)
    loop = InboxLoop(books.registry)
    await loop.step()
    await mends_the_receipts(books)

    await tries_after_the_wait(books, loop, 1)

    assert await states_of_inbox(books) == [("done", None, 1)]


async def test_a_message_that_fails_too_often_says_call_us(books: Books) -> None:
    await breaks_the_receipts(books)
    await receives(books, PAYMENT)
    async with books.registry.transaction() as tx:
        await tx.run(sa.update(plumbing.inbox).values(tries=MOST_TRIES - 1))

    assert await InboxLoop(books.registry).step()

    assert await states_of_inbox(books) == [("refused", CALL_US, MOST_TRIES - 1)]


async def test_a_poisoned_due_row_is_put_off_longer_each_time_and_the_next_one_goes_on(books: Books) -> None:
    entry_id = await register_tong(books.registry)
    async with books.registry.transaction() as tx:
        await due_work.add_due(tx, POISONED)
        await due_work.add_due(tx, replace(POISONED, due_id="due-2", about=entry_id))
    loop = PatientWorkLoop(books.registry)

    assert [await loop.step(), await loop.step(), await loop.step()] == [True, True, False]
    assert await due_rows(books) == [("due-1", 1, BEGINS + timedelta(seconds=1))]

    books.clock.move_to(BEGINS + timedelta(seconds=1))
    assert await loop.step()
    assert await due_rows(books) == [("due-1", 2, BEGINS + timedelta(seconds=3))]


async def test_what_somebody_waits_for_stands_in_no_line_with_the_whole_list(books: Books) -> None:
    async with books.registry.transaction() as tx:
        await due_work.add_due(tx, *[replace(POISONED, due_id=f"entry-{number}") for number in range(3)])
        step = replace(POISONED, due_id="step-1", kind=DueKind.LADDER_STEP, due_at=BEGINS)
        await due_work.add_due(tx, step)

    async with books.registry.transaction() as tx:
        claimed = await due_work.claim_due(tx, books.registry.new_lease())

    assert claimed is not None
    assert claimed.due_id == "step-1"
    assert not await DueWorkLoop(books.registry).step()


async def test_one_sending_that_fails_does_not_end_those_beside_it(books: Books) -> None:
    async with books.registry.transaction() as tx:
        for key in THREE:
            await notices.add_notice(tx, replace(NOTICE, notice_id=NoticeId(key)))
    loop = NoticeLoop(books.registry, Providers([PoisonedChannel()]))

    assert await loop.step()

    async with books.registry.reading() as tx:
        states = [(await notices.get_notice(tx, NoticeId(key))).state for key in THREE]
        (failed,) = await attempts.list_attempts(tx, [NoticeId("notice-1")])
    assert states == [NoticeState.DUE, NoticeState.DONE, NoticeState.DONE]
    assert failed.state is AttemptState.UNKNOWN


class Misjudging(Providers):
    """Fails over an answer, as a provider that asks for a century of patience once did."""

    def answered(self, channel: Channel, message: str, result: SendResult, at: datetime) -> None:
        raise OverflowError


async def test_an_answer_is_written_whatever_is_made_of_it(books: Books) -> None:
    async with books.registry.transaction() as tx:
        await notices.add_notice(tx, NOTICE)

    await NoticeLoop(books.registry, Misjudging([Recorder().channel(ChannelKind.SMS)])).step()

    async with books.registry.reading() as tx:
        (tried,) = await attempts.list_attempts(tx, [NOTICE.notice_id])
    assert tried.state is AttemptState.DELIVERED


def is_said(books: Books) -> NoticeLoop:
    return NoticeLoop(books.registry, Providers([Recorder().channel(ChannelKind.SMS)]))


async def states_of_notices(books: Books) -> list[str]:
    column = notice_tables.notice.c
    async with books.registry.reading() as tx:
        return [row.state for row in await tx.rows(sa.select(column.state).order_by(column.id))]


async def test_one_that_cannot_be_read_is_put_off_by_itself_too(
    books: Books, logged: list[dict[str, Any]]
) -> None:
    async with books.registry.transaction() as tx:
        await notices.add_notice(tx, NOTICE)
        await tx.run(sa.update(notice_tables.notice).values(text_id="ZZ9"))
    probes = Probes(numbers={"recorder": "+12025550100"})

    await NoticeLoop(books.registry, Providers([Recorder().channel(ChannelKind.SMS)], probes)).step()

    assert await states_of_notices(books) == ["due"]
    assert [one["event"] for one in logged if "error" in one] == ["notice-put-off"]


async def test_a_notice_that_cannot_be_read_or_said_keeps_no_other_from_going_out(
    books: Books, logged: list[dict[str, Any]]
) -> None:
    column = notice_tables.notice.c
    lacks_a_fact = replace(NOTICE, notice_id=NoticeId("a"), facts=replace(NOTICE.facts, case=None))
    tried = replace(SUBMITTED, notice_id=NoticeId("d"))
    async with books.registry.transaction() as tx:
        await notices.add_notices(
            tx, [lacks_a_fact, *[replace(NOTICE, notice_id=NoticeId(key)) for key in "bcde"]]
        )
        await attempts.add_attempts(tx, [tried])
        change = sa.update(notice_tables.notice)
        await tx.run(change.where(column.id == "b").values(text_id="ZZ9"))
        await tx.run(change.where(column.id == "c").values(facts=b"sealed by nobody"))
        await tx.run(sa.update(notice_tables.attempt).values(text=b"sealed by nobody"))

    await is_said(books).step()

    assert await states_of_notices(books) == ["due", "due", "due", "due", "done"]
    told = [(one["notice"], one["error"]) for one in logged if one["event"] == "notice-put-off"]
    assert dict(told) == {
        "a": "FactMissing",
        "b": "ValueError",
        "c": "UnsealFailed",
        "d": "UnsealFailed",
    }


async def test_what_was_put_off_is_late_and_goes_out_once_it_can_be_said(books: Books) -> None:
    column = notice_tables.notice.c
    async with books.registry.transaction() as tx:
        await notices.add_notice(tx, NOTICE)
        await tx.run(sa.update(notice_tables.notice).values(text_id="ZZ9"))
    loop = is_said(books)
    await loop.step()
    async with books.registry.transaction() as tx:
        await tx.run(sa.update(notice_tables.notice).values(text_id=NOTICE.text_id))
    books.clock.move_to(BEGINS + timedelta(seconds=31))

    # For as long as a lease it is not tried again, and stays due since it was.
    await loop.step()
    async with books.registry.reading() as tx:
        late = await list_late(tx)
    assert (Work.NOTICES, BEGINS) in [(one.what, one.since) for one in late]
    assert await states_of_notices(books) == ["due"]

    async with books.registry.transaction() as tx:
        await tx.run(sa.update(notice_tables.notice).where(column.state == "due").values(lease_until=1.0))
    await loop.step()
    assert await states_of_notices(books) == ["done"]


async def posts(books: Books, *messages: tuple[str, str]) -> None:
    """Orders wait for the relay, each an id and a queue."""
    async with books.registry.transaction() as tx:
        for key, queue in messages:
            order = OutboxMessage(message_id=key, queue=queue, lane=OutboxLane.ORDERS, body=b"signed")
            await outbox.add_message(tx, order)


async def test_a_queue_that_fails_keeps_no_other_queue_waiting(books: Books) -> None:
    await posts(books, ("m-1", "orders.rail.one"), ("m-2", "orders.rail.one"), ("m-3", "orders.police.one"))
    bus = HalfABus()

    assert await RelayLoop(books.registry, bus).step()

    assert bus.published == ["m-3"]
    async with books.registry.transaction() as tx:
        free = await outbox.claim_unpublished(tx, LeaseToken("next"), 10)
    assert [one.message_id for one in free] == ["m-1", "m-2"]


async def test_a_queue_that_hangs_keeps_no_other_queue_waiting(books: Books) -> None:
    await posts(books, ("m-1", "orders.rail.one"), ("m-2", "orders.police.one"))
    bus = HalfABus()
    bus.goes_on.clear()

    relaying = asyncio.create_task(RelayLoop(books.registry, bus).step(), context=Context())
    await bus.has_published.wait()
    bus.goes_on.set()
    assert (bus.published, await relaying) == (["m-2"], True)


async def test_express_goes_first_whatever_the_lanes_are_called(books: Books) -> None:
    async with books.registry.transaction() as tx:
        lanes = (OutboxLane.LISTS, OutboxLane.ORDERS, OutboxLane.EXPRESS)
        for key, lane in zip(("m-1", "m-2", "m-3"), lanes, strict=True):
            await outbox.add_message(
                tx, OutboxMessage(message_id=key, queue="orders.rail.one", lane=lane, body=b"signed")
            )
        claimed = await outbox.claim_unpublished(tx, LeaseToken("next"), 10)

    assert [one.message_id for one in claimed] == ["m-3", "m-2", "m-1"]
    assert [int(lane) for lane in OutboxLane] == [0, 1, 2]
