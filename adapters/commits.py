"""How a transaction ends, and what it wrote: for the engines of both programs' databases.

What must not break: a commit that may have written anything is told, under its tables or as unknown, and a
caller who is cancelled during a commit or rollback does not leave it half done.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

from sqlalchemy import TextClause
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncConnection

SETTLES: Final = "settles"
"""An execution option of changes that leave nobody anything to do: they count for no table."""

WRITES: Final = "writes"
"""An execution option of changes: the names of the tables they write, where it is more than one."""

_WRITTEN: Final = "written tables"
_AFTERWARDS: Final = "to be called afterwards"
_SETTLED: Final = "settled"
_UNKNOWN: Final = ""
_HARMLESS: Final = frozenset({"SELECT", "SHOW", "PRAGMA", "BEGIN", "BEGIN ", "SET TR", "SET LO"})


def note_table(connection: Connection, _cursor: Any, statement: str, *rest: Any) -> None:
    """What a transaction writes, in the notes of its connection: a listener to `before_cursor_execute`."""
    _parameters, context, _is_many = rest
    compiled = None if context is None else context.compiled
    if compiled is None or isinstance(compiled.statement, TextClause):
        if statement.lstrip()[:6].upper() not in _HARMLESS:
            _note(connection, _UNKNOWN)
    elif compiled.statement.is_dml:
        settles = context.execution_options.get(SETTLES)
        written = context.execution_options.get(WRITES, [compiled.statement.table.name])
        for table in [_SETTLED] if settles else written:
            _note(connection, table)


def note_change(connection: Connection, cursor: Any, statement: str, *rest: Any) -> None:
    """The same, of what changed any rows: a listener to `after_cursor_execute`."""
    if cursor.rowcount != 0:
        note_table(connection, cursor, statement, *rest)


def _note(connection: Connection, table: str) -> None:
    connection.info.setdefault(_WRITTEN, set()).add(table)


def forget_written(connection: AsyncConnection) -> None:
    """A transaction begins: what the last one on this connection wrote is no concern of its own."""
    connection.info.pop(_WRITTEN, None)
    connection.info.pop(_AFTERWARDS, None)


def written_tables(connection: AsyncConnection) -> frozenset[str] | None:
    """The tables that were written since it began; empty when nobody knows them all, None when none was."""
    noted: set[str] | None = connection.info.get(_WRITTEN)
    if noted is None:
        return None
    return frozenset() if _UNKNOWN in noted else frozenset(noted)


def after_commit(connection: AsyncConnection, call: Callable[[], None]) -> None:
    """Call it once the transaction has committed, before anybody is woken; never when it is rolled back. It
    must return at once and not raise.
    """
    connection.info.setdefault(_AFTERWARDS, []).append(call)


def has_committed(connection: AsyncConnection) -> None:
    """Call what waited for it."""
    for call in connection.info.pop(_AFTERWARDS, ()):
        call()


async def to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """Finish `work` even when the caller is cancelled meanwhile; the cancellation goes on afterwards.

    Whoever waits for the transaction to end must not go on while it is still under way at the driver.
    """
    task = asyncio.ensure_future(work)
    interruption: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as cancelled:
            interruption = cancelled
    if interruption is not None:
        raise interruption
    task.result()
