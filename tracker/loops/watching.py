"""A loop that is woken by commits to its tables, and else rests."""

from datetime import datetime
from typing import ClassVar

from tracker.storage.registry import Registry


class WatchingLoop:
    """Before a look it takes a ticket of its watch; where nothing was there it rests with it."""

    tables: ClassVar[tuple[str, ...]]
    """What it is told of when there are new rows."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._watch = registry.watch(*self.tables)

    @property
    def is_resting(self) -> bool:
        """Nothing can have come up since the last look."""
        return self._watch.is_resting

    async def next_due(self) -> datetime | None:
        """Woken by commits only."""
        return None
