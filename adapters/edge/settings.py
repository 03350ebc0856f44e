"""What an edge is told at its start: who it is, its keys, and the world it may ask (clocks and chance)."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final, Protocol, TypeAlias

from adapters.edge.card_use import CardUse
from adapters.replica.values import FeedKey
from schemas.canary import CANARY_EVERY_S
from schemas.measures import AgencyKind
from schemas.sealing import SealingKey
from schemas.signing import SigningKey, VerifyingKey
from schemas.tokens import EpochKeys

RECEIPTS_EVERY: Final = timedelta(seconds=1)
"""So that a list that changes all the time is not told of with each change."""


LONGEST_KEPT_DAYS: Final = 15
"""As long as a railway sells in advance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """That an agency keeps journeys of people whom nobody seeks, for so many days, by which law, and the
    reference of its impact assessment.
    """

    days: int
    legal_basis: str
    assessment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeSettings:
    """`data` is the edge's own folder; `phone_24h` is called when the edge cannot answer for the court.

    `longest_hold_s` is the agency's own ceiling: no confirmation makes a hold last longer here.
    `canary_every_s` is the court's word, in seconds of the elapsed clock. `receipts_every`: no more often is
    the court told where the list stands, unless somebody was withdrawn. `keeping` None: of a use that does
    not hit nothing is kept.
    """

    court: str
    agency: str
    kind: AgencyKind
    instance: str
    data: Path
    phone_24h: str
    longest_hold_s: int = 2 * 60 * 60
    canary_every_s: int = CANARY_EVERY_S
    receipts_every: timedelta = timedelta(0)
    keeping: Keeping | None = None

    @property
    def name(self) -> str:
        return f"{self.agency}.{self.instance}"


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeKeys:
    """Live in memory only: key and replica together would give the list away."""

    signing: SigningKey = field(repr=False)
    sealing: SealingKey = field(repr=False)
    court_verifying: Mapping[str, VerifyingKey]
    court_sealing_public: bytes
    epochs: tuple[EpochKeys, ...]


class Entropy(Protocol):
    """Source of all that must not be guessed or must not repeat."""

    def new_id(self) -> str: ...
    def random_bytes(self, length: int, /) -> bytes: ...


class LogAway(Exception):
    """The court's log of packets cannot be asked just now; the text says why, in plain words."""


class ListOnItsWay(LogAway):
    """The court was asked by message, and what was asked for has not come yet."""


class SnapshotGone(LogAway):
    """The court does not keep this snapshot any more: another has taken its place."""


@dataclass(frozen=True, slots=True)
class SnapshotDue:
    """The court does not go on by packets from there: take its newest snapshot first."""


@dataclass(frozen=True, slots=True)
class AskByMessage:
    """The court is reached by messages only: what is asked of it that way comes as messages of the feed."""


CourtLogAnswer: TypeAlias = Sequence[bytes] | SnapshotDue | AskByMessage


class CourtLog(Protocol):
    """What an edge may fetch: the packets of this agency's feeds as the court keeps them, its snapshots of
    whole lists, and the keys of its epochs.
    """

    async def epochs(self) -> Sequence[EpochKeys]:
        """The keys of every epoch in force. Raises LogAway."""

    async def packets_after(self, feed: FeedKey, sequence: int) -> CourtLogAnswer:
        """The next signed packets with changes past `sequence`, in order; none when there is nothing newer.
        Raises LogAway.
        """

    async def manifest(self, feed: FeedKey) -> bytes:
        """The signed manifest of the newest snapshot. Raises LogAway, also while the court is making one."""

    async def snapshot_part(self, feed: FeedKey, sequence: int, begin: int, length: int) -> bytes:
        """So many bytes of the snapshot's file, or fewer where the line was cut. Raises LogAway,
        SnapshotGone.
        """


class BookAway(Exception):
    """The agency's own system has not answered, or not all of it; the text says why, in plain words."""


class JourneyBook(Protocol):
    """The agency's own system, which knows who holds a ticket."""

    def open_journeys(self) -> AsyncGenerator[Sequence[CardUse], None]:
        """Every journey that is not over, as the card use that booked it, some at a time. Raises BookAway, at
        the latest behind the last that can be read.
        """


class EdgeStage(StrEnum):
    """A stretch of the path at the edge, told in seconds to whoever measures."""

    CARD_USE_TO_SPOOLED = "card_use_to_spooled"
    SPOOLED_TO_PUBLISHED = "spooled_to_published"
    PACKET_SIGNED_TO_APPLIED = "packet_signed_to_applied"
    TOMBSTONE_SIGNED_TO_APPLIED = "tombstone_signed_to_applied"


def unmeasured(_stage: EdgeStage, _seconds: float) -> None:
    """Nobody measures."""


def effortless() -> float:
    """Of work nobody counts the seconds."""
    return 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgePorts:
    """`now` is aware UTC; `elapsed` counts seconds and never jumps back; `worked` counts the processor's
    seconds of the thread that asks; `log` is where missed packets are fetched; `journeys`: whom to ask for
    open journeys once somebody is listed; `timed` must return at once.
    """

    now: Callable[[], datetime]
    elapsed: Callable[[], float]
    entropy: Entropy
    log: CourtLog
    journeys: JourneyBook | None = None
    timed: Callable[[EdgeStage, float], None] = unmeasured
    worked: Callable[[], float] = effortless

    def timed_since(self, stage: EdgeStage, at: datetime) -> None:
        """The stretch began at `at`, and ends now."""
        self.timed(stage, max(0.0, (self.now() - at).total_seconds()))
