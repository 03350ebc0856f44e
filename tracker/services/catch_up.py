"""What an adapter has missed of its list, out of the log of packets.

What must not break: it goes to an instance that is registered now with the very key its certificate names,
and of its own agency's list only.
"""

from dataclasses import dataclass

from schemas.catch_up import CHANGES_AT_ONCE
from schemas.certificates import Holder
from tracker.domain.ids import AgencyId, CourtId
from tracker.services.enrolment import admitted
from tracker.storage import feeds
from tracker.storage.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The changes of one feed past a sequence."""

    epoch: int
    incarnation: int
    after: int


async def packets_after(tx: Tx, court_id: CourtId, holder: Holder, wanted: Wanted) -> tuple[bytes, ...]:
    """The next packets, oldest first; none when there is nothing newer. Raises NotAllowed, NotFound."""
    agency = await admitted(tx, court_id, holder)
    return await packets_of(tx, agency.agency_id, wanted)


async def packets_of(tx: Tx, agency_id: AgencyId, wanted: Wanted) -> tuple[bytes, ...]:
    """The same for an agency whose right to them is known. Raises NotFound."""
    feed = await feeds.find_generation(tx, agency_id, wanted.epoch, wanted.incarnation)
    packets = await feeds.list_packets(tx, feed.feed_id, wanted.after, CHANGES_AT_ONCE)
    return tuple(packet.envelope for packet in packets)
