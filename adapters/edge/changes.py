"""Tells the loops of an edge what was committed, so that idle ones need not ask the disk."""

from collections.abc import Callable
from typing import Final

ANYTHING: Final = frozenset[str]()


class Changes:
    """Counts commits to the store, by table, and what else the loops may have to do something about.

    A loop remembers where its tables stood when it last found nothing to do. It must ask for that before it
    looks, or it sleeps through what is committed while it looks.
    """

    def __init__(self) -> None:
        self._count = 1
        self._of_any = 1
        self._by_table: dict[str, int] = {}
        self._listeners: list[Callable[[], None]] = []

    def of(self, *tables: str) -> int:
        """The last change that may be of one of these tables."""
        return max(self._of_any, *(self._by_table.get(table, 0) for table in tables))

    def listen(self, listener: Callable[[], None]) -> None:
        self._listeners.append(listener)

    def tell(self) -> None:
        """Anything may be different now."""
        self.hear(ANYTHING)
        self.wake()

    def hear(self, tables: frozenset[str]) -> None:
        """These tables were written; an empty set: any may have been."""
        self._count += 1
        if not tables:
            self._of_any = self._count
        self._by_table.update(dict.fromkeys(tables, self._count))

    def wake(self) -> None:
        for listener in self._listeners:
            listener()
