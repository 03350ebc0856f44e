"""Databases that stay open from one test to the next: what a test finds in its own is copied into one that is
there already, since a new database is cold, and so are the connections to it.

What a folder was closed with is what it is opened with again, here as on a server's disk.
"""

import io
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg
from sqlalchemy import make_url

from scripts.engines.postgresql import PostgresServer
from tracker.migrations.upgrade import upgrade_postgresql
from tracker.storage.engine.postgresql import PostgresDatabase

TABLES: Final = (
    "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
)
SEQUENCES: Final = "SELECT sequencename, coalesce(last_value, 0) AS value FROM pg_sequences"


class KeptDatabase(PostgresDatabase):
    """Closing it ends nobody's connection; nobody who used it hears of it any more."""

    async def close(self) -> None:
        self._listeners.clear()
        self._readers_of_tables.clear()

    async def end(self) -> None:
        await super().close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The rows of every table that has any, as PostgreSQL copies them, and where its sequences stand."""

    rows: Mapping[str, bytes]
    sequences: Mapping[str, int]


@dataclass(slots=True, kw_only=True)
class Kept:
    """`writer` fills it and reads it out."""

    name: str
    database: KeptDatabase
    writer: "asyncpg.Connection[asyncpg.Record]"
    tables: tuple[str, ...]


class KeptCourts:
    """One content for each data folder, and no more databases than folders were ever open side by side."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._contents: dict[Path, Content] = {}
        self._open: dict[Path, Kept] = {}
        self._free: list[Kept] = []
        self._count = 0
        # Other suites keep courts on the same server.
        self._prefix = f"kept_{secrets.token_hex(6)}"
        self._nothing = Content(rows={}, sequences={})

    @classmethod
    @asynccontextmanager
    async def kept(cls, server: PostgresServer) -> AsyncIterator["KeptCourts"]:
        """Until the end of the block."""
        courts = cls(server)
        yield courts
        for kept in (*courts._free, *courts._open.values()):
            await kept.writer.close()
            await kept.database.end()

    def name(self, data: Path) -> str:
        """The database of a folder that was opened."""
        return self._open[data].name

    async def open(self, data: Path) -> PostgresDatabase:
        """The migrated database of a folder, with what it was copied from or was left with."""
        if data not in self._open:
            kept = self._free.pop() if self._free else await self._another()
            await _fill(kept, self._contents.pop(data, self._nothing))
            self._open[data] = kept
        return self._open[data].database

    async def copy(self, former: Path, data: Path) -> None:
        """A database for a folder, like that of another folder that nobody has open."""
        if former not in self._contents:
            kept = self._open.pop(former)
            self._contents[former] = await _read(kept)
            self._free.append(kept)
        self._contents[data] = self._contents[former]

    async def forget(self, data: Path) -> None:
        self._contents.pop(data, None)
        if (kept := self._open.pop(data, None)) is not None:
            self._free.append(kept)

    async def _another(self) -> Kept:
        if not self._count:
            await self._server.create_database(self._prefix)
            await upgrade_postgresql(self._server.url(self._prefix))
        self._count += 1
        name = f"{self._prefix}_{self._count}"
        url = await self._server.create_database(name, template=self._prefix)
        writer = await asyncpg.connect(make_url(url).set(drivername="postgresql").render_as_string(False))
        # What refers to other rows may be written before them.
        await writer.execute("SET session_replication_role = replica")
        # A transaction that a test left open is a fault to be seen, not to be waited for.
        await writer.execute("SET lock_timeout = '5s'")
        tables = tuple(row["tablename"] for row in await writer.fetch(TABLES))
        return Kept(name=name, database=await KeptDatabase.open(url), writer=writer, tables=tables)


async def _read(kept: Kept) -> Content:
    rows = {}
    for table in kept.tables:
        copied = io.BytesIO()
        told = await kept.writer.copy_from_table(table, output=copied, format="binary")
        if told != "COPY 0":
            rows[table] = copied.getvalue()
    sequences = {row["sequencename"]: row["value"] for row in await kept.writer.fetch(SEQUENCES)}
    return Content(rows=rows, sequences=sequences)


async def _fill(kept: Kept, content: Content) -> None:
    """All in one transaction: whoever looked meanwhile would see the former content or the new one."""
    async with kept.writer.transaction():
        await kept.writer.execute(";".join(f'DELETE FROM "{table}"' for table in kept.tables))  # noqa: S608
        for table, rows in content.rows.items():
            await kept.writer.copy_to_table(table, source=io.BytesIO(rows), format="binary")
        for sequence, value in content.sequences.items():
            await kept.writer.execute("SELECT setval($1, greatest($2, 1), $2 > 0)", sequence, value)
