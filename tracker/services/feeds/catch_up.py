"""What an adapter has missed of its list, out of the log of packets, or that a whole list serves it better.

What must not break: it goes to an instance that is registered now with the very key its certificate names,
and of its own agency's list only.
"""

from dataclasses import dataclass
from typing import Final

from schemas.catch_up import CHANGES_AT_ONCE
from schemas.certificates import Holder
from tracker.domain.ids import AgencyId, CourtId
from tracker.services.agencies.enrolment import admitted
from tracker.storage import feed_log, feeds
from tracker.storage.feeds import Feed
from tracker.storage.transaction import Tx

FEW_CHANGES: Final = 10_000
"""So many are always fetched as packets: that is done before a snapshot would be made."""
ENTRIES_PER_CHANGE: Final = 4
"""A change that is applied by itself takes as long as so many entries that are loaded in a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The changes of one feed past a sequence."""

    epoch: int
    incarnation: int
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotDue:
    """Packets do not lead on from there, or not as fast as a snapshot."""


async def packets_after(
    tx: Tx, court_id: CourtId, holder: Holder, wanted: Wanted
) -> tuple[bytes, ...] | SnapshotDue:
    """The next packets, oldest first; none when there is nothing newer. Raises NotAllowed, NotFound."""
    agency = await admitted(tx, court_id, holder)
    return await packets_of(tx, agency.agency_id, wanted)


async def packets_of(tx: Tx, agency_id: AgencyId, wanted: Wanted) -> tuple[bytes, ...] | SnapshotDue:
    """The same for an agency whose right to them is known. Raises NotFound."""
    feed = await feeds.find_generation(tx, agency_id, wanted.epoch, wanted.incarnation)
    if await needs_snapshot(tx, feed, wanted.after):
        return SnapshotDue()
    packets = await feed_log.list_packets(tx, feed.feed_id, wanted.after, CHANGES_AT_ONCE)
    return tuple(packet.envelope for packet in packets)


async def needs_snapshot(tx: Tx, feed: Feed, after: int) -> bool:
    """Whether a list that stands at `after` comes to the head by a snapshot only, or sooner by one. The one
    rule: a snapshot is used again for as long as it says no of the place where that stands.
    """
    missing = feed.head.sequence - after
    if missing <= 0:
        return False
    first = await feed_log.find_first_after(tx, feed.feed_id, after)
    if first is None or first > after + 1:
        return True
    return missing > max(FEW_CHANGES, feed.head.count // ENTRIES_PER_CHANGE)
