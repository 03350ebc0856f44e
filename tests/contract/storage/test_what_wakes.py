"""A commit wakes the loops that have to do with what it wrote, and no other."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import cast as typed

import pytest

from adapters.bus.embedded import EmbeddedBus
from adapters.sqlite import SqliteDatabase
from scripts import cast
from scripts.chance import ScriptedEntropy
from scripts.pump import settle
from tests.contract.storage.books import KEYS, Books
from tracker.court import Court, Ports
from tracker.storage.registry import CourtDatabase
from tracker.storage.tables.alerts import PATIENT_WORK
from tracker.storage.tables.notices import UNDER_WAY
from tracker.storage.tables.plumbing import TAKEN

WOKEN = {
    "outbox": ["outbox relay"],
    "feed_change": ["feed writer"],
    "feed": ["feed writer"],
    "inbox": ["inbox"],
    TAKEN: [],
    "notice": ["notices"],
    UNDER_WAY: [],
    "due_work": ["due work", "work on entries"],
    PATIENT_WORK: ["work on entries"],
    "audit_event": ["audit sealer"],
    "journal_line": ["withdrawal journal"],
    "agency_instance": ["carried lists"],
    "feed_packet": [],
    "watch_entry": [],
}
"""By the table that was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Idle:
    """A court that has done all there was to do."""

    court: Court

    async def woken_by(self, table: str) -> list[str]:
        await settle(self.court.loops)
        news = self.court.registry.news
        assert news is not None
        news.heard(frozenset({table}))
        return [loop.name for loop in self.court.loops if not loop.is_resting]


@pytest.fixture
async def idle(books: Books) -> AsyncIterator[Idle]:
    database = await SqliteDatabase.open(books.folder / "bus.sqlite")
    bus = EmbeddedBus(database, books.clock.now)
    await bus.make_tables()
    ports = Ports(
        now=books.clock.now,
        elapsed=books.clock.elapsed,
        entropy=ScriptedEntropy(),
        bus=bus,
        channels=(),
        snapshots=books.folder / "snapshots",
        journal=books.folder / "journal",
    )
    ports.journal.mkdir()
    court = Court(typed(CourtDatabase, books.registry.database), KEYS, ports, cast.COURT.court_id)
    await court.start()
    yield Idle(court=court)
    await database.close()


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_a_commit_wakes_who_has_to_do_with_it(idle: Idle) -> None:
    assert {table: await idle.woken_by(table) for table in WOKEN} == WOKEN
