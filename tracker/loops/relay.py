"""Publishes the outbox: express before everything else, at least once."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence

import structlog

from adapters.bus.port import Bus
from tracker.domain.metering import Happening, Stage
from tracker.loops.watching import WatchingLoop
from tracker.storage import outbox
from tracker.storage.outbox import OutboxMessage
from tracker.storage.registry import Registry

CLAIM_AT_ONCE = 100
_log = structlog.get_logger(__name__)


class RelayLoop(WatchingLoop):
    """Several may run; each claims its own rows."""

    name = "outbox relay"
    tables = ("outbox",)

    def __init__(self, registry: Registry, bus: Bus) -> None:
        super().__init__(registry)
        self._bus = bus

    async def step(self) -> bool:
        """Publish one claim of waiting messages, then mark them."""
        if self.is_resting:
            return False
        ticket = self._watch.ticket
        token = self._registry.new_lease()
        async with self._registry.transaction() as tx:
            claimed = await outbox.claim_unpublished(tx, token, CLAIM_AT_ONCE)
        published = await self._publish(claimed)
        left = [one.message_id for one in claimed if one.message_id not in published]
        if claimed:
            async with self._registry.transaction() as tx:
                await outbox.record_published(tx, published, token)
                await outbox.release_messages(tx, left, token)
        if not left and len(claimed) < CLAIM_AT_ONCE:
            self._watch.rest(ticket)
        return bool(published)

    async def _publish(self, claimed: Sequence[OutboxMessage]) -> frozenset[str]:
        """The ids of what was published: each queue's in order, beside the other queues'."""
        of_queue: defaultdict[str, list[OutboxMessage]] = defaultdict(list)
        for message in claimed:
            of_queue[message.queue].append(message)
        async with asyncio.TaskGroup() as group:
            sending = [group.create_task(self._publish_in_order(its)) for its in of_queue.values()]
        return frozenset(message_id for sent in sending for message_id in sent.result())

    async def _publish_in_order(self, messages: Sequence[OutboxMessage]) -> Sequence[str]:
        """Behind a message that failed its queue waits."""
        published = []
        for message in messages:
            try:
                await self._bus.publish(
                    message.queue, message.body, message_id=message.message_id, sender="court"
                )
            except Exception as error:
                _log.error("publish-failed", queue=message.queue, error=type(error).__name__)
                self._registry.meter.counted(Happening.LOOP_FAILURES, self.name)
                break
            published.append(message.message_id)
            self._tell_published(message)
        return published

    def _tell_published(self, message: OutboxMessage) -> None:
        _log.info("message-published", queue=message.queue, message=message.message_id)
        if message.committed_at is not None:
            waited_s = max(0.0, (self._registry.now() - message.committed_at).total_seconds())
            lane = message.lane.name.lower()
            self._registry.meter.timed(Stage.MESSAGE_COMMITTED_TO_PUBLISHED, waited_s, lane)
