"""Brings a court's database up to the newest schema; what is there stays."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

FOLDER = Path(__file__).parent

# Any number will do, so long as every process that migrates asks for the same one.
ONE_MIGRATION_AT_A_TIME = 0x7472_6163_6B65_72
LOCK_NOT_AVAILABLE = "55P03"
CONNECT_TIMEOUT_S = 10.0
LOCK_TIMEOUT_S = 15.0
"""So long a migration waits for a table; meanwhile everybody who wants the table waits behind it."""


class TablesInUse(Exception):
    """Some other transaction holds a table that the migration has to change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upgrade:
    """The schema's revision before and after; None for an empty database."""

    before: str | None
    after: str | None


def migration_config(connection: sa.Connection | None = None) -> Config:
    """Alembic's settings, for an open connection."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def newest_revision() -> str | None:
    """The schema that this code works on."""
    return ScriptDirectory.from_config(migration_config()).get_current_head()


def current_revision(connection: sa.Connection) -> str | None:
    """The schema that a database has."""
    return MigrationContext.configure(connection).get_current_revision()


async def revision_of(database: AsyncConnection) -> str | None:
    """The schema that an open database has."""
    return await database.run_sync(current_revision)


async def upgrade_sqlite(path: Path) -> Upgrade:
    """Migrate (or make) the database file at a path."""
    return await asyncio.to_thread(_upgrade_file, path)


async def upgrade_postgresql(url: str) -> Upgrade:
    """Migrate the database at an address such as postgresql+asyncpg://user:password@host:port/name.

    All steps are one transaction; of two who migrate at once the second waits, and finds nothing to do.
    Raises `TablesInUse`, and has changed nothing, where a table is not free in time.
    """
    engine = create_async_engine(
        url, poolclass=sa.NullPool, hide_parameters=True, connect_args={"timeout": CONNECT_TIMEOUT_S}
    )
    try:
        async with engine.begin() as connection:
            await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(ONE_MIGRATION_AT_A_TIME)))
            await connection.execute(sa.text(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_S * 1000:.0f}"))
            return await connection.run_sync(_upgrade)
    except sa.exc.DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == LOCK_NOT_AVAILABLE:
            raise TablesInUse from None
        raise
    finally:
        await engine.dispose()


def _upgrade_file(path: Path) -> Upgrade:
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(
        f"sqlite:///{path}", poolclass=sa.NullPool, connect_args={"isolation_level": None}
    )
    # The driver's own transactions leave out what makes tables: a start that was killed while it made them
    # left half of them, and every later start failed.
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        with engine.begin() as connection:
            return _upgrade(connection)
    finally:
        engine.dispose()


def _upgrade(connection: sa.Connection) -> Upgrade:
    before = current_revision(connection)
    command.upgrade(migration_config(connection), "head")
    return Upgrade(before=before, after=current_revision(connection))
