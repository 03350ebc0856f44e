"""Makes the snapshots that adapters wait for, takes those of ended lists away, and lets packets go whose time
is over, once a snapshot stands after them.

What must not break: a list that cannot be written keeps no other waiting, and its packets stay.
"""

import asyncio
from collections.abc import Awaitable
from datetime import datetime, timedelta
from typing import Final

import structlog

from tracker.domain.ids import AgencyId, CourtId
from tracker.domain.metering import Happening
from tracker.services.feeds.log_keeping import Overdue, let_go, list_overdue
from tracker.services.feeds.snapshots import Generation, Shelf, make_snapshot
from tracker.storage import agencies, feeds
from tracker.storage.registry import Registry

LOOKS_EVERY: Final = timedelta(hours=1)
_log = structlog.get_logger(__name__)


class SnapshotLoop:
    """Not leased: each process fills a shelf of its own, and to let go twice does no harm."""

    name = "snapshots"
    is_periodic = True

    def __init__(self, registry: Registry, shelf: Shelf, court_id: CourtId) -> None:
        self._registry = registry
        self._shelf = shelf
        self._court_id = court_id
        self._look_at: datetime | None = None

    @property
    def is_resting(self) -> bool:
        """No adapter waits for one, and no log was to be looked at when all were looked at last."""
        return not self._shelf.wanted and self._look_at is not None

    async def step(self) -> bool:
        """Make one snapshot, or take some packets out of each log; False when there is nothing to do."""
        if self._shelf.wanted:
            generation = self._shelf.wanted.pop()
            await self._try(generation.agency_id, self._make(generation))
            return True
        now = self._registry.now()
        if self._look_at is not None and now < self._look_at:
            return False
        is_done = False
        for one in await self._list_overdue():
            if self._shelf.wanted:
                # An adapter waits for it; what is overdue has waited for days.
                return True
            is_done |= await self._try(one.feed.agency_id, self._let_go(one))
        if not is_done:
            await self._tidy()
            self._look_at = now + LOOKS_EVERY
        return is_done

    async def next_due(self) -> datetime | None:
        return self._look_at

    async def _try(self, agency_id: AgencyId, work: Awaitable[None]) -> bool:
        """Whether it was done."""
        try:
            await work
        except Exception as error:
            _log.error("snapshot-failed", agency=agency_id, error=type(error).__name__)
            self._registry.meter.counted(Happening.LOOP_FAILURES, self.name)
            return False
        return True

    async def _list_overdue(self) -> list[Overdue]:
        async with self._registry.reading() as tx:
            listed = await agencies.list_agencies(tx, self._court_id)
            return [one for agency in listed for one in await list_overdue(tx, agency.agency_id)]

    async def _tidy(self) -> None:
        """No adapter asks for a list that has ended, or that a newer incarnation has replaced; and it holds
        tokens.
        """
        async with self._registry.reading() as tx:
            listed = await agencies.list_agencies(tx, self._court_id)
            feeds_of = [await feeds.list_generations(tx, agency.agency_id) for agency in listed]
        newest = {(one.agency_id, one.keys.epoch): one for some in feeds_of for one in some}
        kept = [Generation.of(one) for one in newest.values() if not one.has_ended]
        await asyncio.to_thread(self._shelf.keep_only, kept)

    async def _make(self, generation: Generation) -> None:
        async with self._registry.reading() as tx:
            feed = await feeds.find_generation(
                tx, generation.agency_id, generation.epoch, generation.incarnation
            )
            # A moment since the head was read: no heartbeat with an older head is signed after it.
            snapshot = await make_snapshot(tx, self._shelf, feed, self._registry.now())
        _log.info(
            "snapshot-made",
            agency=generation.agency_id,
            epoch=generation.epoch,
            incarnation=generation.incarnation,
            sequence=snapshot.sequence,
            in_force=feed.head.count,
        )

    async def _let_go(self, overdue: Overdue) -> None:
        generation = Generation.of(overdue.feed)
        snapshot = self._shelf.newest(generation)
        if not overdue.is_former and (snapshot is None or snapshot.sequence < overdue.up_to):
            await self._make(generation)
        async with self._registry.transaction() as tx:
            await let_go(tx, overdue)
