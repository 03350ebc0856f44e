"""Works on the rows of one table once their time has come, each in a transaction of its own, or several that
are alike in one.

The claim is committed by itself, so that a row whose work fails unforeseen is put off and never lost, and
those beside and behind it go on.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Generic, TypeVar

import structlog

from tracker.domain.ids import LeaseToken
from tracker.domain.metering import Happening
from tracker.loops.watching import WatchingLoop
from tracker.storage.transaction import Tx

Row = TypeVar("Row")
_log = structlog.get_logger(__name__)


class RowLoop(WatchingLoop, ABC, Generic[Row]):
    """Several may run; each claims its own row."""

    name: ClassVar[str]
    failed: ClassVar[str]
    """The event that tells of a row whose work failed."""

    @abstractmethod
    async def next_at(self, tx: Tx) -> datetime | None:
        """When the earliest row that nobody works on is to be worked on."""

    @abstractmethod
    async def claim(self, tx: Tx, token: LeaseToken) -> Sequence[Row]:
        """Lease the earliest row whose time has come, and what is worked on with it."""

    @abstractmethod
    async def work(self, tx: Tx, rows: Sequence[Row], token: LeaseToken) -> None:
        """Do what claimed rows ask for."""

    @abstractmethod
    async def put_off(self, tx: Tx, row: Row, token: LeaseToken) -> None:
        """The work on a claimed row failed: it comes again later."""

    @abstractmethod
    def told(self, row: Row) -> dict[str, str]:
        """What the log may say of a row."""

    async def step(self) -> bool:
        """Work on the earliest row whose time has come."""
        if self.is_resting:
            return False
        ticket = self._watch.ticket
        due_at = await self._look()
        if due_at is None or due_at > self._registry.now():
            self._watch.rest(ticket, due_at)
            return False
        token = self._registry.new_lease()
        async with self._registry.transaction() as tx:
            rows = await self.claim(tx, token)
        if len(rows) > 1 and await self._worked_on_together(rows, token):
            return True
        for row in rows:
            await self._work_on(row, token)
        return bool(rows)

    async def _worked_on_together(self, rows: Sequence[Row], token: LeaseToken) -> bool:
        """False when one of them failed, whichever it was: nothing has happened then."""
        try:
            async with self._registry.transaction() as tx:
                await self.work(tx, rows, token)
        except Exception as error:
            _log.warning("rows-failed-together", loop=self.name, error=type(error).__name__)
            return False
        return True

    async def _work_on(self, row: Row, token: LeaseToken) -> None:
        try:
            async with self._registry.transaction() as tx:
                await self.work(tx, [row], token)
        except Exception as error:
            # The kind only: the error's own text may repeat what a row says of a person.
            _log.error(self.failed, **self.told(row), error=type(error).__name__)
            self._registry.meter.counted(Happening.LOOP_FAILURES, self.name)
            async with self._registry.transaction() as tx:
                await self.put_off(tx, row, token)

    async def next_due(self) -> datetime | None:
        """When the earliest row is to be worked on."""
        return self._watch.until if self._watch.is_resting else await self._look()

    async def _look(self) -> datetime | None:
        async with self._registry.reading() as tx:
            return await self.next_at(tx)
