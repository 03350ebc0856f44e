"""A closed line holds nothing up and rings nobody, and what belonged to its former list leaves the court."""

from datetime import timedelta

from scripts import cast
from tests.contract.storage.books import BEGINS, Books
from tests.contract.storage.test_feed_writer import RAIL, Line, line, put
from tests.contract.storage.test_lines import tend, tended, watches
from tests.contract.storage.test_snapshots import FIRST, Keeper, keeper
from tracker.domain.ids import CourtId
from tracker.domain.line_closing import ClosingReason
from tracker.domain.people import system_actor
from tracker.services.lines.canaries import hear_canaries, is_tended
from tracker.services.lines.closing import close_line, open_line
from tracker.storage import feed_changes, feeds, lines, people

__all__ = ["keeper", "line", "tended"]

COURT_ID = CourtId(cast.COURT.court_id)


async def closes(books: Books) -> None:
    async with books.registry.transaction() as tx:
        await close_line(tx, system_actor(COURT_ID), RAIL, ClosingReason.FAULTY)


async def opens(books: Books) -> None:
    async with books.registry.transaction() as tx:
        await open_line(tx, await people.get_actor(tx, cast.LEADER.person_id), RAIL)


async def test_a_closed_line_is_watched_no_more_and_again_once_it_is_open(tended: Books) -> None:
    await closes(tended)
    await tend(tended)
    closed = await watches(tended)

    await opens(tended)

    assert (closed, await watches(tended)) == (3, 4)


async def test_one_that_was_silent_is_not_called_silent_any_more(tended: Books) -> None:
    async with tended.registry.transaction() as tx:
        (silent,) = await lines.lock_lines(tx, RAIL, {"one"})
        await lines.record_silent(tx, silent.line_id, BEGINS)

    await closes(tended)

    async with tended.registry.reading() as tx:
        assert await lines.list_silent(tx) == ()


async def test_the_new_list_has_a_canary_of_its_own_and_waits_for_it_from_the_opening_on(
    tended: Books,
) -> None:
    async with tended.registry.transaction() as tx:
        await hear_canaries(tx, RAIL, frozenset({"one"}))
        former = await feeds.get_feed(tx, RAIL)
    await closes(tended)
    await opens(tended)

    async with tended.registry.transaction() as tx:
        feed = await feeds.get_feed(tx, RAIL)
        (change,) = await feed_changes.list_waiting_changes(tx, RAIL, 2, 10)
        (opened,) = await lines.lock_lines(tx, RAIL, {"one"})
        assert await is_tended(tx, COURT_ID)
    assert feed.keys.epoch == former.keys.epoch + 1
    assert change.reference == feed.canary_reference != former.canary_reference
    assert opened.canary_at is None


async def test_what_waited_when_it_was_closed_is_late_no_more(line: Line) -> None:
    await line.commits(put(1))
    before = await oldest_waiting(line)

    await closes(line.books)
    while_closed = await oldest_waiting(line)
    line.books.clock.move_to(BEGINS + timedelta(hours=1))
    await opens(line.books)

    assert before is not None
    assert while_closed is None
    assert await oldest_waiting(line) == line.books.clock.now()


async def oldest_waiting(line: Line) -> object:
    async with line.books.registry.reading() as tx:
        return await feed_changes.oldest_waiting_at(tx)


async def test_packets_and_snapshots_of_a_list_that_has_ended_leave(keeper: Keeper) -> None:
    await keeper.lists(1, 2)
    await keeper.makes()
    await closes(keeper.line.books)
    await opens(keeper.line.books)

    await keeper.looks(timedelta(hours=1))
    snapshot = keeper.shelf.newest(FIRST)
    # Nobody asks for them any more: no snapshot has to stand in their place.
    await keeper.looks(timedelta(days=7))

    assert snapshot is None
    assert await keeper.log() == []
    assert keeper.shelf.newest(FIRST) is None
