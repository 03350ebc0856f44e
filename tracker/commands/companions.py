"""What runs beside a court's own loops in `tracker serve`: newly enrolled agencies, and the process's own
name.
"""

from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import Final

import structlog

from adapters.machine import SystemClock
from tracker.commands.engines import hold_file
from tracker.commands.start import CannotRun
from tracker.court import Court
from tracker.settings import TrackerSettings
from tracker.storage.worker_names import WorkerName

LOOK_EVERY_S: Final = 3.0
_log = structlog.get_logger(__name__)


class AgencyWatch:
    """Takes up agencies that were added while the court runs."""

    name = "agency watch"

    def __init__(self, court: Court, elapsed: Callable[[], float]) -> None:
        self._court = court
        self._elapsed = elapsed
        self._looked_at_s = elapsed()

    async def step(self) -> bool:
        """Look for new agencies when it is time."""
        if self._elapsed() - self._looked_at_s < LOOK_EVERY_S:
            return False
        self._looked_at_s = self._elapsed()
        added = await self._court.pick_up_agencies()
        for agency_id in added:
            _log.info("agency-taken-up", agency=agency_id)
        return bool(added)

    async def next_due(self) -> datetime | None:
        return self._court.ports.now() + timedelta(seconds=LOOK_EVERY_S)


class NameKeeper:
    """Keeps the name of the process, also when the database was away; None: nobody else could take it."""

    name = "worker name"

    def __init__(self, held: WorkerName | None, clock: SystemClock) -> None:
        self._held = held
        self._clock = clock
        self._looked_at_s = clock.elapsed()
        self.trouble: str | None = None

    async def step(self) -> bool:
        """See whether the name is still ours when it is time."""
        if self._held is None or self._clock.elapsed() - self._looked_at_s < LOOK_EVERY_S:
            return False
        self._looked_at_s = self._clock.elapsed()
        is_ours = await self._held.keep()
        self.trouble = (
            None if is_ours else "TRACKER_WORKER: the name is not held; is another process so called?"
        )
        return False

    async def next_due(self) -> datetime | None:
        return self._clock.now() + timedelta(seconds=LOOK_EVERY_S)

    async def is_alone(self) -> bool:
        """Whether no other process serves from the database."""
        return self._held is None or await self._held.is_alone()


async def take_name(settings: TrackerSettings, clock: SystemClock, opened: AsyncExitStack) -> NameKeeper:
    """Nobody else works under this process's name until the stack is closed; on SQLite, nobody at all."""
    file = settings.database_file
    if file is not None:
        hold_file(file, opened)
        return NameKeeper(None, clock)
    name = WorkerName(settings.database_url.get_secret_value(), settings.worker)
    opened.push_async_callback(name.release)
    if not await name.take():
        raise CannotRun(
            f"TRACKER_WORKER: another process is called {settings.worker}; choose another TRACKER_WORKER"
        )
    return NameKeeper(name, clock)
