"""The court's books are restored from a backup, and the agencies' adapters go on: who paid after the backup
is on no list again, and nobody is stopped before a person has looked.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from adapters.edge.card_use import Clear, Hit
from scripts import cast
from scripts.clocks import JumpingClock
from scripts.engines.port import Engines
from scripts.system import JOURNAL_FOLDER
from tests.acceptance.court import BEGINS, Opening, open_stage
from tests.acceptance.listing import AGENCIES, B_IS_WANTED, checks_in_everywhere, in_force_at, opens_bs_case
from tests.acceptance.scenes import Scene
from tests.acceptance.test_who_paid_is_not_stopped import OPEN_FEN
from tracker.commands.journal import require_present
from tracker.commands.restored import Reconciled, take_up
from tracker.commands.start import CannotRun
from tracker.domain.entries import Cause, EntryState
from tracker.entropy import SystemEntropy
from tracker.key_files import load_or_make_keys
from tracker.services.feeds.journal import Journal
from tracker.storage.registry import Registry

PAID_AT = BEGINS + timedelta(hours=1)
RESTORED_AT = BEGINS + timedelta(hours=2)
NOBODY_HITS = dict.fromkeys(AGENCIES, Clear())
OUTSIDE_THE_DATABASE = ("edges", JOURNAL_FOLDER)


async def brings_back(engines: Engines, backup: Path, lost: Path, restored: Path) -> None:
    """The books of the backup, beside the adapters and the journal as they are."""
    await engines.copy(backup, restored)
    for name in OUTSIDE_THE_DATABASE:
        await asyncio.to_thread(shutil.rmtree, restored / name)
        await asyncio.to_thread(shutil.copytree, lost / name, restored / name)


@asynccontextmanager
async def books_and_journal(
    engines: Engines, data: Path, at: datetime
) -> AsyncIterator[tuple[Registry, Journal]]:
    """As `tracker restored` opens them, while nothing serves."""
    clock = JumpingClock(at)
    keys = load_or_make_keys(data / "court-keys.json", cast.COURT.court_id)
    journal = Journal(folder=data / JOURNAL_FOLDER, court_id=cast.COURT.court_id, key=keys.chain)
    opened = await engines.open(data, clock)
    try:
        yield (
            Registry(database=opened.database, keys=keys, entropy=SystemEntropy(), now=clock.now),
            journal,
        )
    finally:
        await opened.database.close()
        await opened.bus.close()


async def takes_up(engines: Engines, data: Path) -> Reconciled:
    """The operator says that the books were restored; before that nothing serves from them."""
    async with books_and_journal(engines, data, RESTORED_AT) as (registry, journal):
        with pytest.raises(CannotRun, match="run `tracker restored`"):
            await require_present(registry, journal)
        return await take_up(registry, journal)


async def test_who_paid_after_the_backup_is_listed_nowhere_and_the_other_waits_for_a_person(
    seeking_a: Scene, engines: Engines, tmp_path: Path
) -> None:
    backup, lost, restored = (tmp_path / name for name in ("backup", "lost", "restored"))
    assert seeking_a.entry_id is not None
    await engines.copy(seeking_a.data, backup)
    async with open_stage(Opening(data=backup, engines=engines)) as stage:
        await opens_bs_case(stage)
        entry_b = await stage.lists(B_IS_WANTED)
    await engines.copy(backup, lost)
    async with open_stage(Opening(data=lost, begins_at=PAID_AT, engines=engines)) as stage:
        await stage.pays(cast.A_CASE, OPEN_FEN)
        assert await checks_in_everywhere(stage, cast.A) == NOBODY_HITS

    await brings_back(engines, backup, lost, restored)
    found = await takes_up(engines, restored)

    assert found == Reconciled(forgotten=1, stopped=1, suspended=1)
    async with open_stage(Opening(data=restored, begins_at=RESTORED_AT, engines=engines)) as stage:
        paid = await stage.entry(seeking_a.entry_id)
        assert (paid.state, paid.cause) == (EntryState.SUSPENDED, Cause.PERFORMED)
        assert await checks_in_everywhere(stage, cast.A) == NOBODY_HITS
        assert await checks_in_everywhere(stage, cast.B) == NOBODY_HITS

        await stage.resumes(entry_b, cast.JUDGE)

        assert await in_force_at(stage, entry_b) == set(AGENCIES)
        assert await checks_in_everywhere(stage, cast.A) == NOBODY_HITS
        answers = await checks_in_everywhere(stage, cast.B)
        assert {type(answer) for answer in answers.values()} == {Hit}
    for folder in (backup, lost, restored):
        await engines.forget(folder)
