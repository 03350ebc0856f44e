"""A signed heartbeat for every epoch of every agency every ten seconds, of the elapsed clock: a silent feed
is not a fresh one. Adapters that are reached by folder get one a minute.

What must not break: an agency that cannot be reached silences no other.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from adapters.bus.port import Bus
from tracker.domain.ids import AgencyId, CourtId
from tracker.domain.metering import Happening
from tracker.services.feeds.writer import heartbeat
from tracker.storage import agencies, feeds
from tracker.storage.registry import Registry

EVERY_S = 10.0
TO_FOLDERS_EVERY_S = 60.0
"""Each is a file there, and most are overtaken before they are carried."""
_log = structlog.get_logger(__name__)


class HeartbeatLoop:
    """Not leased: a heartbeat too many does no harm, one too few stops hits."""

    name = "heartbeats"
    is_periodic = True
    is_resting = True
    """No commit makes one due."""

    def __init__(self, registry: Registry, bus: Bus, court_id: CourtId, elapsed: Callable[[], float]) -> None:
        self._registry = registry
        self._bus = bus
        self._court_id = court_id
        self._elapsed = elapsed
        self._sent_at_s: float | None = None
        self._to_folders_at_s: float | None = None

    async def step(self) -> bool:
        """Send one round when ten seconds have gone by."""
        if self._sent_at_s is not None and self._elapsed() - self._sent_at_s < EVERY_S:
            return False
        now_s = self._sent_at_s = self._elapsed()
        to_folders = self._to_folders_at_s is None or now_s - self._to_folders_at_s >= TO_FOLDERS_EVERY_S
        if to_folders:
            self._to_folders_at_s = now_s
        async with self._registry.reading() as tx:
            listed = await agencies.list_agencies(tx, self._court_id)
        for agency in (one for one in listed if one.closing is None):
            await self._try_to_send(agency.agency_id, to_folders=to_folders)
        return True

    async def next_due(self) -> datetime | None:
        """Ten seconds after the last round."""
        if self._sent_at_s is None:
            return self._registry.now()
        return self._registry.now() + timedelta(seconds=EVERY_S - (self._elapsed() - self._sent_at_s))

    async def _try_to_send(self, agency_id: AgencyId, *, to_folders: bool) -> None:
        try:
            await self._send(agency_id, to_folders=to_folders)
        except Exception as error:
            # The others hear from us all the same: after five silent minutes they would stop nobody.
            _log.error("heartbeat-failed", agency=agency_id, error=type(error).__name__)
            self._registry.meter.counted(Happening.LOOP_FAILURES, self.name)

    async def _send(self, agency_id: AgencyId, *, to_folders: bool) -> None:
        async with self._registry.transaction() as tx:
            # No packet is numbered between the head that is read and the moment that is signed with it.
            in_force = await feeds.lock_feeds(tx, agency_id)
            envelopes = [await heartbeat(tx, feed, self._registry.now()) for feed in in_force]
            instances = await agencies.list_open_instances(tx, agency_id)
        for instance in (one for one in instances if to_folders or one.carryings is None):
            for envelope in envelopes:
                await self._publish(f"feed.{agency_id}.{instance.name}", envelope)

    async def _publish(self, queue: str, envelope: bytes) -> None:
        message_id = self._registry.entropy.new_id()
        try:
            await self._bus.publish(queue, envelope, message_id=message_id, sender="court")
        except Exception as error:
            # The others hear from us all the same: after five silent minutes they would stop nobody.
            _log.error("publish-failed", queue=queue, error=type(error).__name__)
            self._registry.meter.counted(Happening.LOOP_FAILURES, self.name)
