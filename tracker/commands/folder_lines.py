"""The lines by folder of `tracker serve`: each adapter that is reached so has its two folders, carried by one
process at a time.

What must not break: a line that cannot be opened is told and tried again, and keeps no other waiting.
"""

import asyncio
import fcntl
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Final
from urllib.parse import quote, urlsplit

import structlog

from adapters.bus.folder import FolderBus, Folders, FolderSettings
from adapters.bus.folder.passage import Passage
from adapters.bus.port import Bus
from adapters.bus.rabbitmq import RabbitBus, RabbitSettings
from adapters.bus.topology import COURT, user_of
from adapters.machine import SystemClock
from adapters.running import Part, Running
from adapters.sqlite import SqliteDatabase
from schemas.carryings import Carryings
from tracker.commands.engines import court_of, load_admission_keys
from tracker.domain.keys import broker_password
from tracker.settings import TrackerSettings
from tracker.storage import folder_lines
from tracker.storage.folder_lines import FolderLine
from tracker.storage.registry import Registry

LOOK_EVERY_S: Final = 3.0
ROUNDS_END_WITHIN_S: Final = 1.0
OWNERS_FOLDER: Final = 0o700
OUTGOING: Final = "out"
INCOMING: Final = "in"
STORE: Final = "store"
NO_FOLDERS: Final = "TRACKER_FOLDERS: is not set, and {} is reached by folder; set it"
_log = structlog.get_logger(__name__)


class LineHeld(Exception):
    """Another process carries this line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLine:
    """A line that this process carries; closing `opened` ends it."""

    bus: FolderBus
    running: Running
    opened: AsyncExitStack


class FolderLines:
    """A loop that opens and closes lines as the books say, and notes in them when something was carried."""

    name = "folder lines"

    def __init__(self, settings: TrackerSettings, registry: Registry, bus: Bus, clock: SystemClock) -> None:
        self._settings = settings
        self._registry = registry
        self._bus = bus
        self._clock = clock
        self._looked_at_s = -LOOK_EVERY_S
        self._open: dict[FolderLine, OpenLine] = {}
        self._noted: dict[FolderLine, Carryings] = {}
        self._failing: dict[str, str] = {}

    async def __aenter__(self) -> "FolderLines":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for line in list(self._open):
            await self._close(line)

    @property
    def carried(self) -> tuple[str, ...]:
        """The lines that this process carries."""
        return tuple(sorted(line.name for line in self._open))

    @property
    def troubles(self) -> tuple[str, ...]:
        """What is wrong with a line, in plain words."""
        of_folders = {line.name: one.bus.trouble for line, one in self._open.items()}
        told = {name: why for name, why in (of_folders | self._failing).items() if why}
        return tuple(f"line by folder to {name}: {why}" for name, why in sorted(told.items()))

    async def step(self) -> bool:
        """Look what is to be carried when it is time."""
        if self._clock.elapsed() - self._looked_at_s < LOOK_EVERY_S:
            return False
        self._looked_at_s = self._clock.elapsed()
        async with self._registry.reading() as tx:
            wanted = await folder_lines.list_folder_lines(tx, court_of(self._settings))
        for line in self._open.keys() - set(wanted):
            await self._close(line)
        self._failing = {}
        for line in wanted:
            if line not in self._open:
                await self._try_to_open(line)
        await self.note_carryings()
        return False

    async def next_due(self) -> datetime | None:
        return self._clock.now() + timedelta(seconds=LOOK_EVERY_S)

    async def _try_to_open(self, line: FolderLine) -> None:
        if self._settings.folders is None:
            self._failing[line.name] = NO_FOLDERS.format(line.name)
            return
        async with AsyncExitStack() as opened:
            try:
                bus = await self._carry(line, self._settings.folders / line.name, opened)
            except LineHeld:
                return
            except OSError as failure:
                self._failing[line.name] = f"its folder cannot be used ({failure.strerror})"
                return
            running = Running(self._clock.now)
            part = Part(loops=bus.loops, on_change=bus.on_change)
            work = asyncio.create_task(running.run([part]), name=f"line {line.name}")
            opened.push_async_callback(_end, running, work)
            self._open[line] = OpenLine(bus=bus, running=running, opened=opened.pop_all())
        _log.info("folder-line-opened", agency=line.agency_id, instance=line.instance)

    async def _carry(self, line: FolderLine, place: Path, opened: AsyncExitStack) -> FolderBus:
        """Raises LineHeld, OSError."""
        folders = Folders(outgoing=place / OUTGOING, incoming=place / INCOMING)
        (place / STORE).mkdir(parents=True, exist_ok=True, mode=OWNERS_FOLDER)
        for folder in (folders.outgoing, folders.incoming):
            folder.mkdir(exist_ok=True)
        _hold(place / STORE / "lock", opened)
        database = await SqliteDatabase.open(place / STORE / "line.sqlite")
        opened.push_async_callback(database.close)
        settings = FolderSettings(name=line.name, user=COURT, peer=user_of(line.agency_id), folders=folders)
        far = await FolderBus.open(database, settings, self._clock.now, self._registry.entropy.random_bytes)
        near = self._near(line)
        Passage(near, far, line.agency_id, line.instance)
        if isinstance(near, RabbitBus):
            await near.start()
            opened.push_async_callback(near.close)
        return far

    def _near(self, line: FolderLine) -> Bus:
        """On RabbitMQ with the login of the agency, whose adapter it stands for."""
        if self._settings.bus_file is not None:
            return self._bus
        user = user_of(line.agency_id)
        secret = load_admission_keys(self._settings).broker
        password = broker_password(secret, user, line.broker_generation)
        parts = urlsplit(self._settings.broker_url.get_secret_value())
        host = parts.netloc.rpartition("@")[2]
        url = parts._replace(netloc=f"{quote(user, safe='')}:{quote(password, safe='')}@{host}").geturl()
        return RabbitBus(RabbitSettings(url=url), now=self._clock.now)

    async def note_carryings(self) -> None:
        """Put into the books what is new."""
        for line, one in self._open.items():
            carryings = one.bus.carryings
            if self._noted.get(line) != carryings:
                async with self._registry.transaction() as tx:
                    await folder_lines.record_carryings(tx, line.agency_id, line.instance, carryings)
                self._noted[line] = carryings

    async def _close(self, line: FolderLine) -> None:
        await self._open.pop(line).opened.aclose()
        _log.info("folder-line-closed", agency=line.agency_id, instance=line.instance)


def _hold(path: Path, opened: AsyncExitStack) -> None:
    lock = opened.enter_context(path.open("a"))
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise LineHeld from None


async def _end(running: Running, work: "asyncio.Task[None]") -> None:
    """The rounds under way end; what is cut off is done again."""
    running.stop()
    await asyncio.wait({work}, timeout=ROUNDS_END_WITHIN_S)
    work.cancel()
    await asyncio.wait({work})
