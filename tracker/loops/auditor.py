"""Looks whether any work of the court is late, and lets people be told.

What must not break: it believes no single look. A clock that jumps, or a process that slept, makes everything
late for the moment that its loops need to catch up.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from tracker.domain.ids import CourtId
from tracker.domain.lateness import Work
from tracker.services.proof.lateness import list_late
from tracker.services.proof.lateness_notices import is_word_due, tell_of_lateness
from tracker.storage.registry import Registry

LOOKS_EVERY_S: Final = 10.0


class AuditorLoop:
    """Looks every ten seconds of the elapsed clock; several may run."""

    name = "auditor"
    is_periodic = True

    def __init__(self, registry: Registry, court_id: CourtId, elapsed: Callable[[], float]) -> None:
        self._registry = registry
        self._court_id = court_id
        self._elapsed = elapsed
        self._looked_at_s = elapsed()
        self._formerly_late: frozenset[Work] = frozenset()

    async def step(self) -> bool:
        """Look when it is time."""
        if self._elapsed() - self._looked_at_s < LOOKS_EVERY_S:
            return False
        self._looked_at_s = self._elapsed()
        async with self._registry.reading() as tx:
            late = {one.what: one.since for one in await list_late(tx)}
            seen = {work: late.get(work) for work in Work if work not in late or work in self._formerly_late}
            has_news = await is_word_due(tx, self._court_id, seen)
        self._formerly_late = frozenset(late)
        if has_news:
            async with self._registry.transaction() as tx:
                await tell_of_lateness(tx, self._court_id, seen)
        return False

    async def next_due(self) -> datetime | None:
        """Ten seconds after the last look."""
        return self._registry.now() + timedelta(seconds=LOOKS_EVERY_S - (self._elapsed() - self._looked_at_s))
