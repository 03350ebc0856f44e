"""Short cuts in the database drivers, for processes that live a second or two and are made by the hundred.

What is written and when it is committed is the same: a killed process leaves what its commits have left.
"""

from collections.abc import Callable
from typing import Any

import aiosqlite.core
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg


class _AtOnce:
    """Stands in for the queue to the driver's thread."""

    def put_nowait(self, work: tuple[Any, Callable[[], Any]]) -> None:
        future, function = work
        try:
            result = function()
        except BaseException as failure:
            if future is None:
                raise
            future.set_exception(failure)
        else:
            if future is not None:
                future.set_result(result)


class _NoThread:
    def __init__(self, **_arguments: Any) -> None:
        pass

    def start(self) -> None:
        pass


def _is_alive(_dialect: PGDialect_asyncpg, _connection: object) -> bool:
    return True


def take_short_cuts() -> None:
    """SQLite runs a statement at once where it is awaited: to hand each to a thread and back costs twice the
    statement. PostgreSQL is not asked before each transaction whether it is still there, in three messages.
    """
    for name, replacement in {"SimpleQueue": _AtOnce, "Thread": _NoThread}.items():
        setattr(aiosqlite.core, name, replacement)
    for name, shorter in {"do_ping": _is_alive}.items():
        setattr(PGDialect_asyncpg, name, shorter)
