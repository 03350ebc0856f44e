"""What a transaction has read already: who, which case, which entry; so that what several texts need is read
once.

What must not break: nothing is remembered past a change of its tables by this transaction, nor past a lock
that it takes, because behind a lock the latest counts; but what the transaction has locked itself, no lock of
anything else makes older.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Coroutine
from functools import wraps
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa

K = TypeVar("K")
V = TypeVar("V")


class Memory:
    """Values by what was read, each with the tables it stands on."""

    def __init__(self) -> None:
        self._known: dict[object, Any] = {}
        self._locked = set[object]()
        self._by_table: defaultdict[str, set[object]] = defaultdict(set)

    def find(self, what: object) -> tuple[Any] | None:
        """What is remembered, in a tuple: it may be None."""
        return (self._known[what],) if what in self._known else None

    def find_locked(self, what: object) -> tuple[Any] | None:
        """The same of what nobody else can change."""
        return self.find(what) if what in self._locked else None

    def unknown(self, read: Callable[..., object], keys: Collection[K]) -> list[K]:
        """Those of the keys that a reading is not remembered for."""
        return [key for key in keys if (read.__name__, key) not in self._known]

    def keep(self, what: object, tables: Collection[sa.Table], value: object) -> None:
        self._known[what] = value
        self._locked.discard(what)
        for table in tables:
            self._by_table[table.name].add(what)

    def keep_locked(self, what: object, tables: Collection[sa.Table], value: object) -> None:
        """What nobody else can change any more before the transaction ends."""
        self.keep(what, tables, value)
        self._locked.add(what)

    def forget(self) -> None:
        """All of it."""
        self._known.clear()
        self._by_table.clear()
        self._locked.clear()

    def hear(self, statement: sa.Executable) -> None:
        """Forget what a statement makes doubtful."""
        if not self._known:
            return
        if isinstance(statement, sa.Insert | sa.Update | sa.Delete):
            self.forget_table(str(getattr(statement.table, "name", "")))
        elif not isinstance(statement, sa.Select):
            self.forget()
        elif statement._for_update_arg is not None:
            self._known = {what: self._known[what] for what in self._locked}

    def forget_table(self, table: str) -> None:
        """What stands on a table."""
        for what in self._by_table.pop(table, ()):
            self._known.pop(what, None)
            self._locked.discard(what)


class Remembering(Protocol):
    """A transaction with its memory."""

    @property
    def memory(self) -> Memory: ...


T = TypeVar("T", bound=Remembering)


def read_once(
    *tables: sa.Table,
) -> Callable[[Callable[[T, K], Awaitable[V]]], Callable[[T, K], Coroutine[Any, Any, V]]]:
    """For a reading by one key that stands on these tables."""

    def remember(read: Callable[[T, K], Awaitable[V]]) -> Callable[[T, K], Coroutine[Any, Any, V]]:
        @wraps(read)
        async def remembered(tx: T, key: K) -> V:
            found = tx.memory.find((read.__name__, key))
            if found is not None:
                return found[0]  # type: ignore[no-any-return]
            value = await read(tx, key)
            tx.memory.keep((read.__name__, key), tables, value)
            return value

        return remembered

    return remember
