"""The SQLite engine: one file, many readers, one writer at a time in the order of asking.

Two defaults of the driver lose data and are switched off here. Without BEGIN IMMEDIATE two transactions may
read the same row and both write it: the first update is lost silently. And SQLite's own wait for the write
lock is unfair, so writers stand in line at a lock of ours before they ask for SQLite's.
What must not break: a transaction is committed whole or not at all, whatever is raised or cancelled inside.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Final, TypeAlias

from sqlalchemy import URL, event
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry

from adapters.commits import forget_written, has_committed, note_table, to_the_end, written_tables
from adapters.sqlite_driver import OneTripConnection, connect

Tx: TypeAlias = AsyncConnection
"""What functions of storage take first: an open transaction, which they never end."""

BUSY_TIMEOUT_MS: Final = 30_000
READERS: Final = 4

holding_transaction: ContextVar[bool] = ContextVar("holding_transaction", default=False)
"""True inside `SqliteDatabase.transaction`: engines of the outside world may refuse to be called then."""


class SqliteDatabase:
    """One database file. Writers wait in line, readers see the last commit and wait for nobody."""

    def __init__(self, writing: AsyncEngine, reading: AsyncEngine) -> None:
        self._writing = writing
        self._reading = reading
        self._turn = asyncio.Lock()
        self._writer: asyncio.Task[Any] | None = None
        self._listeners: list[Callable[[], None]] = []
        self._readers_of_tables: list[Callable[[frozenset[str]], None]] = []

    @classmethod
    async def open(cls, path: Path) -> "SqliteDatabase":
        """Open the file, making it and its folder when they are missing."""
        path.parent.mkdir(parents=True, exist_ok=True)
        database = cls(
            _engine(path, connections=1, begin="BEGIN IMMEDIATE", query_only=False),
            _engine(path, connections=READERS, begin="BEGIN", query_only=True),
        )
        # The write connection is the first to come: it makes the file and turns the journal to WAL,
        # which a query_only connection cannot.
        async with database.transaction():
            pass
        return database

    def transaction(self) -> AbstractAsyncContextManager[Tx]:
        """A write transaction: commits at the end, rolls back on an error and on cancellation."""
        return self._transaction()

    def reading(self) -> AbstractAsyncContextManager[Tx]:
        """A read transaction on one snapshot; a statement that writes is refused by SQLite."""
        return self._snapshot()

    def on_commit(self, listener: Callable[[], None]) -> None:
        """Call `listener` after every commit that changed rows. It must return at once and not raise."""
        self._listeners.append(listener)

    def on_written(self, listener: Callable[[frozenset[str]], None]) -> None:
        """Call `listener` before those of `on_commit`, with the tables that were written; an empty set says
        that any may have been.
        """
        self._readers_of_tables.append(listener)

    async def close(self) -> None:
        async with self._turn:
            await self._reading.dispose()
            await self._writing.dispose()

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Tx]:
        if self._writer is asyncio.current_task():
            raise RuntimeError("this task already holds a transaction of this file: hand it on as `tx`")
        async with self._turn:
            self._writer = asyncio.current_task()
            token = holding_transaction.set(True)
            try:
                async with self._writing.connect() as connection:
                    forget_written(connection)
                    before = await _total_changes(connection)
                    await connection.begin()
                    try:
                        yield connection
                    except BaseException:
                        await to_the_end(connection.rollback())
                        raise
                    await to_the_end(self._commit(connection, before))
            finally:
                holding_transaction.reset(token)
                self._writer = None

    @asynccontextmanager
    async def _snapshot(self) -> AsyncIterator[Tx]:
        async with self._reading.connect() as connection:
            yield connection

    async def _commit(self, connection: Tx, changes_before: int) -> None:
        tables = written_tables(connection) or frozenset()
        await connection.commit()
        has_committed(connection)
        # With the commit, not after it: a caller who is cancelled meanwhile must not keep the others asleep.
        if await _total_changes(connection) != changes_before:
            for reader in self._readers_of_tables:
                reader(tables)
            for listener in self._listeners:
                listener()


def _engine(path: Path, *, connections: int, begin: str, query_only: bool) -> AsyncEngine:
    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=str(path)),
        async_creator=lambda: connect(path),
        poolclass=AsyncAdaptedQueuePool,
        pool_size=connections,
        max_overflow=0,
        hide_parameters=True,
    )

    def prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA synchronous = FULL")
        # What was removed is overwritten, as some builds of SQLite do by themselves and others do not.
        cursor.execute("PRAGMA secure_delete = ON")
        cursor.execute("PRAGMA query_only = ON" if query_only else "PRAGMA journal_mode = WAL")
        cursor.close()

    def begin_with_the_first(connection: Connection) -> None:
        driver = connection.connection.driver_connection
        assert isinstance(driver, OneTripConnection)
        driver.begin_with_next(begin)

    def let_go(
        connection: DBAPIConnection, _entry: ConnectionPoolEntry, _error: BaseException | None
    ) -> None:
        # A task cancelled inside a statement costs its connection. The statement, not finalised, would keep
        # the write lock for as long as the garbage collector leaves it alone.
        connection.rollback()

    event.listen(engine.sync_engine, "connect", prepare)
    event.listen(engine.sync_engine, "invalidate", let_go)
    event.listen(engine.sync_engine, "begin", begin_with_the_first)
    if not query_only:
        event.listen(engine.sync_engine, "before_cursor_execute", note_table)
    return engine


async def _total_changes(connection: AsyncConnection) -> int:
    # The driver's own counter: a SELECT would open the next transaction.
    raw = await connection.get_raw_connection()
    driver = raw.driver_connection
    assert isinstance(driver, OneTripConnection)
    return driver.total_changes
