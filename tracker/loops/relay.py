"""Publishes the outbox: express before everything else, at least once."""

from datetime import datetime

from adapters.bus.port import Bus
from tracker.domain.ids import LeaseToken
from tracker.storage import outbox
from tracker.storage.registry import Registry

CLAIM_AT_ONCE = 100


class RelayLoop:
    """Several may run; each claims its own rows."""

    name = "outbox relay"

    def __init__(self, registry: Registry, bus: Bus) -> None:
        self._registry = registry
        self._bus = bus

    async def step(self) -> bool:
        """Publish one claim of waiting messages, then mark them."""
        async with self._registry.reading() as tx:
            if not await outbox.is_anything_unpublished(tx):
                return False
        token = LeaseToken(self._registry.entropy.new_id())
        async with self._registry.transaction() as tx:
            claimed = await outbox.claim_unpublished(tx, token, CLAIM_AT_ONCE)
        for message in claimed:
            await self._bus.publish(
                message.queue, message.body, message_id=message.message_id, sender="court"
            )
        async with self._registry.transaction() as tx:
            for message in claimed:
                await outbox.record_published(tx, message.message_id, token)
        return bool(claimed)

    async def next_due(self) -> datetime | None:
        """Woken by commits only."""
        return None
