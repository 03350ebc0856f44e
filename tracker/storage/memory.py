"""What a transaction has read already: who, which case, which entry; so that what several texts need is read
once.

What must not break: nothing is remembered past a change of its tables by this transaction, nor past a lock
that it takes, because behind a lock the latest counts; but what the transaction has locked itself, no lock of
anything else makes older.
"""

from collections.abc import Awaitable, Callable, Collection
from functools import wraps
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa

K = TypeVar("K")
V = TypeVar("V")


class Memory:
    """Values by what was read, each with the tables it stands on."""

    def __init__(self) -> None:
        self._known: dict[object, tuple[frozenset[str], Any]] = {}
        self._locked = set[object]()
        # On which any of them stands: most changes are of other tables.
        self._tables: set[str] = set()

    def find(self, what: object) -> tuple[Any] | None:
        """What is remembered, in a tuple: it may be None."""
        known = self._known.get(what)
        return None if known is None else (known[1],)

    def keep(self, what: object, tables: Collection[sa.Table], value: object) -> None:
        names = frozenset(table.name for table in tables)
        self._known[what] = (names, value)
        self._tables |= names
        self._locked.discard(what)

    def keep_locked(self, what: object, tables: Collection[sa.Table], value: object) -> None:
        """What nobody else can change any more before the transaction ends."""
        self.keep(what, tables, value)
        self._locked.add(what)

    def forget(self) -> None:
        """All of it."""
        self._known.clear()
        self._tables.clear()
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
        if table not in self._tables:
            return
        self._tables.discard(table)
        for what in [one for one, (tables, _) in self._known.items() if table in tables]:
            del self._known[what]
            self._locked.discard(what)


class Remembering(Protocol):
    """A transaction with its memory."""

    @property
    def memory(self) -> Memory: ...


T = TypeVar("T", bound=Remembering)


def read_once(
    *tables: sa.Table,
) -> Callable[[Callable[[T, K], Awaitable[V]]], Callable[[T, K], Awaitable[V]]]:
    """For a reading by one key that stands on these tables."""

    def remember(read: Callable[[T, K], Awaitable[V]]) -> Callable[[T, K], Awaitable[V]]:
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
