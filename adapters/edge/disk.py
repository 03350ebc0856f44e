"""What the disk of an edge refuses just now: said once, kept in view, and over once it takes that again."""

import shutil
from enum import StrEnum
from pathlib import Path
from typing import Final

import structlog

from adapters.disk import DiskRefuses

MEGABYTE: Final = 2**20
REMEDY: Final = "make room in ADAPTER_DATA, and it goes on by itself"

_log = structlog.get_logger(__name__)


class Written(StrEnum):
    """What goes to the disk; each is tried again by itself."""

    CHANGES = "changes"
    HITS = "hits"
    JOURNEYS = "journeys"
    LIST = "list"
    ORDERS = "orders"


MEANS: Final = {
    Written.CHANGES: "changes of the list cannot be written ({}): it stays as it is",
    Written.HITS: "hits cannot be kept ({}): they are answered not-screened",
    Written.JOURNEYS: "journeys cannot be kept ({}): whoever is listed later is not found by those of now",
    Written.LIST: "the list cannot be written ({}): the former one stays",
    Written.ORDERS: "the court's withdrawals and orders cannot be written ({}): no stop is confirmed",
}


class Disk:
    """`name`: of the edge."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._refused: dict[Written, str] = {}

    @property
    def trouble(self) -> str | None:
        """All that is refused, and what to do; None while it takes everything."""
        told = [MEANS[what].format(why) for what, why in sorted(self._refused.items())]
        return "; ".join((*told, REMEDY)) if told else None

    def refuses(self, what: Written) -> bool:
        return what in self._refused

    def refuse(self, what: Written, why: str) -> None:
        if self._refused.get(what) != why:
            _log.error("disk-refuses", edge=self._name, what=what.value, why=why)
        self._refused[what] = why

    def take(self, what: Written) -> None:
        if self._refused.pop(what, None) is not None:
            _log.info("disk-takes-again", edge=self._name, what=what.value)


def require_room(folder: Path, needed: int) -> None:
    """Raises DiskRefuses where so many bytes do not fit, before anything is written of them."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise DiskRefuses(f"it needs {needed / MEGABYTE:,.0f} MB, {free / MEGABYTE:,.0f} MB are free")
