"""The driver's connection, going to its thread once for each statement.

The driver as it is goes there four times, to make a cursor, execute, fetch and close, and each time the loop
and the thread wait for one another. What is read is read whole, as whoever asks does anyway.
"""

import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Final, Self

import aiosqlite

ROWS_AT_ONCE: Final = 64


class OneTripConnection(aiosqlite.Connection):
    _begin = ""
    _may_be_open = False

    def begin_with_next(self, begin: str) -> None:
        """A transaction begins, in the trip of its first statement."""
        self._begin = begin

    def cursor(self) -> "OneTripCursor":  # type: ignore[override]
        return OneTripCursor(self)

    async def go(self, work: Callable[[sqlite3.Connection], None]) -> None:
        """Do it in the thread."""
        begin, self._begin = self._begin, ""
        self._may_be_open = True
        await self._execute(_do, self._conn, begin, work)  # type: ignore[no-untyped-call]

    async def commit(self) -> None:
        await self._end(super().commit)

    async def rollback(self) -> None:
        await self._end(super().rollback)

    async def _end(self, end: Callable[[], Awaitable[None]]) -> None:
        """Where nothing was asked since the last end, nothing has begun."""
        self._begin = ""
        if self._may_be_open:
            await end()
            self._may_be_open = False


def _do(connection: sqlite3.Connection, begin: str, work: Callable[[sqlite3.Connection], None]) -> None:
    if begin:
        connection.execute(begin)
    work(connection)


class OneTripCursor:
    """What SQLAlchemy asks of a cursor; it is exhausted and closed by the end of each statement."""

    def __init__(self, connection: OneTripConnection) -> None:
        self._connection = connection
        self._rows: Sequence[Any] = ()
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, statement: str, values: Sequence[Any] = ()) -> None:
        await self._go(lambda cursor: cursor.execute(statement, values))

    async def executemany(self, statement: str, values: Sequence[Sequence[Any]]) -> None:
        await self._go(lambda cursor: cursor.executemany(statement, values))

    async def fetchall(self) -> Sequence[Any]:
        rows, self._rows = self._rows, ()
        return rows

    async def close(self) -> None:
        """Nothing is open any more."""

    async def _go(self, execute: Callable[[sqlite3.Cursor], object]) -> None:
        await self._connection.go(lambda connection: self._take(connection, execute))

    def _take(self, connection: sqlite3.Connection, execute: Callable[[sqlite3.Cursor], object]) -> None:
        """In the thread."""
        cursor, before = connection.cursor(), connection.total_changes
        try:
            execute(cursor)
            self.description = cursor.description
            self._rows = cursor.fetchall() if cursor.description else ()
            # After the rows: of a change that returns some it is counted as they are fetched.
            self.rowcount, self.lastrowid = cursor.rowcount, cursor.lastrowid
            if self.rowcount < 0:
                # Of a change that begins with WITH the driver does not count.
                self.rowcount = connection.total_changes - before
        finally:
            cursor.close()


async def connect(path: Path) -> OneTripConnection:
    """Open a file, without transactions of the driver's own: its BEGIN comes too late, at the first write."""
    connection = OneTripConnection(lambda: sqlite3.connect(path, isolation_level=None), ROWS_AT_ONCE)
    # One that nobody closes must not keep the process from ending.
    connection._thread.daemon = True
    await connection
    return connection
