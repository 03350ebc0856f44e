"""The withdrawal journal behind the commits: written as soon as it can be, each line once, and in no one's
way.
"""

from datetime import timedelta
from pathlib import Path

import pytest

from scripts import cast
from scripts.pump import settle
from tests.contract.storage.books import BEGINS, Books, lists_tong
from tracker.commands.journal import require_present
from tracker.commands.start import CannotRun
from tracker.domain.entries import Cause
from tracker.domain.ids import CourtId, EntryId
from tracker.domain.journal import JournalLine, LineKind, Place
from tracker.loops.journal import JournalLoop
from tracker.services.entries.standing import suspend_entry, withdraw_entry
from tracker.services.feeds.journal import Journal, JournalFile
from tracker.storage import people

COURT_ID = CourtId(cast.COURT.court_id)
AFTER_THE_BACKUP = Place(1, 9)


def line_on(
    entry_id: EntryId, cause: Cause, *, state: str = "suspended", place: Place = AFTER_THE_BACKUP
) -> JournalLine:
    """What a former life of the court wrote after the backup."""
    return JournalLine(
        line_id=f"line-{place.position}",
        place=place,
        at=BEGINS,
        kind=LineKind.STOPPED,
        about=entry_id,
        detail={"state": state, "cause": cause.value},
    )


class Writer:
    """The journal of one process, in a folder that may be away."""

    def __init__(self, books: Books, folder: Path, worker: str = "one") -> None:
        folder.mkdir(exist_ok=True)
        self.books = books
        self.journal = Journal(folder=folder, court_id=COURT_ID, key=books.registry.keys.chain)
        self.loop = JournalLoop(books.registry, JournalFile(self.journal, worker), COURT_ID)

    async def writes(self) -> None:
        await settle([self.loop])

    async def suspends(self, entry_id: EntryId) -> None:
        async with self.books.registry.transaction() as tx:
            await suspend_entry(tx, await people.get_actor(tx, cast.JUDGE.person_id), entry_id)

    async def withdraws(self, entry_id: EntryId) -> None:
        async with self.books.registry.transaction() as tx:
            judge = await people.get_actor(tx, cast.JUDGE.person_id)
            await withdraw_entry(tx, judge, entry_id, Cause.WITHDRAWN)

    def lines(self) -> list[tuple[Place, str, object]]:
        said = sorted(self.journal.lines().values(), key=lambda line: line.place)
        return [(line.place, line.about, line.detail["state"]) for line in said]


@pytest.fixture
async def entry_id(books: Books) -> EntryId:
    return await lists_tong(books)


@pytest.fixture
def writer(books: Books, tmp_path: Path, entry_id: EntryId) -> Writer:
    return Writer(books, tmp_path / "journal")


async def test_whatever_stops_an_entry_is_a_line(writer: Writer, entry_id: EntryId) -> None:
    await writer.suspends(entry_id)
    await writer.writes()
    await writer.withdraws(entry_id)
    await writer.writes()

    assert writer.lines() == [(Place(1, 1), entry_id, "suspended"), (Place(1, 2), entry_id, "ended")]


async def test_no_line_names_a_person(writer: Writer, entry_id: EntryId) -> None:
    await writer.suspends(entry_id)
    await writer.writes()

    text = writer.journal.file_of("one").read_text(encoding="utf-8")

    assert cast.A.number not in text
    assert cast.A.name not in text
    assert text.isascii()


async def test_a_disk_that_is_away_stops_no_withdrawal_and_gets_its_line_later(
    writer: Writer, entry_id: EntryId
) -> None:
    folder = writer.journal.folder
    folder.rename(folder.with_name("away"))
    await writer.suspends(entry_id)
    await writer.writes()
    trouble = writer.loop.trouble
    folder.with_name("away").rename(folder)
    writer.books.clock.move_to(writer.books.clock.now() + timedelta(seconds=10))
    await writer.writes()

    assert trouble is not None
    assert "No such file or directory" in trouble
    assert writer.loop.trouble is None
    assert writer.lines() == [(Place(1, 1), entry_id, "suspended")]


async def test_each_process_keeps_a_whole_journal(writer: Writer, entry_id: EntryId) -> None:
    await writer.suspends(entry_id)
    await writer.writes()
    await Writer(writer.books, writer.journal.folder, "two").writes()

    newest = writer.journal.newest_lines()

    assert [line.about for line in newest] == [entry_id, entry_id]
    assert len(writer.journal.lines()) == 1


async def test_the_database_that_wrote_the_journal_serves(writer: Writer, entry_id: EntryId) -> None:
    await writer.suspends(entry_id)
    await writer.writes()

    await require_present(writer.books.registry, writer.journal)


async def test_a_database_that_knows_less_than_the_journal_does_not_serve(
    writer: Writer, entry_id: EntryId
) -> None:
    JournalFile(writer.journal, "one").append([line_on(entry_id, Cause.PERFORMED)])

    with pytest.raises(CannotRun, match="restored from a backup: run `tracker restored`"):
        await require_present(writer.books.registry, writer.journal)


async def test_nor_does_a_process_write_on_such_a_journal(writer: Writer, entry_id: EntryId) -> None:
    JournalFile(writer.journal, "one").append([line_on(entry_id, Cause.PERFORMED)])
    await writer.suspends(entry_id)
    await writer.writes()

    assert writer.loop.trouble is not None
    assert "`tracker restored`" in writer.loop.trouble
    assert len(writer.lines()) == 1


async def test_without_its_journal_nothing_serves(writer: Writer) -> None:
    writer.journal.folder.rmdir()

    with pytest.raises(CannotRun, match="TRACKER_JOURNAL: the folder cannot be read"):
        await require_present(writer.books.registry, writer.journal)
