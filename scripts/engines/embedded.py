"""The embedded engines: SQLite and the bus in files of the data folder itself."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

from adapters.bus.embedded import EmbeddedBus
from adapters.sqlite import SqliteDatabase
from scripts.engines.port import Clock, Opened
from tracker.migrations.upgrade import upgrade_sqlite

COURT_FILE = Path("court") / "court.sqlite"
BUS_FILE = "bus.sqlite"


class EmbeddedEngines:
    async def open(self, data: Path, clock: Clock) -> Opened:
        await upgrade_sqlite(data / COURT_FILE)
        database = await SqliteDatabase.open(data / COURT_FILE)
        return Opened(database=database, bus=WholeEmbeddedBus(await _open_bus_file(data), clock))

    async def copy(self, former: Path, data: Path) -> None:
        await asyncio.to_thread(shutil.copytree, former, data)

    async def forget(self, data: Path) -> None:
        """Everything lies in the folder."""


async def _open_bus_file(data: Path) -> SqliteDatabase:
    return await SqliteDatabase.open(data / BUS_FILE)


class WholeEmbeddedBus(EmbeddedBus):
    """The embedded bus with the file it lives in."""

    def __init__(self, database: SqliteDatabase, clock: Clock) -> None:
        super().__init__(database, clock.now)
        self._file = database

    def on_change(self, listener: Callable[[], None]) -> None:
        self._file.on_commit(listener)

    async def close(self) -> None:
        await self._file.close()
