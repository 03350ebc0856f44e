"""Witnesses the court's audit chain: keeps heartbeats with its head, the older the fewer.

What must not break: what is kept is as the court signed it, so that neither side can say later that it was
otherwise; that it cannot be kept hinders nothing else.
"""

from datetime import datetime, timedelta
from typing import Final

import structlog

from adapters.disk import DiskRefuses
from adapters.sqlite import SqliteDatabase
from adapters.store.disk import in_the_store
from adapters.store.witness import KeptHead, keep_head, last_kept_at

KEPT: Final = (
    (timedelta(days=1), timedelta(days=3 * 366)),
    (timedelta(hours=1), timedelta(days=31)),
    (timedelta(minutes=10), timedelta(days=2)),
)
"""The first of each day as long as the court keeps its audit log, of each hour a month, of each ten minutes
two days: two thousand at most."""

_log = structlog.get_logger(__name__)


class Witness:
    def __init__(self, name: str, database: SqliteDatabase) -> None:
        self._name = name
        self._database = database
        self._last: datetime | None = None

    async def hear(self, said_at: datetime, envelope: bytes) -> None:
        """A heartbeat that carries a head; an older one than was kept says nothing new."""
        if self._last is not None and kept_for(said_at, self._last) is None:
            return
        try:
            with in_the_store():
                await self._keep(said_at, envelope)
        except DiskRefuses as refused:
            _log.warning("head-not-kept", edge=self._name, why=str(refused))

    async def _keep(self, said_at: datetime, envelope: bytes) -> None:
        async with self._database.transaction() as tx:
            last = await last_kept_at(tx)
            how_long = KEPT[0][1] if last is None else kept_for(said_at, last)
            if how_long is not None:
                await keep_head(tx, KeptHead(said_at=said_at, until=said_at + how_long, envelope=envelope))
        self._last = said_at if how_long is not None else last


def kept_for(said_at: datetime, last: datetime) -> timedelta | None:
    """For how long a head is kept after the last one that was; None: not at all."""
    if said_at <= last:
        return None
    for period, how_long in KEPT:
        if said_at.timestamp() // period.total_seconds() > last.timestamp() // period.total_seconds():
            return how_long
    return None
