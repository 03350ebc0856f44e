"""Short cuts in the database drivers, for courts that live a second or two and are made by the hundred.

What is written and when it is committed is the same: a killed process leaves what its commits have left. The
contract suites run on the drivers as they are.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import aiosqlite.core
import pytest
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.sql.elements import ClauseElement


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


class _Compiled(dict[Any, Any]):
    """Compiled statements by what they say, whichever dialect object compiled them."""

    def get(self, key: tuple[Any, ...], default: Any = None) -> Any:
        return super().get(key[1:], default)

    def __setitem__(self, key: tuple[Any, ...], compiled: Any) -> None:
        super().__setitem__(key[1:], compiled)


_compiled: defaultdict[str, _Compiled] = defaultdict(_Compiled)
_compile = ClauseElement._compile_w_cache


def _compile_once(element: ClauseElement, dialect: Any, *, compiled_cache: Any, **more: Any) -> Any:
    shared = None if compiled_cache is None else _compiled[dialect.name]
    return _compile(element, dialect, compiled_cache=shared, **more)


def _is_alive(_dialect: PGDialect_asyncpg, _connection: object) -> bool:
    return True


@contextmanager
def taking_short_cuts() -> Iterator[None]:
    """Until the end of the block."""
    with pytest.MonkeyPatch.context() as patch:
        take_short_cuts(patch.setattr)
        yield


def take_short_cuts(replace: Callable[[object, str, object], None] = setattr) -> None:
    """SQLite runs a statement at once where it is awaited: to hand each to a thread and back costs twice the
    statement. PostgreSQL is not asked before each transaction whether it is still there, in three messages.
    What one court's engine has compiled, the next court's need not compile again.
    """
    replace(ClauseElement, "_compile_w_cache", _compile_once)
    replace(aiosqlite.core, "SimpleQueue", _AtOnce)
    replace(aiosqlite.core, "Thread", _NoThread)
    replace(PGDialect_asyncpg, "do_ping", _is_alive)
