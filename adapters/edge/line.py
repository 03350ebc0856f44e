"""The line to the court: when it was last heard, and whether each feed is proven to be its list of now.

A heartbeat counts from the moment the court signed it, not from its arrival: one that lay in a queue for an
hour is an hour old. What must not break: a process that has only just started takes nothing for proven.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final, assert_never

import structlog

from adapters.replica.values import AlreadyApplied, Applied, Diverged, FeedKey, FeedState, Gap, PacketOutcome
from adapters.screening import HITS_END, FeedCondition, Trust, judge_heartbeat, trust_after
from schemas.messages import FeedHead

HEADS_KEPT: Final = 64
OVERTAKEN_FOR: Final = timedelta(seconds=30)
"""How much later than a packet a heartbeat may be signed that tells of the state before it: the clocks of two
machines of the court differ."""
HEARD_JUST_NOW_S: Final = 60.0

_log = structlog.get_logger(__name__)


class Line:
    """`was_proven`: whether a feed has been the court's list once; `is_closed`: by the court. `put_back`: the
    feeds that were found older than what the court was told of them, until they are proven.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        elapsed: Callable[[], float],
        feeds: Iterable[FeedKey],
        was_proven: Callable[[FeedKey], bool],
        *,
        is_closed: bool = False,
    ) -> None:
        self._now = now
        self._elapsed = elapsed
        self._was_proven = was_proven
        self._started = elapsed()
        self.put_back: set[FeedKey] = set()
        self.is_closed = is_closed
        self._heard: float | None = None
        self._arrived: tuple[float, float] | None = None
        self._in_force_from = 0
        self._conditions: dict[FeedKey, FeedCondition] = {}
        for feed in feeds:
            self._conditions[feed] = self.condition(feed)
        self._doubted: set[FeedKey] = set()
        self._newest: dict[FeedKey, datetime] = {}
        self._newest_head: dict[FeedKey, FeedHead] = {}
        self._passed: defaultdict[FeedKey, deque[FeedHead]] = defaultdict(lambda: deque(maxlen=HEADS_KEPT))
        self.heard_at: datetime | None = None

    @property
    def feeds(self) -> tuple[FeedKey, ...]:
        """The feeds to screen: the newest incarnation of each epoch, newest epoch first."""
        if self.is_closed:
            return ()
        newest = {feed.epoch: feed for feed in sorted(self._conditions)}
        return tuple(newest[epoch] for epoch in sorted(newest, reverse=True))

    @property
    def silence_s(self) -> float:
        """Seconds since the court was last heard; since the start, when it never was."""
        return self._elapsed() - (self._started if self._heard is None else self._heard)

    @property
    def age_at_arrival_s(self) -> float | None:
        """How old the court's latest heartbeat was when it came; below 0: signed in this machine's future.
        None when none has come for a minute.
        """
        if self._arrived is None or self._elapsed() - self._arrived[0] > HEARD_JUST_NOW_S:
            return None
        return self._arrived[1]

    @property
    def trust(self) -> Trust:
        return trust_after(self.silence_s)

    def close(self) -> None:
        """The court has closed the line: nothing is screened until the edge is opened with new keys."""
        self.is_closed = True
        _log.error("line-closed")

    def condition(self, feed: FeedKey) -> FeedCondition:
        if self.is_closed:
            return FeedCondition.CLOSED
        known = self._conditions.get(feed)
        if known is not None:
            return known
        return FeedCondition.UNPROVEN if self._was_proven(feed) else FeedCondition.FILLING

    def newest_sequence(self, feed: FeedKey) -> int:
        """The newest change that a heartbeat of the court's has told of; 0 before the first."""
        head = self._newest_head.get(feed)
        return 0 if head is None else head.sequence

    def begin_anew(self, feed: FeedKey) -> None:
        """Nothing of the feed is left here: it is fetched from its beginning."""
        self._doubted.discard(feed)
        self._passed.pop(feed, None)
        self._set(feed, FeedCondition.FILLING)

    def drop_before(self, epoch: int) -> None:
        """The court has ended the older epochs: their feeds are asked no more."""
        self._in_force_from = epoch
        self._conditions = {
            feed: condition for feed, condition in self._conditions.items() if feed.epoch >= epoch
        }

    def hear_damage(self, feed: FeedKey) -> None:
        """What lies in the replica is not what was written: nothing but a new beginning mends that."""
        self._doubted.add(feed)
        self._set(feed, FeedCondition.DIVERGED)

    def hear_put_back(self, feed: FeedKey) -> None:
        """An old copy lies there: it may show who was withdrawn since, so its hits wait for proof."""
        self.put_back.add(feed)
        self._set(feed, FeedCondition.FILLING)

    def is_overtaken(self, feed: FeedKey) -> bool:
        """Whether a newer incarnation of the epoch is known: the feed is a former life of the court's."""
        return any(
            known.epoch == feed.epoch and known.incarnation > feed.incarnation for known in self._conditions
        )

    def hear_heartbeat(self, feed: FeedKey, head: FeedHead, own: FeedState, signed_at: datetime) -> None:
        """Judge the feed by a head that the court signed, unless something newer of it was heard already."""
        self._hear(signed_at)
        newest = max(filter(None, (self._newest.get(feed), own.signed_at)), default=signed_at)
        if signed_at < newest:
            # Delivered twice, or overtaken: its head is rightly below what has been applied since.
            return
        if self._is_overlap(feed, head, own, signed_at):
            return
        self._newest[feed] = signed_at
        self._newest_head[feed] = head
        self._judge(feed, own)

    def hear_packet(self, feed: FeedKey, outcome: PacketOutcome) -> None:
        """A packet proves nothing, but one that cannot be applied says that the replica is not the list."""
        match outcome:
            case Gap():
                self._set(feed, FeedCondition.BEHIND if self._was_proven(feed) else FeedCondition.FILLING)
            case Diverged():
                self.hear_damage(feed)
            case Applied(state=own):
                self._passed[feed].append(own.head())
                self._catch_up(feed, own)
            case AlreadyApplied():
                self._set(feed, self.condition(feed))
            case _:
                assert_never(outcome)

    def _is_overlap(self, feed: FeedKey, head: FeedHead, own: FeedState, signed_at: datetime) -> bool:
        """Whether the heartbeat only tells of a state that the replica has just left with the next packet."""
        if own.signed_at is None or head.sequence >= own.sequence or head not in self._passed[feed]:
            return False
        return signed_at - own.signed_at <= OVERTAKEN_FOR

    def _catch_up(self, feed: FeedKey, own: FeedState) -> None:
        """Judge again by the newest head, which may have come before the packets that lead to it."""
        head = self._newest_head.get(feed)
        if head is not None and head.sequence >= own.sequence:
            self._judge(feed, own)
        else:
            self._set(feed, self.condition(feed))

    def _judge(self, feed: FeedKey, own: FeedState) -> None:
        condition = judge_heartbeat(own, self._newest_head[feed], was_proven=self._was_proven(feed))
        if condition is FeedCondition.PROVEN:
            self._passed[feed].append(own.head())
            self.put_back.discard(feed)
        self._set(feed, condition)

    def _hear(self, signed_at: datetime) -> None:
        age_s = (self._now() - signed_at).total_seconds()
        self._arrived = (self._elapsed(), age_s)
        spoken = self._elapsed() - max(0.0, age_s)
        self._heard = spoken if self._heard is None else max(self._heard, spoken)
        self.heard_at = signed_at if self.heard_at is None else max(self.heard_at, signed_at)

    def _set(self, feed: FeedKey, condition: FeedCondition) -> None:
        if feed.epoch < self._in_force_from:
            # What was on its way when the court ended it.
            return
        before = self._conditions.get(feed)
        if feed in self._doubted:
            condition = FeedCondition.DIVERGED
        self._conditions[feed] = condition
        if condition != before:
            level = _log.error if condition in HITS_END else _log.info
            level(
                "feed-condition",
                epoch=feed.epoch,
                incarnation=feed.incarnation,
                before=None if before is None else before.value,
                condition=condition.value,
            )
