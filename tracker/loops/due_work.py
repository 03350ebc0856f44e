"""Does what time brings, one due row in one transaction.

The claim is committed by itself, so that a row whose work fails unforeseen is put off and never lost, and
those behind it go on.
"""

from datetime import datetime

import structlog

from tracker.domain.due import DueWork
from tracker.domain.ids import LeaseToken
from tracker.domain.metering import Happening
from tracker.services.due_work import do_due_work
from tracker.storage import due_work
from tracker.storage.registry import Registry

_log = structlog.get_logger(__name__)


class DueWorkLoop:
    """Several may run; each claims its own row."""

    name = "due work"

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._watch = registry.watch("due_work")

    async def step(self) -> bool:
        """Do the earliest row whose time has come."""
        if self._watch.is_resting:
            return False
        ticket = self._watch.ticket
        due_at = await self._look()
        if due_at is None or due_at > self._registry.now():
            self._watch.rest(ticket, due_at)
            return False
        token = self._registry.new_lease()
        async with self._registry.transaction() as tx:
            due = await due_work.claim_due(tx, token)
        if due is None:
            return False
        await self._do(due, token)
        return True

    async def _do(self, due: DueWork, token: LeaseToken) -> None:
        try:
            async with self._registry.transaction() as tx:
                await do_due_work(tx, due, token)
        except Exception as error:
            # The kind only: the error's own text may repeat what a row says of a person.
            _log.error("due-row-failed", row=due.due_id, kind=due.kind, error=type(error).__name__)
            self._registry.meter.counted(Happening.LOOP_FAILURES, self.name)
            async with self._registry.transaction() as tx:
                await due_work.postpone(tx, due.due_id, token)

    async def next_due(self) -> datetime | None:
        """When the earliest row is due."""
        return self._watch.until if self._watch.is_resting else await self._look()

    async def _look(self) -> datetime | None:
        async with self._registry.reading() as tx:
            return await due_work.next_due_at(tx)
