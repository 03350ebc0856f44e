"""Looks through the kept journeys for whoever was listed just now, and keeps the window in order.

What must not break: nobody who came onto the list is passed over, whether a start, a whole list or a new
epoch came between; a kept use is screened once more before it is reported.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

import structlog

from adapters.edge.card_use import CardUse, Hit, NotScreened
from adapters.edge.hits import HitSpool
from adapters.edge.lookout import Lookout
from adapters.edge.parts import EdgeParts
from adapters.late.journeys import still_held
from adapters.late.kept_uses import AT_ONCE, KeptUses
from adapters.replica.codec import BUCKETS
from adapters.replica.values import FeedKey
from adapters.store.hits import list_recorded

MOST_WAITING: Final = 1_000
"""Packets whose tokens are kept in mind while nothing can be looked up; beyond, all of the list is gone
through.
"""
SWEEPS_EVERY: Final = timedelta(minutes=10)

_log = structlog.get_logger(__name__)


class LookBack:
    is_periodic = True
    is_resting = False
    """It looks by itself, with every word, whether anything is to be done."""

    def __init__(self, parts: EdgeParts, kept: KeptUses, lookout: Lookout, hits: HitSpool) -> None:
        self.name: Final = f"look-back.{parts.settings.name}"
        self._parts = parts
        self._kept = kept
        self._lookout = lookout
        self._hits = hits
        self._listed: deque[tuple[int, Sequence[bytes]]] = deque()
        self._parts_left: deque[tuple[FeedKey, int]] = deque()
        self._is_begun = False
        self._is_carrying = False
        self._sweeps_at = parts.ports.now()
        parts.newcomers.listen(self._hear)

    async def step(self) -> bool:
        """One part of what there is to do; False: there is nothing, or the list is not the court's now."""
        if self._parts.line.is_closed:
            return False
        if await self._tidy():
            return True
        if not self._lookout.may_release():
            return False
        if not self._is_begun:
            # What came just before the last life ended may not have been looked up.
            self._is_begun = True
            self._begin_whole_lists()
        return await self._look()

    async def next_due(self) -> datetime | None:
        return self._sweeps_at

    def _hear(self, feed: FeedKey, tokens: Sequence[bytes] | None) -> None:
        if not self._is_begun:
            # The whole of every list is still to be gone through.
            return
        if tokens is None:
            self._begin_whole_list(feed)
        else:
            self._listed.append((feed.epoch, tokens))
        if len(self._listed) > MOST_WAITING:
            self._listed.clear()
            self._is_begun = False
        self._parts.changes.wake()

    def _begin_whole_lists(self) -> None:
        self._parts_left.clear()
        for feed in self._parts.line.feeds:
            self._begin_whole_list(feed)

    def _begin_whole_list(self, feed: FeedKey) -> None:
        self._parts_left.extend((feed, bucket) for bucket in range(BUCKETS))

    async def _tidy(self) -> bool:
        if await self._kept.carry_some():
            self._is_carrying = True
            return True
        if self._is_carrying:
            # Whoever was listed under the new epoch before their journey was carried there.
            self._is_carrying = False
            self._begin_whole_lists()
        return await self._kept.drop_some() or await self._sweep()

    async def _sweep(self) -> bool:
        at = self._parts.ports.now()
        if at < self._sweeps_at:
            return False
        if await self._kept.sweep():
            return True
        self._sweeps_at = at + SWEEPS_EVERY
        return False

    async def _look(self) -> bool:
        """For those who were listed by a packet first; what could not be done stays to be done."""
        if self._listed:
            epoch, tokens = listed = self._listed.popleft()
            is_done = False
            try:
                is_done = await self._look_up(epoch, tokens)
            finally:
                if not is_done:
                    self._listed.appendleft(listed)
            return is_done
        await self._skip_where_nothing_is_kept()
        if not self._parts_left:
            return False
        feed, bucket = self._parts_left[0]
        is_done = await self._look_up(feed.epoch, await self._tokens_in(feed, bucket))
        if is_done:
            self._parts_left.popleft()
        return is_done

    async def _skip_where_nothing_is_kept(self) -> None:
        # Those only that were there before the question: what was kept since is nobody's of them.
        waiting = len(self._parts_left)
        if waiting and await self._kept.is_empty():
            for _ in range(waiting):
                self._parts_left.popleft()

    async def _tokens_in(self, feed: FeedKey, bucket: int) -> Sequence[bytes]:
        replica = self._parts.replica
        is_there = feed in self._parts.line.feeds and replica.can_read(feed)
        return await replica.tokens_in(feed, bucket) if is_there else ()

    async def _look_up(self, epoch: int, tokens: Sequence[bytes]) -> bool:
        """False where a hit could not be kept: it is looked up again."""
        rest: Iterator[bytes] = iter(tokens)
        while some := list(islice(rest, AT_ONCE)):
            for uses in await self._kept.find(epoch, some):
                if not await self._report(still_held(uses)):
                    return False
        return True

    async def _report(self, uses: Sequence[CardUse]) -> bool:
        async with self._parts.database.reading() as tx:
            recorded = await list_recorded(tx, [use.event_id for use in uses])
        new = [use for use in uses if use.event_id not in recorded]
        answers = [await self._hits.screen(use) for use in new]
        hits = sum(isinstance(answer, Hit) for answer in answers)
        if hits:
            _log.info("kept-journeys-found", edge=self._parts.settings.name, hits=hits)
        return not any(isinstance(answer, NotScreened) for answer in answers)
