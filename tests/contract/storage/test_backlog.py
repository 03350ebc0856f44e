"""What waits is read of the books as numbers: how much, and since when."""

from datetime import timedelta

from scripts.cast import COURT
from tests.contract.storage.books import Books
from tracker.domain.due import DueKind, DueWork
from tracker.domain.ids import AgencyId
from tracker.services.lines.canaries import hear_canaries
from tracker.storage import due_work, feed_changes, outbox
from tracker.storage.backlog import Backlog, FeedBacklog, Queue, read_backlog
from tracker.storage.feed_changes import Change
from tracker.storage.feeds import Lane
from tracker.storage.inbox import Incoming, receive
from tracker.storage.outbox import OutboxLane, OutboxMessage

RAIL = AgencyId("rail")
NOTHING = Queue(waiting=0, oldest_s=0.0)


async def backlog_of(books: Books) -> Backlog:
    async with books.registry.reading() as tx:
        return await read_backlog(tx, COURT.court_id)


async def test_where_nothing_waits_all_is_zero(books: Books) -> None:
    backlog = await backlog_of(books)

    assert backlog.outbox == backlog.inbox == backlog.late_due_work == backlog.late_notices == NOTHING
    assert (backlog.notices_waiting, backlog.open_alerts) == (0, 0)
    lags = [(lag.agency_id, lag.changes_behind, lag.silent_s, lag.canary_age_s) for lag in backlog.replicas]
    assert lags == [
        ("border", 0, None, None),
        ("exit-entry", 0, None, None),
        ("police", 0, None, None),
        ("rail", 0, None, None),
    ]


async def test_the_age_of_a_canary_is_counted_from_its_last_return(books: Books) -> None:
    async with books.registry.transaction() as tx:
        await hear_canaries(tx, RAIL, frozenset({"one"}))
    books.clock.move_to(books.clock.now() + timedelta(seconds=240))

    assert [lag.canary_age_s for lag in (await backlog_of(books)).replicas] == [None, None, None, 240.0]


async def test_what_waits_is_counted_from_the_oldest(books: Books) -> None:
    async with books.registry.transaction() as tx:
        message = OutboxMessage(message_id="m-1", queue="orders.rail.1", lane=OutboxLane.ORDERS, body=b"x")
        await outbox.add_message(tx, message)
        incoming = Incoming(source="rail", message_id="w-1", kind="sighting", body=b"{}")
        await receive(tx, incoming)
        due = DueWork(due_id="d-1", kind=DueKind.ENTRY_EXPIRES, about="e-1", due_at=tx.at, detail={})
        await due_work.add_due(tx, due)
        change = Change(
            change_id="c-1", agency_id=RAIL, epoch=1, reference=7, version=1, lane=Lane.NORMAL, body=None
        )
        await feed_changes.add_change(tx, change)
    books.clock.move_to(books.clock.now() + timedelta(seconds=90))

    backlog = await backlog_of(books)

    waiting = Queue(waiting=1, oldest_s=90.0)
    assert backlog.outbox == backlog.inbox == backlog.late_due_work == waiting
    assert backlog.feeds[-1] == FeedBacklog(agency_id=RAIL, unnumbered=waiting, unpublished=0)


async def test_work_whose_time_has_not_come_is_not_late(books: Books) -> None:
    async with books.registry.transaction() as tx:
        later = tx.at + timedelta(seconds=1)
        due = DueWork(due_id="d-1", kind=DueKind.ENTRY_EXPIRES, about="e-1", due_at=later, detail={})
        await due_work.add_due(tx, due)

    assert (await backlog_of(books)).late_due_work == NOTHING
