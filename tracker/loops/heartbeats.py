"""A signed heartbeat for every agency every ten seconds, of the elapsed clock: a silent feed is not a fresh
one.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from adapters.bus.port import Bus
from tracker.domain.ids import CourtId
from tracker.services.feed_writer import heartbeat
from tracker.storage import agencies
from tracker.storage.registry import Registry

EVERY_S = 10.0


class HeartbeatLoop:
    """Not leased: a heartbeat too many does no harm, one too few stops hits."""

    name = "heartbeats"
    is_periodic = True

    def __init__(self, registry: Registry, bus: Bus, court_id: CourtId, elapsed: Callable[[], float]) -> None:
        self._registry = registry
        self._bus = bus
        self._court_id = court_id
        self._elapsed = elapsed
        self._sent_at_s: float | None = None

    async def step(self) -> bool:
        """Send one round when ten seconds have gone by."""
        if self._sent_at_s is not None and self._elapsed() - self._sent_at_s < EVERY_S:
            return False
        self._sent_at_s = self._elapsed()
        # A write transaction, so that no packet is numbered between the head that is read and its moment.
        async with self._registry.transaction() as tx:
            beats = [
                (agency.agency_id, await heartbeat(tx, agency.agency_id))
                for agency in await agencies.list_agencies(tx, self._court_id)
            ]
            instances = {agency_id: await agencies.list_instances(tx, agency_id) for agency_id, _ in beats}
        for agency_id, envelope in beats:
            for instance in instances[agency_id]:
                queue = f"feed.{agency_id}.{instance.name}"
                message_id = self._registry.entropy.new_id()
                await self._bus.publish(queue, envelope, message_id=message_id, sender="court")
        return True

    async def next_due(self) -> datetime | None:
        """Ten seconds after the last round."""
        if self._sent_at_s is None:
            return self._registry.now()
        return self._registry.now() + timedelta(seconds=EVERY_S - (self._elapsed() - self._sent_at_s))
