"""Works on what webhooks left in the inbox, after their answer was given.

The claim is committed by itself, so that a row whose work fails unforeseen is put off and never lost: others
go on, and the row comes again until it has failed too often.
"""

from datetime import datetime

import structlog

from tracker.domain.ids import LeaseToken
from tracker.domain.metering import Happening
from tracker.services.inbox import put_off, work_on
from tracker.storage import inbox
from tracker.storage.inbox import Waiting
from tracker.storage.registry import Registry

_log = structlog.get_logger(__name__)


class InboxLoop:
    """Several may run; each claims its own row."""

    name = "inbox"

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._watch = registry.watch("inbox")

    async def step(self) -> bool:
        """Take the oldest waiting row."""
        if self._watch.is_resting:
            return False
        ticket = self._watch.ticket
        due_at = await self._look()
        if due_at is None or due_at > self._registry.now():
            self._watch.rest(ticket, due_at)
            return False
        token = self._registry.new_lease()
        async with self._registry.transaction() as tx:
            waiting = await inbox.claim_waiting(tx, token)
        if waiting is None:
            return False
        await self._work_on(waiting, token)
        return True

    async def _work_on(self, waiting: Waiting, token: LeaseToken) -> None:
        try:
            async with self._registry.transaction() as tx:
                await work_on(tx, waiting, token)
        except Exception as error:
            # The kind only: the error's own text may repeat what the message says of a person.
            _log.error("inbox-row-failed", row=waiting.row_id, error=type(error).__name__)
            self._registry.meter.counted(Happening.LOOP_FAILURES, self.name)
            async with self._registry.transaction() as tx:
                await put_off(tx, waiting, token)

    async def next_due(self) -> datetime | None:
        """When a row waits to be worked on: at once, or later after it failed."""
        return self._watch.until if self._watch.is_resting else await self._look()

    async def _look(self) -> datetime | None:
        async with self._registry.reading() as tx:
            return await inbox.next_waiting_at(tx)
