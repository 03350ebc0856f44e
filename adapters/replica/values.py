"""What a replica holds and what it answers when a packet arrives, without a word on how it is stored."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeAlias

from schemas.digest import EMPTY_DIGEST, digest_hex
from schemas.measures import Measure
from schemas.messages import FeedHead


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class FeedKey:
    """One generation of a feed: its token keys and its numbering."""

    epoch: int
    incarnation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What the ordered feed says of one reference; `valid_until` is the last valid day in court time.

    `named` is base64 of what the court sealed for this agency; it stays sealed in the replica.
    """

    version: int
    measure: Measure
    valid_until: date
    tokens: tuple[bytes, ...] = field(repr=False)
    named: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """Where a feed stands: its cursor, and count (references) and digest of the ordered state there.

    `signed_at` is the court's time on the newest packet applied.
    """

    sequence: int = 0
    count: int = 0
    digest: int = EMPTY_DIGEST
    signed_at: datetime | None = None

    def agrees_with(self, head: FeedHead) -> bool:
        return self.head() == head

    def head(self) -> FeedHead:
        return FeedHead(sequence=self.sequence, count=self.count, digest=digest_hex(self.digest))


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    state: FeedState


@dataclass(frozen=True, slots=True)
class AlreadyApplied:
    """Every change of the packet is at or below the cursor: delivered twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Changes are missing before this packet; nothing of it was applied."""

    expected: int
    got: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Diverged:
    """The packet does not lead to the state its signer claims; nothing of it was applied."""

    sequence: int


PacketOutcome: TypeAlias = Applied | AlreadyApplied | Gap | Diverged
