"""`tracker restored`: says that the database was restored from a backup, before anything serves from it.

What must not break: broken off at any place, it is run again and goes on; nothing serves before its end.
"""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final

from adapters.machine import SystemClock
from tracker.commands.companions import take_name
from tracker.commands.engines import court_of, journal_of, open_registry
from tracker.commands.journal import SETTING
from tracker.commands.start import WELL, CannotRun, say
from tracker.domain.ids import CourtId, SubjectId
from tracker.domain.journal import JournalLine
from tracker.services.feeds.journal import Journal
from tracker.services.lines import restores
from tracker.settings import TrackerSettings
from tracker.storage import journal as lines
from tracker.storage.people import find_court
from tracker.storage.registry import Registry

NEEDED: Final = ("court_id", "database_url", "keys_file", "journal")
LINES_AT_ONCE: Final = 100
KNOWN_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """How many lines the database had forgotten, how many entries they stopped again, and how many are
    suspended until a person has looked.
    """

    forgotten: int
    stopped: int
    suspended: int


async def restored(settings: TrackerSettings) -> int:
    """Reconcile the restored database with the journal, begin every list anew, and say what came of it."""
    court_id = court_of(settings)
    async with AsyncExitStack() as opened:
        registry = await open_registry(settings, opened)
        name = await take_name(settings, SystemClock(), opened)
        if not await name.is_alone():
            raise CannotRun("another process serves from this database: stop every `tracker serve` first")
        async with registry.reading() as tx:
            if await find_court(tx, court_id) is None:
                raise CannotRun(f"TRACKER_COURT_ID: there is no court {court_id} in this database")
        journal = journal_of(settings, registry.keys)
        found = await take_up(registry, journal)
    say(f"the journal knew {found.forgotten} lines more; entries out of force again by it: {found.stopped}")
    say(f"entries that would stop somebody, suspended until a person has looked: {found.suspended}")
    say("every list begins anew; adapters go over to it by themselves")
    say("next: start `tracker serve`; judges and bureau leader put back what still holds, in the console")
    return WELL


async def take_up(registry: Registry, journal: Journal) -> Reconciled:
    """All of it, in transactions of their own: after the last one the court may serve."""
    court_id = journal.court_id
    forgotten = await _list_forgotten(registry, journal)
    async with registry.transaction() as tx:
        await restores.begin_restore(tx, court_id, forgotten)
    stopped = await _replay_all(registry, court_id)
    suspended = await _reconcile_all(registry, court_id)
    async with registry.transaction() as tx:
        await restores.end_restore(tx, court_id)
    return Reconciled(forgotten=len(forgotten), stopped=stopped, suspended=suspended)


async def _list_forgotten(registry: Registry, journal: Journal) -> list[JournalLine]:
    """The lines that the journal has and the database has not, in their order."""
    try:
        said = await asyncio.to_thread(journal.lines)
    except OSError as failure:
        raise CannotRun(
            f"{SETTING}: the folder cannot be read ({failure.strerror}); mount the one that the court wrote"
        ) from None
    ids = list(said)
    async with registry.reading() as tx:
        for first in range(0, len(ids), KNOWN_AT_ONCE):
            for known in await lines.list_known(tx, ids[first : first + KNOWN_AT_ONCE]):
                del said[known]
    return sorted(said.values(), key=lambda line: line.place)


async def _replay_all(registry: Registry, court_id: CourtId) -> int:
    """Do again what the journal says and the backup had not seen; how many entries were stopped by it."""
    async with registry.reading() as tx:
        said = await lines.list_lines_without_place(tx, court_id)
    stopped = 0
    for first in range(0, len(said), LINES_AT_ONCE):
        async with registry.transaction() as tx:
            stopped += await restores.replay(tx, court_id, said[first : first + LINES_AT_ONCE])
    return stopped


async def _reconcile_all(registry: Registry, court_id: CourtId) -> int:
    """Suspend what would stop people and put the rest on the lists; how many entries were suspended."""
    suspended, after = 0, None
    while subject_ids := await _next_subjects(registry, court_id, after):
        async with registry.transaction() as tx:
            suspended += await restores.reconcile(tx, court_id, subject_ids)
        after = subject_ids[-1]
    return suspended


async def _next_subjects(
    registry: Registry, court_id: CourtId, after: SubjectId | None
) -> Sequence[SubjectId]:
    async with registry.reading() as tx:
        return await restores.list_next_subjects(tx, court_id, after)
