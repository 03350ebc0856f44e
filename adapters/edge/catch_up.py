"""Fetches what the bus did not bring: the missing packets of a feed, all of it from its beginning, or, where
the court says so, a whole list at once.

What must not break: a fetched packet is believed for its signature alone, as one from the bus; a feed that
turned out to be another list than the court's is never mended in place, but begun anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from adapters.bus.backoff import Backoff, next_backoff
from adapters.bus.port import Later, Refused
from adapters.disk import DiskRefuses
from adapters.edge.carried_log import CarriedLog
from adapters.edge.disk import Written
from adapters.edge.feed import ON_THE_FEED, FeedTaker
from adapters.edge.parts import EdgeParts
from adapters.edge.reports import Reporter
from adapters.edge.settings import AskByMessage, ListOnItsWay, LogAway, SnapshotDue
from adapters.edge.snapshots import SnapshotTaker
from adapters.replica.disk import on_the_disk
from adapters.replica.values import FeedKey
from adapters.screening import FeedCondition
from schemas.messages import ListWanted
from schemas.refused import RefusedKind

ASKS_AFTER: Final = timedelta(minutes=1)
"""By message, once nothing more comes on."""
ASKS_AGAIN_AFTER: Final = timedelta(hours=6)
"""For the same changes: an answer takes two carryings, and none is lost on its way."""
MENDED: Final = frozenset({FeedCondition.BEHIND, FeedCondition.FILLING, FeedCondition.DIVERGED})

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Standing:
    """Where a list stands still, and when the court is asked for what follows."""

    at: int
    asks_at: datetime


class CatchUp:
    def __init__(self, parts: EdgeParts, taker: FeedTaker, reporter: Reporter) -> None:
        self.name: Final = f"catch-up.{parts.settings.name}"
        self._parts = parts
        self._taker = taker
        self.snapshots = SnapshotTaker(parts, taker, reporter)
        self._backoff: Backoff | None = None
        self._standing: dict[FeedKey, _Standing] = {}
        self._is_done = False

    @property
    def is_resting(self) -> bool:
        """Nothing is missing, and no room is to be given back."""
        line = self._parts.line
        return self._is_done and not any(line.condition(feed) in MENDED for feed in line.feeds)

    async def step(self) -> bool:
        """Fetch an answer's worth for each feed; False when nothing is missing, or nothing can be had yet."""
        line, replica = self._parts.line, self._parts.replica
        # The oldest first: it tells of everybody.
        feeds = reversed(line.feeds)
        unlike = [feed for feed in feeds if line.condition(feed) in MENDED and replica.can_read(feed)]
        if isinstance(self._parts.ports.log, CarriedLog):
            # By message one list comes at a time.
            unlike = unlike[:1]
        if unlike and self._is_resting():
            return False
        self._is_done = False
        await self.snapshots.give_up_all_but(unlike)
        came_on = [await self._fetch(feed) for feed in unlike]
        if not unlike:
            self._backoff = None
            self._parts.disk.take(Written.LIST)
            await self._drop_snapshot()
        elif not any(came_on):
            # Coming on does not end it: a log that leads astray far from its beginning does so each time.
            self._backoff = next_backoff(self._backoff, self._parts.ports.now(), "nothing came on")
        return any(came_on)

    def _is_resting(self) -> bool:
        return self._backoff is not None and self._backoff.lasts(self._parts.ports.now())

    async def next_due(self) -> datetime | None:
        return None if self._backoff is None else self._backoff.until

    async def _drop_snapshot(self) -> None:
        conditions = set(map(self._parts.line.condition, self._parts.line.feeds))
        if conditions == {FeedCondition.PROVEN}:
            await self.snapshots.drop()
            if isinstance(self._parts.ports.log, CarriedLog):
                self._parts.ports.log.forget()
            self._is_done = True

    async def _fetch(self, feed: FeedKey) -> bool:
        """Whether the feed has come on, so that it is worth asking again at once."""
        is_anew = self._parts.line.condition(feed) is FeedCondition.DIVERGED
        before = 0 if is_anew else self._parts.replica.state(feed).sequence
        try:
            if self.snapshots.is_taking(feed):
                return await self.snapshots.come_on(feed)
            packets = await self._parts.ports.log.packets_after(feed, before)
            if isinstance(packets, SnapshotDue):
                return await self.snapshots.come_on(feed)
            if isinstance(packets, AskByMessage):
                await self._ask_by_message(feed, before)
                return False
        except ListOnItsWay:
            await self._ask_by_message(feed, before)
            return False
        except LogAway as away:
            _log.warning("catch-up-waits", edge=self._parts.settings.name, why=str(away))
            return False
        return await self._take_fetched(feed, packets, before)

    async def _take_fetched(self, feed: FeedKey, packets: Sequence[bytes], before: int) -> bool:
        is_anew = self._parts.line.condition(feed) is FeedCondition.DIVERGED
        try:
            with on_the_disk():
                if is_anew and packets:
                    await self._begin_anew(feed)
                await self._take_all(feed, packets)
        except DiskRefuses as refused:
            self.snapshots.say_trouble(str(refused))
            return False
        # What leads to another list than the court has signed, leads there the next time as well.
        now = self._parts.replica.state(feed).sequence
        if now != before:
            self._parts.disk.take(Written.LIST)
        return now != before and self._parts.line.condition(feed) is not FeedCondition.DIVERGED

    async def _ask_by_message(self, feed: FeedKey, before: int) -> None:
        """Once the list stands still; what comes is taken as anything on the feed."""
        try:
            with on_the_disk():
                if self._parts.line.condition(feed) is FeedCondition.DIVERGED:
                    await self._begin_anew(feed)
        except DiskRefuses as refused:
            self.snapshots.say_trouble(str(refused))
            return
        now = self._parts.ports.now()
        standing = self._standing.get(feed)
        if standing is None or standing.at != before:
            # What is being carried just now may bring it.
            standing = _Standing(at=before, asks_at=now + ASKS_AFTER)
        is_due = now >= standing.asks_at
        self._standing[feed] = replace(standing, asks_at=now + ASKS_AGAIN_AFTER) if is_due else standing
        if not is_due:
            return
        async with self._parts.database.transaction() as tx:
            await self._parts.envelopes.report(tx, ListWanted(after=before), feed)
        _log.info("list-asked-for", edge=self._parts.settings.name, epoch=feed.epoch, sequence=before)

    async def _take_all(self, feed: FeedKey, packets: Sequence[bytes]) -> None:
        for raw in packets:
            if not await self._take(feed, raw):
                break
        _log.info(
            "caught-up",
            edge=self._parts.settings.name,
            epoch=feed.epoch,
            sequence=self._parts.replica.state(feed).sequence,
            messages=len(packets),
        )

    async def _begin_anew(self, feed: FeedKey) -> None:
        await self._parts.replica.forget(feed)
        self._parts.line.begin_anew(feed)
        _log.warning("list-begun-anew", edge=self._parts.settings.name, epoch=feed.epoch)

    async def _take(self, feed: FeedKey, raw: bytes) -> bool:
        read = self._parts.envelopes.read_signed(raw, ON_THE_FEED)
        if isinstance(read, Refused | Later):
            _log.error("fetched-packet-refused", edge=self._parts.settings.name, reason=read.reason)
            return False
        if read.feed != feed:
            self._parts.refusals.note(RefusedKind.OTHER_LIST)
            _log.error("fetched-packet-refused", edge=self._parts.settings.name, reason="of another feed")
            return False
        await self._taker.take(read)
        return self._parts.replica.state(feed).sequence >= read.body.head.sequence
