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

Trip = Callable[[Callable[[], None]], Awaitable[None]]


class OneTripConnection(aiosqlite.Connection):
    def cursor(self) -> "OneTripCursor":  # type: ignore[override]
        return OneTripCursor(self._conn, self._execute)


class OneTripCursor:
    """What SQLAlchemy asks of a cursor; it is exhausted and closed by the end of each statement."""

    def __init__(self, connection: sqlite3.Connection, trip: Trip) -> None:
        self._connection = connection
        self._trip = trip
        self._rows: Sequence[Any] = ()
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, statement: str, values: Sequence[Any] = ()) -> None:
        await self._trip(lambda: self._take(lambda cursor: cursor.execute(statement, values)))

    async def executemany(self, statement: str, values: Sequence[Sequence[Any]]) -> None:
        await self._trip(lambda: self._take(lambda cursor: cursor.executemany(statement, values)))

    async def fetchall(self) -> Sequence[Any]:
        rows, self._rows = self._rows, ()
        return rows

    async def close(self) -> None:
        """Nothing is open any more."""

    def _take(self, execute: Callable[[sqlite3.Cursor], object]) -> None:
        """In the thread."""
        cursor = self._connection.cursor()
        try:
            execute(cursor)
            self.description = cursor.description
            self._rows = cursor.fetchall() if cursor.description else ()
            # After the rows: of a change that returns some it is counted as they are fetched.
            self.rowcount, self.lastrowid = cursor.rowcount, cursor.lastrowid
        finally:
            cursor.close()


async def connect(path: Path) -> OneTripConnection:
    """Open a file, without transactions of the driver's own: its BEGIN comes too late, at the first write."""
    connection = OneTripConnection(lambda: sqlite3.connect(path, isolation_level=None), ROWS_AT_ONCE)
    # One that nobody closes must not keep the process from ending.
    connection._thread.daemon = True
    await connection
    return connection
