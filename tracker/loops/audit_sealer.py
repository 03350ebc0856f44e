"""Chains new audit events soon after they are committed, at the latest two seconds after."""

from tracker.loops.watching import WatchingLoop
from tracker.storage import audit

SEAL_AT_ONCE = 200


class AuditSealerLoop(WatchingLoop):
    """One at a time by the database: two sealers would meet at the unique chain position."""

    name = "audit sealer"
    tables = ("audit_event",)
    gathers_s = 0.5

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
