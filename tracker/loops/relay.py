"""Publishes the outbox: express before everything else, at least once."""

from collections.abc import Sequence
from datetime import datetime

import structlog

from adapters.bus.port import Bus
from tracker.domain.metering import Happening, Stage
from tracker.storage import outbox
from tracker.storage.outbox import OutboxMessage
from tracker.storage.registry import Registry

CLAIM_AT_ONCE = 100
_log = structlog.get_logger(__name__)


class RelayLoop:
    """Several may run; each claims its own rows."""

    name = "outbox relay"

    def __init__(self, registry: Registry, bus: Bus) -> None:
        self._registry = registry
        self._bus = bus
        self._watch = registry.watch("outbox")

    async def step(self) -> bool:
        """Publish one claim of waiting messages, then mark them."""
        if self._watch.is_resting:
            return False
        ticket = self._watch.ticket
        async with self._registry.reading() as tx:
            if not await outbox.is_anything_unpublished(tx):
                self._watch.rest(ticket)
                return False
        token = self._registry.new_lease()
        async with self._registry.transaction() as tx:
            claimed = await outbox.claim_unpublished(tx, token, CLAIM_AT_ONCE)
        published = await self._publish(claimed)
        left = [message.message_id for message in claimed if message.message_id not in published]
        async with self._registry.transaction() as tx:
            for message_id in published:
                await outbox.record_published(tx, message_id, token)
            await outbox.release_messages(tx, left, token)
        return bool(published)

    async def _publish(self, claimed: Sequence[OutboxMessage]) -> list[str]:
        """Publish in order; behind a message that failed, its queue waits and the other queues go on."""
        published, stuck = [], set[str]()
        for message in claimed:
            if message.queue in stuck:
                continue
            try:
                await self._bus.publish(
                    message.queue, message.body, message_id=message.message_id, sender="court"
                )
            except Exception as error:
                _log.error("publish-failed", queue=message.queue, error=type(error).__name__)
                self._registry.meter.counted(Happening.LOOP_FAILURES, self.name)
                stuck.add(message.queue)
            else:
                published.append(message.message_id)
                self._tell_published(message)
        return published

    def _tell_published(self, message: OutboxMessage) -> None:
        _log.info("message-published", queue=message.queue, message=message.message_id)
        if message.committed_at is not None:
            waited_s = max(0.0, (self._registry.now() - message.committed_at).total_seconds())
            lane = message.lane.name.lower()
            self._registry.meter.timed(Stage.MESSAGE_COMMITTED_TO_PUBLISHED, waited_s, lane)

    async def next_due(self) -> datetime | None:
        """Woken by commits only."""
        return None
