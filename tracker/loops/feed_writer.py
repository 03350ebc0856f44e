"""The feed writer of one agency: numbers what has committed, publishes it, moves `published_up_to`.

What must not break: no packet is signed at an earlier moment than a heartbeat or packet with an older head.
"""

from datetime import datetime

from adapters.bus.port import Bus
from tracker.domain.ids import AgencyId
from tracker.domain.metering import Stage
from tracker.services.feed_writer import number_changes
from tracker.storage import agencies, feed_log, feeds
from tracker.storage.registry import Registry


def writer_of(agency_id: AgencyId) -> str:
    """The name of the loop that writes the feed of an agency."""
    return f"feed writer {agency_id}"


class FeedWriterLoop:
    """Leased: of several processes one writes at a time."""

    def __init__(self, registry: Registry, bus: Bus, agency_id: AgencyId) -> None:
        self.name = writer_of(agency_id)
        self._registry = registry
        self._bus = bus
        self._agency_id = agency_id
        self._token = registry.new_lease()
        self._watch = registry.watch("feed_change", "feed")

    async def step(self) -> bool:
        """Number one packet of each epoch in force and publish what is numbered; False when nothing waits or
        another one writes.
        """
        if self._watch.is_resting:
            return False
        ticket = self._watch.ticket
        async with self._registry.reading() as tx:
            waiting = await feeds.list_waiting_epochs(tx, self._agency_id)
        if not waiting:
            self._watch.rest(ticket)
            return False
        wrote = [await self._write(epoch) for epoch in waiting]
        return any(wrote)

    async def _write(self, epoch: int) -> bool:
        async with self._registry.transaction() as tx:
            feed = await feeds.claim_feed(tx, self._agency_id, epoch, self._token)
            if feed is None:
                return False
            # Not `tx.at`, which is from before the claim has waited for whoever signed for the feed last.
            committed = await number_changes(tx, feed, self._registry.now())
            unpublished = await feed_log.list_unpublished(tx, feed.feed_id)
            instances = await agencies.list_open_instances(tx, self._agency_id)
        for packet in unpublished:
            for instance in instances:
                queue = f"feed.{self._agency_id}.{instance.name}"
                message_id = f"{feed.feed_id}.{packet.first_sequence}"
                await self._bus.publish(queue, packet.envelope, message_id=message_id, sender="court")
        async with self._registry.transaction() as tx:
            if unpublished:
                up_to = unpublished[-1].last_sequence
                await feed_log.record_published(tx, feed.feed_id, up_to, self._token)
                tx.log("packets-published", agency=self._agency_id, sequence=up_to)
            for committed_at in committed:
                tx.timed(Stage.CHANGE_COMMITTED_TO_PUBLISHED, committed_at, self._agency_id, until=tx.at)
            await feeds.release_feed(tx, feed.feed_id, self._token)
        return True

    async def next_due(self) -> datetime | None:
        """Woken by commits only."""
        return None
