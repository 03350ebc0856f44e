"""The PostgreSQL engine: transactions on pooled connections, and one connection that listens for commits.

Every write transaction that changed something notifies the others at its commit, so that a loop in any
process wakes within a millisecond. What must not break: while nobody listens (the server is away, a pooler
swallows NOTIFY, the line is dead without a word) the loops are woken every second all the same, and a caller
who is cancelled during a commit never leaves it half known.
"""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from contextvars import ContextVar
from typing import Any, Final, Self

import asyncpg
import structlog
from sqlalchemy import URL, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from adapters.commits import forget_written, note_change, to_the_end, written_tables
from tracker.storage.engine.postgresql_driver import TellingConnection

POOL_SIZE: Final = 16
POOL_WAIT_S: Final = 10.0
PREPARED: Final = 500
"""Statements kept prepared for each connection: more than the court has."""
CONNECT_S: Final = 5.0
STATEMENT_S: Final = 20.0
IDLE_IN_TRANSACTION: Final = "30s"
"""A process that sleeps inside a transaction must not keep its locks from the others."""
CHANNEL: Final = "court_changed"
WAKE_EVERY_S: Final = 1.0
"""How often everybody looks by themselves while no connection listens."""
ECHO_EVERY_S: Final = 3.0
"""How often the connection that listens says a word to itself."""
ECHO_WITHIN_S: Final = 2.0

holding_transaction: ContextVar[bool] = ContextVar("holding_postgresql_transaction", default=False)
"""True inside `PostgresDatabase.transaction`: engines of the outside world may refuse to be called then."""

_log = structlog.get_logger(__name__)


class PostgresDatabase:
    """One database. Rows are locked by whoever reads them to change them; readers keep a snapshot."""

    def __init__(self, url: URL) -> None:
        self._url = url
        self._engine = _engine(url)
        self._snapshots = self._engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self._me = secrets.token_hex(8)
        self._listeners: list[Callable[[], None]] = []
        self._readers_of_tables: list[Callable[[frozenset[str]], None]] = []
        self._holders: set[asyncio.Task[Any]] = set()
        self._listening: asyncio.Task[None] | None = None
        self._first_heard = asyncio.Event()
        self._echo = f"echo_of_{self._me}"
        self._came_back = asyncio.Event()
        self.is_listening = False

    @classmethod
    async def open(cls, url: str) -> Self:
        """Open a migrated database; `url` begins with `postgresql+asyncpg://`. Raises when it is away."""
        database = cls(make_url(url))
        try:
            async with database.reading() as connection:
                await connection.exec_driver_sql("SELECT 1")
        except BaseException:
            await database._engine.dispose()
            raise
        database._listening = asyncio.create_task(database._wake(), name="postgresql listener")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CONNECT_S):
                await database._first_heard.wait()
        return database

    def transaction(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """A write transaction: commits at the end, rolls back on an error and on cancellation."""
        return self._transaction()

    def reading(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """A read transaction on one snapshot; a statement that writes is refused by PostgreSQL."""
        return self._snapshot()

    def on_commit(self, listener: Callable[[], None]) -> None:
        """Call `listener` after every commit that changed rows, in whatever process; sometimes without one.

        It must return at once and not raise.
        """
        self._listeners.append(listener)

    def on_written(self, listener: Callable[[frozenset[str]], None]) -> None:
        """Call `listener` before those of `on_commit`, with the tables that were written; an empty set says
        that any may have been.
        """
        self._readers_of_tables.append(listener)

    async def close(self) -> None:
        if self._listening is not None:
            self._listening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._listening
        await self._engine.dispose()

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncConnection]:
        task = asyncio.current_task()
        assert task is not None
        if task in self._holders:
            raise RuntimeError("this task already holds a transaction of this database: hand it on as `tx`")
        self._holders.add(task)
        token = holding_transaction.set(True)
        try:
            async with self._engine.connect() as connection:
                forget_written(connection)
                try:
                    yield connection
                except BaseException:
                    await to_the_end(connection.rollback())
                    raise
                await to_the_end(self._commit(connection))
        finally:
            holding_transaction.reset(token)
            self._holders.discard(task)

    @asynccontextmanager
    async def _snapshot(self) -> AsyncIterator[AsyncConnection]:
        async with self._snapshots.connect() as connection:
            yield connection

    async def _commit(self, connection: AsyncConnection) -> None:
        if not connection.in_transaction():
            return
        tables = written_tables(connection)
        if tables is None:
            # Rows were only locked, which counts as a change here: told, it would wake those who lock again.
            await connection.commit()
            return
        driver = (await connection.get_raw_connection()).driver_connection
        assert isinstance(driver, TellingConnection)
        driver.tell_with_commit(CHANNEL, f"{self._me} {','.join(sorted(tables))}")
        await connection.commit()
        # With the commit, not after it: a caller who is cancelled meanwhile must not keep the others asleep.
        self._tell(tables)

    def _tell(self, tables: frozenset[str] = frozenset()) -> None:
        for reader in self._readers_of_tables:
            reader(tables)
        for listener in self._listeners:
            listener()

    async def _wake(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen())
            tasks.create_task(self._look())

    async def _look(self) -> None:
        """While nothing is heard, everybody looks by themselves."""
        while True:
            await asyncio.sleep(WAKE_EVERY_S)
            if not self.is_listening:
                self._tell()

    async def _listen(self) -> None:
        """Hear of the commits of other processes."""
        while True:
            try:
                async with asyncio.timeout(CONNECT_S):
                    connection = await self._connect_plainly()
                await self._hear(connection)
            except Exception as error:
                # The client's own too: it may be in the midst of something when the server dies.
                _log.warning("database-not-heard", error=type(error).__name__)
            finally:
                self.is_listening = False
            await asyncio.sleep(WAKE_EVERY_S)

    async def _connect_plainly(self) -> "asyncpg.Connection[asyncpg.Record]":
        url = self._url
        return await asyncpg.connect(
            host=url.host,
            port=url.port,
            user=url.username,
            password=url.password,
            database=url.database,
            server_settings={"application_name": "debtor-tracker listener"},
        )

    async def _hear(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        ended = asyncio.Event()
        connection.add_termination_listener(lambda _connection: ended.set())
        try:
            async with asyncio.timeout(CONNECT_S):
                await connection.add_listener(CHANNEL, self._was_notified)
                await connection.add_listener(self._echo, lambda *_: self._came_back.set())
            while not ended.is_set():
                await self._call(connection)
                if not self.is_listening:
                    self.is_listening = True
                    # What was committed before this connection listened was announced to nobody here.
                    self._tell()
                    self._first_heard.set()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(ECHO_EVERY_S):
                        await ended.wait()
        finally:
            connection.terminate()

    async def _call(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        """Return once the connection has heard itself: a dead line or a pooler is silent and does not end."""
        self._came_back.clear()
        async with asyncio.timeout(ECHO_WITHIN_S):
            await connection.execute("SELECT pg_notify($1, '')", self._echo)
            await self._came_back.wait()

    def _was_notified(self, _connection: object, _pid: int, _channel: str, word: object) -> None:
        who, _, tables = str(word).partition(" ")
        # The own commits have woken everybody here already.
        if who != self._me:
            self._tell(frozenset(tables.split(",")) if tables else frozenset())


def _engine(url: URL) -> AsyncEngine:
    engine = create_async_engine(
        url,
        pool_size=POOL_SIZE,
        max_overflow=0,
        pool_timeout=POOL_WAIT_S,
        # What was prepared on a connection is prepared once: the newest one used is used again.
        pool_use_lifo=True,
        hide_parameters=True,
        connect_args={
            "connection_class": TellingConnection,
            "prepared_statement_cache_size": PREPARED,
            "timeout": CONNECT_S,
            "command_timeout": STATEMENT_S,
            "server_settings": {
                "application_name": "debtor-tracker",
                "idle_in_transaction_session_timeout": IDLE_IN_TRANSACTION,
            },
        },
    )
    event.listen(engine.sync_engine, "checkout", _refuse_the_dead)
    event.listen(engine.sync_engine, "after_cursor_execute", note_change)
    return engine


def _refuse_the_dead(
    connection: DBAPIConnection, _entry: ConnectionPoolEntry, _proxy: PoolProxiedConnection
) -> None:
    """A connection that died with the server is replaced before it is used, without asking the server."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError
