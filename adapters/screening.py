"""Whether a card use hits, and how far the replica may be trusted: pure, no I/O, no clock.

Directions of failure: an entry dies at the end of its last day though nobody says so; a withdrawn entry hides
whatever the feed still holds; a court not heard of stops the stops first (a citizen is not held on old news)
and the hits a day later (a list that old is no list). Doubt never turns into a hit, nor into a stop.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum
from typing import Final, Protocol

from adapters.replica.values import Entry, FeedKey, FeedState
from schemas.messages import FeedHead

STOPS_END_AFTER_S: Final = 5 * 60
HITS_END_AFTER_S: Final = 24 * 60 * 60
CLOCKS_DIFFER_S: Final = 30.0
"""A word that comes from further in the future than this comes from a clock that is wrong, or to one."""

# A fixed offset on purpose: China has kept no summer time since 1991, and an agency's machine may have no
# time zone data.
COURT_TIME: Final = timezone(timedelta(hours=8), "Asia/Shanghai")


class ReplicaView(Protocol):
    """What screening asks of a replica."""

    def references(self, feed: FeedKey, token: bytes) -> tuple[int, ...]: ...
    def entry(self, feed: FeedKey, reference: int) -> Entry | None: ...
    def gone_up_to(self, reference: int) -> int: ...


class Trust(StrEnum):
    """What may be done while the court is silent."""

    FULL = "full"
    NO_STOPS = "no-stops"
    NO_HITS = "no-hits"


class FeedCondition(StrEnum):
    """What the edge knows of one feed of its replica."""

    UNPROVEN = "unproven"  # no signed heartbeat at the cursor's head since the start
    PROVEN = "proven"
    FILLING = "filling"  # never proven yet, and fetched from its beginning
    BEHIND = "behind"  # changes are missing
    DIVERGED = "diverged"  # same sequence, another content
    RAN_BACK = "ran-back"  # the court's signed head is below what this edge has applied
    CLOSED = "closed"  # the court has closed the line, and the list is removed


HITS_COUNT: Final = frozenset({FeedCondition.PROVEN, FeedCondition.BEHIND})
"""Conditions in which a hit is reported at once. The court checks again before it tells anybody; a missing
packet ends the stops, but must not silence an agency. In the others but `HITS_END` a hit waits for proof."""

HITS_END: Final = frozenset({FeedCondition.DIVERGED, FeedCondition.RAN_BACK, FeedCondition.CLOSED})
"""Conditions in which the feed is not asked at all: what it says cannot be the court's list."""


CANNOT_SAY: Final = (FeedCondition.CLOSED, FeedCondition.DIVERGED, FeedCondition.FILLING)
"""Conditions of a list that does not tell who is gone from it by not having them."""


def court_day(at: datetime) -> date:
    return at.astimezone(COURT_TIME).date()


def trust_after(silence_s: float) -> Trust:
    """What is left of the trust so many seconds after the court was last heard."""
    if silence_s >= HITS_END_AFTER_S:
        return Trust.NO_HITS
    if silence_s >= STOPS_END_AFTER_S:
        return Trust.NO_STOPS
    return Trust.FULL


def judge_heartbeat(own: FeedState, head: FeedHead, *, was_proven: bool) -> FeedCondition:
    """Compare the replica with the head that the court signed. `was_proven`: it has been that list once; on
    the way there it shows entries that were withdrawn long ago.
    """
    if head.sequence > own.sequence:
        return FeedCondition.BEHIND if was_proven else FeedCondition.FILLING
    if head.sequence < own.sequence:
        return FeedCondition.RAN_BACK
    return FeedCondition.PROVEN if own.agrees_with(head) else FeedCondition.DIVERGED


def visible_entry(view: ReplicaView, feed: FeedKey, reference: int, at: datetime) -> Entry | None:
    """The entry in force under a reference: listed, not expired, not withdrawn by the express lane."""
    entry = view.entry(feed, reference)
    if entry is None or court_day(at) > entry.valid_until or entry.version <= view.gone_up_to(reference):
        return None
    return entry


def find_entry(
    view: ReplicaView, feeds: Iterable[FeedKey], reference: int, at: datetime
) -> tuple[FeedKey, Entry] | None:
    """The feed and entry in force under a reference, which belongs to one feed only."""
    for feed in feeds:
        entry = visible_entry(view, feed, reference, at)
        if entry is not None:
            return feed, entry
    return None


def screen(
    tokens: Mapping[FeedKey, bytes], view: ReplicaView, at: datetime
) -> dict[FeedKey, tuple[int, ...]]:
    """References in force that a document hits, by feed; `tokens` holds the document's token in each feed."""
    found = {
        feed: tuple(
            reference
            for reference in view.references(feed, token)
            if visible_entry(view, feed, reference, at) is not None
        )
        for feed, token in tokens.items()
    }
    return {feed: references for feed, references in found.items() if references}
