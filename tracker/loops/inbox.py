"""Works on what webhooks left in the inbox, one row in one transaction, after their answer was given."""

from datetime import datetime

from tracker.domain.ids import LeaseToken
from tracker.services.inbox import work_on
from tracker.storage import inbox
from tracker.storage.registry import Registry


class InboxLoop:
    """Several may run; each claims its own row."""

    name = "inbox"

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    async def step(self) -> bool:
        """Take the oldest waiting row."""
        async with self._registry.reading() as tx:
            if not await inbox.is_anything_waiting(tx):
                return False
        token = LeaseToken(self._registry.entropy.new_id())
        async with self._registry.transaction() as tx:
            waiting = await inbox.claim_waiting(tx, token)
            if waiting is None:
                return False
            await work_on(tx, waiting, token)
        return True

    async def next_due(self) -> datetime | None:
        """Woken by commits only."""
        return None
