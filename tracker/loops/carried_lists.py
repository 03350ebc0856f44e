"""Sends whole lists to the adapters that can fetch none, a part a round: nothing else waits behind."""

from datetime import datetime, timedelta
from typing import Final

from tracker.domain.errors import NotFound
from tracker.domain.ids import CourtId
from tracker.loops.watching import WatchingLoop
from tracker.services.feeds.snapshots import Generation, Shelf, Snapshot, find_current
from tracker.services.lines.carried_lists import send_next_part
from tracker.storage import feeds, folder_lines
from tracker.storage.feeds import Feed
from tracker.storage.folder_lines import Waiting
from tracker.storage.registry import Registry

ASKS_AGAIN_AFTER: Final = timedelta(seconds=5)
"""For a snapshot that is being made."""


class CarriedListLoop(WatchingLoop):
    """Not leased: the adapter's row is locked for each part."""

    name = "carried lists"
    tables = ("agency_instance",)

    def __init__(self, registry: Registry, shelf: Shelf, court_id: CourtId) -> None:
        super().__init__(registry)
        self._shelf = shelf
        self._court_id = court_id
        self._is_awaiting = False

    async def step(self) -> bool:
        """Send one part to each adapter that waits; False when none does, or its snapshot is being made."""
        if self.is_resting:
            return False
        ticket = self._watch.ticket
        async with self._registry.reading() as tx:
            waiting = await folder_lines.list_waiting(tx, self._court_id)
        sent = [await self._send(one) for one in waiting]
        self._is_awaiting = bool(waiting)
        if not waiting:
            self._watch.rest(ticket)
        return any(sent)

    async def next_due(self) -> datetime | None:
        return self._registry.now() + ASKS_AGAIN_AFTER if self._is_awaiting else None

    def _begun(self, waiting: Waiting, feed: Feed) -> Snapshot | None:
        """The one that is being sent, while it is kept; newer ones meanwhile change nothing."""
        sequence = waiting.wanted.sequence
        return None if sequence is None else self._shelf.find(Generation.of(feed), sequence)

    async def _send(self, waiting: Waiting) -> bool:
        wanted = waiting.wanted
        if wanted.worker not in (None, self._registry.worker):
            # Its snapshot lies on the shelf of the process that has begun; should that be gone for good, the
            # adapter asks again.
            return False
        try:
            async with self._registry.reading() as tx:
                feed = await feeds.find_generation(tx, waiting.agency_id, wanted.epoch, wanted.incarnation)
                snapshot = self._begun(waiting, feed) or await find_current(tx, self._shelf, feed)
        except NotFound:
            async with self._registry.transaction() as tx:
                await folder_lines.record_wanted(tx, waiting.agency_id, waiting.instance, None)
            return True
        if snapshot is None:
            return False
        async with self._registry.transaction() as tx:
            await send_next_part(tx, self._registry.worker, waiting, snapshot)
        return True
