"""Chains new audit events soon after they are committed, at the latest two seconds after."""

from datetime import datetime

from tracker.storage import audit
from tracker.storage.registry import Registry

SEAL_AT_ONCE = 200


class AuditSealerLoop:
    """One at a time by the database: two sealers would meet at the unique chain position."""

    name = "audit sealer"
    gathers_s = 0.5

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._watch = registry.watch("audit_event")

    @property
    def is_resting(self) -> bool:
        """Nothing can have come up since the last look."""
        return self._watch.is_resting

    async def step(self) -> bool:
        """Seal one batch."""
        if self.is_resting:
            return False
        ticket = self._watch.ticket
        async with self._registry.transaction() as tx:
            sealed = await audit.seal_events(tx, SEAL_AT_ONCE)
        if sealed < SEAL_AT_ONCE:
            self._watch.rest(ticket)
        return sealed > 0

    async def next_due(self) -> datetime | None:
        """Woken by commits only."""
        return None
