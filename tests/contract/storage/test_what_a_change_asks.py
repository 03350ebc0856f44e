"""How often the court asks its database for one change of the list, and what it need not ask twice."""

from dataclasses import replace

from adapters.bus.embedded import EmbeddedBus
from adapters.sqlite import SqliteDatabase
from scripts.partners import PARTNERS
from tests.contract.storage.asked import asked
from tests.contract.storage.books import Books, Postgresql, approves, lists_tong, submits_tong
from tracker.domain.entries import Cause, EntryState
from tracker.domain.ids import AgencyId, EntryId
from tracker.domain.people import system_actor
from tracker.loops.feed_writer import FeedWriterLoop
from tracker.services.entries.standing import Stop, stop_entries
from tracker.storage import cases, entries, entry_locks, feeds, instructions

APPROVAL_ASKS = {"postgresql": 7, "sqlite": 20}
WITHDRAWAL_ASKS = {"postgresql": 13, "sqlite": 17}
ROUND_ASKS = {"postgresql": 7, "sqlite": 11}
NEXT_ROUND_ASKS = {"postgresql": 7, "sqlite": 10}
"""On SQLite a trip costs nothing, and each query and table has a statement of its own."""
WITHDRAWN = Stop(cause=Cause.WITHDRAWN, ends=True)


def engine_of(books: Books) -> str:
    return "postgresql" if isinstance(books.engine, Postgresql) else "sqlite"


async def test_putting_a_person_on_four_lists(books: Books) -> None:
    entry_id = await submits_tong(books)

    with asked() as statements:
        await approves(books, entry_id)

    reads_who_approves = 2
    assert len(statements) - reads_who_approves == APPROVAL_ASKS[engine_of(books)]


async def test_withdrawing_a_person_from_four_lists(books: Books) -> None:
    entry_id = await lists_tong(books)
    async with books.registry.transaction() as tx:
        entry = await entry_locks.lock_entry(tx, entry_id)
        with asked() as statements:
            await stop_entries(tx, system_actor(entry.court_id), [entry], WITHDRAWN)
            await tx.flush()

    assert len(statements) == WITHDRAWAL_ASKS[engine_of(books)]


async def test_a_round_of_the_feed_writer_for_four_lists(books: Books) -> None:
    database = await SqliteDatabase.open(books.folder / "bus.sqlite")
    bus = EmbeddedBus(database, books.clock.now)
    writer = FeedWriterLoop(books.registry, bus, [partner.agency_id for partner in PARTNERS])
    await bus.make_tables()
    await lists_tong(books)

    with asked() as statements:
        assert await writer.step()

    published = [one for one in statements if "INTO waiting" in one]
    assert len(published) == 4
    assert len(statements) - len(published) == ROUND_ASKS[engine_of(books)]
    await database.close()


async def test_a_round_that_removes_four_entries_soon_after_they_were_put(books: Books) -> None:
    """What the former round has published is marked with what this one writes anyway."""
    database = await SqliteDatabase.open(books.folder / "bus.sqlite")
    bus = EmbeddedBus(database, books.clock.now)
    agency_ids = [partner.agency_id for partner in PARTNERS]
    await bus.make_tables()
    async with FeedWriterLoop(books.registry, bus, agency_ids) as writer:
        entry_id = await lists_tong(books)
        assert await writer.step()
        await withdraws(books, entry_id)

        with asked() as statements:
            assert await writer.step()

        published = [one for one in statements if "INTO waiting" in one]
        assert len(published) == 4
        assert len(statements) - len(published) == NEXT_ROUND_ASKS[engine_of(books)]
        assert [await unpublished(books, agency_id) for agency_id in agency_ids] == [1, 1, 1, 1]
    await database.close()


async def withdraws(books: Books, entry_id: EntryId) -> None:
    async with books.registry.transaction() as tx:
        entry = await entry_locks.lock_entry(tx, entry_id)
        await stop_entries(tx, system_actor(entry.court_id), [entry], WITHDRAWN)


async def unpublished(books: Books, agency_id: AgencyId) -> int:
    """How many of the newest changes are not marked as published."""
    async with books.registry.reading() as tx:
        feed = await feeds.get_feed(tx, agency_id)
    return feed.head.sequence - feed.published_up_to


async def test_what_is_locked_is_known_whatever_else_is_locked(books: Books) -> None:
    entry_id = await lists_tong(books)
    async with books.registry.transaction() as tx:
        entry = await entry_locks.lock_entry(tx, entry_id)
        await instructions.lock_instructions(tx, entry.subject_id)
        await cases.get_case(tx, entry.case_id)
        await cases.lock_case(tx, entry.case_id)

        with asked() as statements:
            assert await entry_locks.lock_entries_of_subject(tx, entry.subject_id) == (entry,)
            assert await entries.get_entry(tx, entry_id) == entry
            assert len(await instructions.lock_instructions(tx, entry.subject_id)) == 4
        assert statements == []

        with asked() as statements:
            # What was only read may have changed before the lock was had.
            await cases.get_case(tx, entry.case_id)
        assert len(statements) == 1


async def test_an_entry_that_is_moved_is_known_as_it_was_written(books: Books) -> None:
    entry_id = await lists_tong(books)
    async with books.registry.transaction() as tx:
        entry = await entry_locks.lock_entry(tx, entry_id)
        moved = replace(entry, state=EntryState.SUSPENDED, stopped_at=tx.at, version=entry.version + 1)
        assert await entry_locks.record_entry(tx, moved)

        known = await entry_locks.lock_entries_of_subject(tx, entry.subject_id)
        assert known == await entries.list_entries_of_subject(tx, entry.subject_id)
        assert known[0].state is EntryState.SUSPENDED


async def test_an_entry_that_somebody_else_moved_first_is_not_known_as_moved(books: Books) -> None:
    entry_id = await lists_tong(books)
    async with books.registry.transaction() as tx:
        entry = await entry_locks.lock_entry(tx, entry_id)
        stale = replace(entry, state=EntryState.SUSPENDED, version=entry.version)
        assert not await entry_locks.record_entry(tx, stale)

        (known,) = await entry_locks.lock_entries_of_subject(tx, entry.subject_id)
        assert known.state is EntryState.ACTIVE
