"""The court's end of a line by folder, as its own bus sees it: one adapter, no different from the others."""

from typing import Final

from adapters.bus.folder.bus import FolderBus
from adapters.bus.port import Accepted, Bus, Delivery
from adapters.bus.topology import COURT, LANES, user_of


class Passage:
    """Hands what waits for an adapter on to its line, and what comes back to the queue of its agency; each is
    settled on one side only after it is durable on the other.
    """

    def __init__(self, near: Bus, far: FolderBus, agency_id: str, instance: str) -> None:
        self._near = near
        self._far = far
        self._user: Final = user_of(agency_id)
        for lane in LANES:
            near.subscribe(f"{lane}.{agency_id}.{instance}", self._there)
        far.subscribe(f"from.{agency_id}", self._back)

    async def _there(self, delivery: Delivery) -> Accepted:
        await self._far.publish(delivery.queue, delivery.body, message_id=delivery.message_id, sender=COURT)
        return Accepted()

    async def _back(self, delivery: Delivery) -> Accepted:
        await self._near.publish(
            delivery.queue, delivery.body, message_id=delivery.message_id, sender=self._user
        )
        return Accepted()
