"""Recounts the replica bit by bit, all day: what nobody asks about must not rot unseen.

One of the 256 parts of each feed at a time, and the next after twenty-two times as long as that kept the
processor busy, whatever else the machine is doing: so a pass takes a twentieth of a core at most, and ten
minutes of a list of ten million.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Final

import structlog

from adapters.edge.parts import EdgeParts
from adapters.replica.codec import BUCKETS
from adapters.replica.values import FeedKey
from adapters.screening import HITS_END

EVERY_S: Final = 2.0
"""From one part to the next at least; a small list is gone through in nine minutes."""
ONE_IN: Final = 22

_log = structlog.get_logger(__name__)


def turn_s(worked_s: float) -> float:
    """From the beginning of a part to that of the next, when it took so much of a processor."""
    return max(EVERY_S, ONE_IN * worked_s)


class Scrubber:
    is_periodic = True
    is_resting = True
    """No commit makes a part due."""

    def __init__(self, parts: EdgeParts) -> None:
        self.name: Final = f"scrubber.{parts.settings.name}"
        self._parts = parts
        self._bucket = 0
        self._resume_s = parts.ports.elapsed() + EVERY_S

    async def step(self) -> bool:
        """Recount the next part of every feed, when it is its turn."""
        began_s = self._parts.ports.elapsed()
        if began_s < self._resume_s:
            return False
        bucket, self._bucket = self._bucket, (self._bucket + 1) % BUCKETS
        worked_s = [await self._recount(feed, bucket) for feed in self._parts.line.feeds]
        self._resume_s = began_s + turn_s(sum(worked_s))
        return True

    async def next_due(self) -> datetime | None:
        return self._parts.ports.now() + timedelta(seconds=self._resume_s - self._parts.ports.elapsed())

    async def _recount(self, feed: FeedKey, bucket: int) -> float:
        """How much of a processor it took."""
        parts = self._parts
        if not parts.replica.can_read(feed) or parts.line.condition(feed) in HITS_END:
            return 0.0
        is_whole, worked_s = await asyncio.to_thread(self._is_whole, feed, bucket)
        if not is_whole:
            self._tell_of_damage(feed)
        return worked_s

    def _is_whole(self, feed: FeedKey, bucket: int) -> tuple[bool, float]:
        worked = self._parts.ports.worked
        began_s = worked()
        return self._parts.replica.is_whole(feed, bucket), worked() - began_s

    def _tell_of_damage(self, feed: FeedKey) -> None:
        parts = self._parts
        _log.error(
            "replica-damaged",
            edge=parts.settings.name,
            epoch=feed.epoch,
            incarnation=feed.incarnation,
            what="a part of the list is not what was written: it is fetched anew; look at the disk",
        )
        parts.line.hear_damage(feed)
        parts.changes.tell()
