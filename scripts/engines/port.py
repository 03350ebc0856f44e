"""The engines a whole system in one process stands on: the embedded ones, or those of production."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from adapters.bus.port import Bus
from tracker.storage.registry import CourtDatabase


class Clock(Protocol):
    """Business and elapsed time."""

    def now(self) -> datetime: ...

    def elapsed(self) -> float: ...


class WholeBus(Bus, Protocol):
    """The bus as one process sees it in which court and agencies live side by side; a loop among others.

    A step hands over what waits and tells whether anything did; afterwards nothing is under way.
    """

    @property
    def name(self) -> str: ...

    async def step(self) -> bool: ...

    async def next_due(self) -> datetime | None: ...

    def on_change(self, listener: Callable[[], None]) -> None: ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The court's migrated database, and the bus."""

    database: CourtDatabase
    bus: WholeBus


class Engines(Protocol):
    """Opens the engines that belong to a data folder, and copies a folder with what belongs to it."""

    async def open(self, data: Path, clock: Clock) -> Opened: ...

    async def copy(self, former: Path, data: Path) -> None: ...

    async def forget(self, data: Path) -> None:
        """Remove what of a closed folder lies outside of it."""
