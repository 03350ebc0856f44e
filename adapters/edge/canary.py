"""Proves the line to the court alive: uses the canary's card on a timer, as a gate uses a traveller's.

Nothing is spared on its way: it is screened, spooled, reported and taken as any other. What comes back to the
court at its time shows that list, edge, broker and court are there; what does not, rings the court's desk.
"""

from datetime import datetime, timedelta
from typing import Final

from adapters.edge.card_use import CardUse
from adapters.edge.hits import HitSpool
from adapters.edge.parts import EdgeParts
from adapters.store.hits import forget_reported
from schemas.canary import CANARY
from schemas.messages import Place, SightingKind

NOWHERE: Final = Place(name="线路探测", city="线路探测")
EVENT_PREFIX: Final = "canary-"


class CanaryTimer:
    is_periodic = True
    is_resting = True
    """No commit makes a use due."""

    def __init__(self, parts: EdgeParts, hits: HitSpool) -> None:
        self.name: Final = f"canary.{parts.settings.name}"
        self._parts = parts
        self._hits = hits

    async def step(self) -> bool:
        """Use the card when it is time; what the screening answers is for nobody here."""
        if not self._parts.pace.is_due():
            return False
        await self._hits.screen(self._use())
        async with self._parts.database.transaction() as tx:
            await forget_reported(tx, EVENT_PREFIX)
        return True

    async def next_due(self) -> datetime | None:
        ports = self._parts.ports
        return ports.now() + timedelta(seconds=self._parts.pace.due_s - ports.elapsed())

    def _use(self) -> CardUse:
        ports = self._parts.ports
        return CardUse(
            event_id=f"{EVENT_PREFIX}{ports.entropy.new_id()}",
            kind=SightingKind.CHECKPOINT,
            occurred_at=ports.now(),
            place=NOWHERE,
            document_kind=CANARY.kind,
            number=CANARY.number,
        )
