"""How the line to each agency stands: what its feed says, what its adapters hold, and what came back last."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from schemas.carryings import Carryings, next_carrying
from schemas.messages import FeedHead
from schemas.refused import LATELY, RefusedLately, refused_since
from tracker.domain.ids import CourtId
from tracker.services.lines.epoch_rolls import RollStatus, find_roll_status
from tracker.services.lines.refused_messages import list_refusals_since
from tracker.storage import agencies, feeds, instructions, sightings
from tracker.storage.agencies import Agency
from tracker.storage.feeds import Feed
from tracker.storage.instructions import Withdrawn
from tracker.storage.refusals import Refusal
from tracker.storage.transaction import Tx

NOTHING_HEARD: Final = FeedHead(sequence=0, count=0, digest="0" * 64)
WITHDRAWALS_SHOWN: Final = 3
REFUSALS_OF: Final = timedelta(days=1)
REFUSALS_SHOWN: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """When letters were last carried one way, and when they are about to be again, by the rhythm seen so far;
    None where there is none yet.
    """

    at: datetime
    next_about: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceStatus:
    """What one adapter says its replica holds, beside the head of the feed; when its canary last came back,
    and since when its line is silent, if it is. What is equal is so since `heard_at`: every change has its
    receipt. `closed_at`: since when the court has closed the line to it, `emptied_at`: when it said that its
    list is removed. `carryings`: of an adapter that is reached by folder, None for the others.
    `list_percent`: how much has come there of a whole list that is on its way; None where none is.
    `refused`: what it took nothing of within a day, of all that came to it in the court's name.
    """

    name: str
    replica: FeedHead
    head: FeedHead
    heard_at: datetime | None
    canary_at: datetime | None
    silent_since: datetime | None
    closed_at: datetime | None
    emptied_at: datetime | None
    carryings: Carryings | None = None
    list_percent: int | None = None
    refused: tuple[RefusedLately, ...] = ()

    @property
    def is_by_folder(self) -> bool:
        return self.carryings is not None

    @property
    def carried_there(self) -> Carried | None:
        """What the court wrote, as the adapter has said; None while nothing was carried yet."""
        return None if self.carryings is None else _last_of(self.carryings.outward)

    @property
    def carried_back(self) -> Carried | None:
        """What the adapter wrote."""
        return None if self.carryings is None else _last_of(self.carryings.inward)

    @property
    def is_equal(self) -> bool:
        """Count and digest are the court's."""
        return self.replica == self.head

    @property
    def behind(self) -> int:
        """How many changes it lacks."""
        return max(0, self.head.sequence - self.replica.sequence)

    @property
    def is_well(self) -> bool:
        """It holds what the court holds, and its line is not silent."""
        return self.is_equal and self.silent_since is None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyStatus:
    """`feed`: of the epoch that tells of everybody, which the `instances` are compared with; `roll`: what the
    epoch waits for that is to take its place. `withdrawals`: the newest ones, with the moment since which no
    adapter shows the person. `refusals`: what could not be used of the agency's messages within a day, the
    latest first.
    """

    agency: Agency
    feed: Feed
    instances: tuple[InstanceStatus, ...]
    roll: RollStatus | None
    sighted_at: datetime | None
    withdrawals: tuple[Withdrawn, ...]
    refusals: tuple[Refusal, ...]

    @property
    def people(self) -> int:
        """How many are on its list; the canary is nobody."""
        return max(0, self.feed.head.count - (self.feed.canary_reference is not None))

    @property
    def is_anything_refused(self) -> bool:
        """On either side."""
        return bool(self.refusals) or any(one.refused for one in self.instances)

    @property
    def is_by_folder(self) -> bool:
        """Whether any of its adapters is reached so."""
        return any(one.is_by_folder for one in self.instances)

    @property
    def is_well(self) -> bool:
        """The line is open, every adapter there is holds what the court holds and is heard, and nobody
        withdrawn is still shown.
        """
        if self.agency.closing is not None:
            return False
        all_well = bool(self.instances) and all(one.is_well for one in self.instances)
        return all_well and all(one.gone_since is not None for one in self.withdrawals)


async def list_statuses(tx: Tx, court_id: CourtId) -> tuple[AgencyStatus, ...]:
    """Of every agency of the court."""
    return tuple([await _status(tx, agency) for agency in await agencies.list_agencies(tx, court_id)])


async def list_instance_statuses(tx: Tx, feed: Feed) -> tuple[InstanceStatus, ...]:
    """Of every adapter of an agency, beside one of its feeds."""
    held = await agencies.list_replicas(tx, feed.feed_id)
    return tuple(
        InstanceStatus(
            name=one.name,
            replica=held.get(one.name, NOTHING_HEARD),
            head=feed.head,
            heard_at=one.heard_at,
            canary_at=one.canary_at,
            silent_since=one.silent_since,
            closed_at=one.closed_at,
            emptied_at=one.emptied_at,
            carryings=one.carryings,
            list_percent=one.list_percent,
            refused=refused_since(one.refused, tx.at - LATELY),
        )
        for one in await agencies.list_instances(tx, feed.agency_id)
    )


def _last_of(moments: Sequence[datetime]) -> Carried | None:
    return Carried(at=moments[-1], next_about=next_carrying(moments)) if moments else None


async def _status(tx: Tx, agency: Agency) -> AgencyStatus:
    feed = (await feeds.list_feeds(tx, agency.agency_id))[0]
    return AgencyStatus(
        agency=agency,
        feed=feed,
        instances=await list_instance_statuses(tx, feed),
        roll=await find_roll_status(tx, agency.agency_id),
        sighted_at=await sightings.last_received_at(tx, agency.agency_id),
        withdrawals=await instructions.list_withdrawn(tx, agency.agency_id, WITHDRAWALS_SHOWN),
        refusals=(await list_refusals_since(tx, agency.agency_id, tx.at - REFUSALS_OF))[:REFUSALS_SHOWN],
    )
