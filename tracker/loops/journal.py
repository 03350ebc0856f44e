"""Writes the withdrawal journal behind the commits.

What must not break: a disk that is full, away or hangs delays no withdrawal; it is said plainly, and what
waits for it is written once it can be.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, TypeVar

import structlog

from tracker.domain.ids import CourtId
from tracker.domain.journal import BEFORE_ALL
from tracker.domain.metering import Happening
from tracker.services.feeds.journal import JournalFile
from tracker.storage import journal
from tracker.storage.registry import Registry

LINES_AT_ONCE: Final = 500
WRITTEN_WITHIN_S: Final = 10.0
TRIED_AGAIN_AFTER: Final = timedelta(seconds=10)
AHEAD: Final = "it is ahead of the database, which was restored: stop, and run `tracker restored`"
REMEDY: Final = "mount TRACKER_JOURNAL and make room there"
HANGS: Final = f"its disk does not answer: {REMEDY}"
R = TypeVar("R")
_log = structlog.get_logger(__name__)


class JournalAway(Exception):
    """Why the journal cannot be written just now, and the remedy."""


class JournalLoop:
    """Not leased: each process keeps a whole journal of its own, so that none waits for another's disk."""

    name = "withdrawal journal"

    def __init__(self, registry: Registry, file: JournalFile, court_id: CourtId) -> None:
        self._registry = registry
        self._file = file
        self._court_id = court_id
        self._watch = registry.watch("journal_line")
        self._resume_at: datetime | None = None
        self.trouble: str | None = None
        """Why it is not written just now."""

    @property
    def is_resting(self) -> bool:
        """Nothing can have come up since the last look, or the disk is left alone for a while."""
        is_put_off = self._resume_at is not None and self._registry.now() < self._resume_at
        return is_put_off or self._watch.is_resting

    async def step(self) -> bool:
        """Give places to what has committed, and write what the file lacks; False when it lacks nothing, or
        cannot be written.
        """
        if self.is_resting:
            return False
        ticket = self._watch.ticket
        await self._give_places()
        try:
            wrote = await self._write()
        except JournalAway as away:
            self._put_off(str(away))
            return False
        self._resume_at = self.trouble = None
        if not wrote:
            self._watch.rest(ticket)
        return wrote

    async def next_due(self) -> datetime | None:
        """Woken by commits, or when the disk is tried again."""
        return self._resume_at

    async def _give_places(self) -> None:
        async with self._registry.reading() as tx:
            if not await journal.has_line_without_place(tx, self._court_id):
                return
        async with self._registry.transaction() as tx:
            await journal.give_places(tx, self._court_id, LINES_AT_ONCE)

    async def _write(self) -> bool:
        newest = await self._at_the_disk(self._file.look)
        async with self._registry.reading() as tx:
            if newest is not None and not await journal.list_known(tx, [newest.line_id]):
                raise JournalAway(AHEAD)
            place = BEFORE_ALL if newest is None else newest.place
            lines = await journal.list_lines_after(tx, self._court_id, place, LINES_AT_ONCE)
        if lines:
            await self._at_the_disk(lambda: self._file.append(lines))
        return bool(lines)

    async def _at_the_disk(self, work: Callable[[], R]) -> R:
        if self._file.is_waiting:
            raise JournalAway(HANGS)
        try:
            async with asyncio.timeout(WRITTEN_WITHIN_S):
                return await asyncio.to_thread(work)
        except TimeoutError:
            raise JournalAway(HANGS) from None
        except OSError as failure:
            raise JournalAway(f"it cannot be written ({failure.strerror}): {REMEDY}") from None

    def _put_off(self, why: str) -> None:
        if self.trouble != why:
            _log.error("journal-not-written", reason=why)
        self.trouble = why
        self._resume_at = self._registry.now() + TRIED_AGAIN_AFTER
        self._registry.meter.counted(Happening.LOOP_FAILURES, self.name)
