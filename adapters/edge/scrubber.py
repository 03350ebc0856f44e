"""Recounts the replica bit by bit, all day: what nobody asks about must not rot unseen.

One of the 256 parts of each feed at a time, and then a rest of twenty times as long as that took.
"""

from datetime import datetime, timedelta
from typing import Final

import structlog

from adapters.edge.parts import EdgeParts
from adapters.replica.codec import BUCKETS
from adapters.replica.values import FeedKey
from adapters.screening import HITS_END

EVERY_S: Final = 2.0
"""Between two parts at least; a small list is gone through in nine minutes."""
RESTS: Final = 20

_log = structlog.get_logger(__name__)


def rest_s(took_s: float) -> float:
    """How long it rests after a part that took so long."""
    return max(EVERY_S, RESTS * took_s)


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
        """Recount the next part of every feed, when the rest is over."""
        began_s = self._parts.ports.elapsed()
        if began_s < self._resume_s:
            return False
        bucket, self._bucket = self._bucket, (self._bucket + 1) % BUCKETS
        for feed in self._parts.line.feeds:
            await self._recount(feed, bucket)
        ended_s = self._parts.ports.elapsed()
        self._resume_s = ended_s + rest_s(ended_s - began_s)
        return True

    async def next_due(self) -> datetime | None:
        return self._parts.ports.now() + timedelta(seconds=self._resume_s - self._parts.ports.elapsed())

    async def _recount(self, feed: FeedKey, bucket: int) -> None:
        parts = self._parts
        if not parts.replica.can_read(feed) or parts.line.condition(feed) in HITS_END:
            return
        if await parts.replica.is_whole(feed, bucket):
            return
        _log.error(
            "replica-damaged",
            edge=parts.settings.name,
            epoch=feed.epoch,
            incarnation=feed.incarnation,
            what="a part of the list is not what was written: it is fetched anew; look at the disk",
        )
        parts.line.hear_damage(feed)
        parts.changes.tell()
