"""The bus as tests wire it: refuses to be awaited inside a transaction, and can be cut off."""

from collections.abc import Collection, Sequence

from adapters.bus.port import Bus, DeadLetter, Handler, SetHandler
from adapters.sqlite import holding_transaction


class BusAway(Exception):
    """The broker does not answer."""


class GuardedBus:
    """Hands everything on to a real engine. `is_cut`: publishing fails as it does on a dead connection."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self.is_cut = False

    async def publish(self, queue: str, body: bytes, *, message_id: str, sender: str) -> None:
        if holding_transaction.get():
            raise AssertionError("the bus was awaited while holding a transaction")
        if self.is_cut:
            raise BusAway
        await self._bus.publish(queue, body, message_id=message_id, sender=sender)

    def subscribe(self, queue: str, handler: Handler) -> None:
        self._bus.subscribe(queue, handler)

    def subscribe_to_sets(self, queue: str, handler: SetHandler) -> None:
        self._bus.subscribe_to_sets(queue, handler)

    async def replay(self, message_ids: Collection[str]) -> Collection[str]:
        return await self._bus.replay(message_ids)

    async def dead_letters(self) -> Sequence[DeadLetter]:
        return await self._bus.dead_letters()

    async def discard(self, mark: str) -> bool:
        return await self._bus.discard(mark)
