"""Does what time brings, one due row in one transaction."""

from datetime import datetime

from tracker.domain.ids import LeaseToken
from tracker.services.due_work import do_due_work
from tracker.storage import due_work
from tracker.storage.registry import Registry


class DueWorkLoop:
    """Several may run; each claims its own row."""

    name = "due work"

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    async def step(self) -> bool:
        """Do the earliest row whose time has come."""
        due_at = await self.next_due()
        if due_at is None or due_at > self._registry.now():
            return False
        token = LeaseToken(self._registry.entropy.new_id())
        async with self._registry.transaction() as tx:
            due = await due_work.claim_due(tx, token)
            if due is None:
                return False
            await due_work.record_done(tx, due.due_id)
            await do_due_work(tx, due)
        return True

    async def next_due(self) -> datetime | None:
        """When the earliest row is due."""
        async with self._registry.reading() as tx:
            return await due_work.next_due_at(tx)
