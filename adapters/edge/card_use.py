"""A card use and its answer: clear, hit, invalid document, or "this edge cannot say"."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final, TypeAlias

from schemas.documents import DocumentKind, DocumentRefused, Sex
from schemas.messages import Itinerary, Place, SightingKind

VISIBLE_ASCII: Final = re.compile(r"[!-~]{1,200}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CardUse:
    """One use of an identity document, as the agency's system hands it over; `number` as read.

    `event_id` is the agency's own and the same when it sends the use again.
    """

    event_id: str
    kind: SightingKind
    occurred_at: datetime
    place: Place
    document_kind: DocumentKind
    number: str = field(repr=False)
    issuing_state: str = "CHN"
    name: str | None = field(default=None, repr=False)
    sex: Sex | None = None
    birth_date: date | None = field(default=None, repr=False)
    itinerary: Itinerary | None = None

    def __post_init__(self) -> None:
        # For every use, not only for hits: an agency must learn of its mistake before the day it matters.
        # ASCII only, because every other text is normalised on its way and an id must arrive as it is.
        if not VISIBLE_ASCII.fullmatch(self.event_id):
            raise ValueError("event_id: give 1 to 200 visible ASCII characters")
        if self.occurred_at.utcoffset() is None:
            raise ValueError("occurred_at: give a time with its offset")


@dataclass(frozen=True, slots=True)
class Clear:
    """Not on the list; nothing was stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """On the list, and durable. An unproven hit is kept until the list is proven, and reported then."""

    references: tuple[int, ...]
    is_proven: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Invalid:
    refused: DocumentRefused


class Silence(StrEnum):
    """Why an edge does not screen."""

    NOTHING_RECEIVED = "nothing-received"
    COURT_SILENT = "court-silent"
    LIST_IN_DOUBT = "list-in-doubt"
    LIST_INCOMPLETE = "list-incomplete"
    LINE_CLOSED = "line-closed"
    DISK_REFUSES = "disk-refuses"  # a hit that cannot be kept
    KEEPER_AWAY = "keeper-away"  # a screener hears nothing of the process that keeps the list


@dataclass(frozen=True, slots=True, kw_only=True)
class NotScreened:
    """No answer: neither a hit nor clear. The agency's duty desk calls the court."""

    reason: Silence
    phone_24h: str


Screened: TypeAlias = Clear | Hit | Invalid | NotScreened
