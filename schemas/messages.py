"""The bodies of all messages between court and agencies.

What must not break: messages are only added to. A new field has a default, a new meaning is a new schema
version, and the golden files of every version ever released parse. What tells of a person stays out of reprs.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from schemas.case_numbers import PaperNumber
from schemas.documents import DocumentKind, Sex
from schemas.journeys import Itinerary as Itinerary
from schemas.measures import Measure
from schemas.refused import MOST_KINDS, RefusedLately
from schemas.text import Contract, Count, Hex32, Hex64, LongText, Reference, Sealed, Text, UtcTime

MAX_CHANGES: Final = 500
MAX_REFERENCES: Final = 100


class Message(Contract):
    """A body that travels in a signed envelope, under its type and schema version."""

    TYPE: ClassVar[str]
    SCHEMA_VERSION: ClassVar[int] = 1


# The feed


class FeedHead(Contract):
    """State of a list: number of the last change, count of references, digest (tombstones not counted)."""

    sequence: Count
    count: Count
    digest: Hex64


class Put(Contract):
    """A reference is on the list, in this version, until the end of `valid_until` in court time.

    `named`, for agencies that may see it: base64 of `NamedDetails` sealed for the agency, in the context
    `named:{reference}:{version}`.
    """

    op: Literal["put"] = "put"
    sequence: Count
    reference: Reference
    version: Count
    measure: Measure
    valid_until: date
    tokens: tuple[Hex32, ...] = Field(repr=False)
    named: Sealed | None = Field(default=None, repr=False)


class Remove(Contract):
    """A reference is off the list, as are all its versions up to this one."""

    op: Literal["remove"] = "remove"
    sequence: Count
    reference: Reference
    version: Count


class FeedPacket(Message):
    """Changes without a gap in their sequence, and the state after the last of them.

    `in_force_from`: the oldest epoch whose list counts, so that every older one is to be dropped.
    """

    TYPE: ClassVar[str] = "court.feed.packet"
    changes: tuple[Annotated[Put | Remove, Field(discriminator="op")], ...] = Field(max_length=MAX_CHANGES)
    head: FeedHead
    in_force_from: Count = 0


class Heartbeat(Message):
    """The court is alive, this is the state of the list, and this the head of its audit chain to witness.

    `in_force_from`: as in a packet. `canary_every_s`: how often the canary is to come back from now on;
    None: as at the start.
    """

    TYPE: ClassVar[str] = "court.feed.heartbeat"
    head: FeedHead
    in_force_from: Count = 0
    audit_sequence: Count = 0
    audit_head: Hex64 | None = None
    canary_every_s: int | None = Field(default=None, gt=0)


class _OnePerson(Message):
    """About one person, whom the list of each epoch in force calls by a reference of its own: `reference` is
    that of the oldest epoch, `also` those of the others.
    """

    reference: Reference
    also: tuple[Reference, ...] = ()

    @property
    def references(self) -> tuple[int, ...]:
        return (self.reference, *self.also)


class Tombstone(_OnePerson):
    """A person is gone up to this version, whatever the backlog of the feed."""

    TYPE: ClassVar[str] = "court.express.tombstone"
    version: Count


class CloseLine(Message):
    """The court has closed the line: forget the keys, stop hitting, remove the list of every epoch up to this
    one, and say so.
    """

    TYPE: ClassVar[str] = "court.express.close-line"
    up_to_epoch: Count


class NamedDetails(Contract):
    """Who is sought, for agencies that may see it; travels sealed only."""

    name: Text = Field(repr=False)
    sex: Sex | None
    birth_year: int | None = Field(repr=False)
    masked_number: Text = Field(repr=False)
    case_number: PaperNumber
    instructions: LongText
    phone_24h: Text


# The court's answers and orders


class Answer(StrEnum):
    """What the court answers to a report."""

    STILL_WANTED = "still-wanted"
    STAND_DOWN = "stand-down"
    MORE_TIME = "more-time"


class Discretion(StrEnum):
    """What the person may notice."""

    REPORT_ONLY_UNTIL = "report-only-until"
    MUST_NOT_TELL = "must-not-tell"
    MAY_TELL = "may-tell"


class Confirmation(_OnePerson):
    """The answer to an agency's report: where and when the court acts, who comes, and until when this stands.

    `version` is the instruction's, on which it stands. `report_only_until` names the place up to which nobody
    approaches. `hold_for_s`: how long the agency may keep the person, in seconds; None: not at all.
    """

    TYPE: ClassVar[str] = "court.order.confirmation"
    version: Count
    answer: Answer
    act_point: Text
    act_at: UtcTime
    discretion: Discretion
    report_only_until: Text | None = None
    who_comes: Text
    phone_24h: Text
    hold_for_s: int | None = Field(default=None, gt=0, le=86_400)
    valid_until: UtcTime


class StandDownReason(StrEnum):
    """Why a person is not to be stopped any more."""

    PERFORMED = "performed"
    WITHDRAWN = "withdrawn"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    WRONG_PERSON = "wrong-person"
    PAPER_REVOKED = "paper-revoked"


class StandDown(_OnePerson):
    """Stop acting on a person up to this version.

    `release_now` is advice for the officer who still has the person: let go at once. The edge does not decide
    by it: whether true or false, a stand-down ends the right to hold, and the tombstone does so anyway.
    """

    TYPE: ClassVar[str] = "court.order.stand-down"
    version: Count
    reason: StandDownReason
    release_now: bool


# What agencies report


class SightingKind(StrEnum):
    """By which use of a document a person was seen."""

    TICKET_BOUGHT = "ticket-bought"
    TICKET_CHANGED = "ticket-changed"
    TICKET_REFUNDED = "ticket-refunded"
    GATE_PASSED = "gate-passed"
    HOTEL_CHECK_IN = "hotel-check-in"
    HOTEL_CHECK_OUT = "hotel-check-out"
    INTERNET_CAFE = "internet-cafe"
    CHECKPOINT = "checkpoint"
    BORDER_CROSSING = "border-crossing"
    EXIT_DOCUMENT_APPLICATION = "exit-document-application"
    OFFICE_VISIT = "office-visit"


LIVE_SIGHTINGS: Final = frozenset(
    {
        SightingKind.GATE_PASSED,
        SightingKind.HOTEL_CHECK_IN,
        SightingKind.HOTEL_CHECK_OUT,
        SightingKind.INTERNET_CAFE,
        SightingKind.CHECKPOINT,
        SightingKind.BORDER_CROSSING,
        SightingKind.OFFICE_VISIT,
    }
)
"""The person was there in the flesh; tickets and applications are also made from afar."""


class Place(Contract):
    """Where it was: station, hotel or office, its city, and the spot inside."""

    name: Text
    city: Text
    detail: Text | None = None


class DocumentRead(Contract):
    """What was read from a document, as it was read; the court normalises it. Travels sealed over the bus."""

    kind: DocumentKind
    issuing_state: Text = "CHN"
    number: Text = Field(repr=False)
    name: Text | None = Field(default=None, repr=False)
    sex: Sex | None = None
    birth_date: date | None = Field(default=None, repr=False)


class SightingReport(Message):
    """A hit at an agency. `event_id` is the agency's own, the same for every resend.

    `document`: base64 of `DocumentRead` sealed for the court, in the context `sighting:{event_id}`.
    `correlation`: drawn for this card use by the adapter; log lines of both sides carry it.
    """

    TYPE: ClassVar[str] = "agency.sighting"
    event_id: Text
    kind: SightingKind
    occurred_at: UtcTime
    place: Place
    references: tuple[Reference, ...] = Field(max_length=MAX_REFERENCES)
    document: Sealed = Field(repr=False)
    itinerary: Itinerary | None = None
    correlation: Text | None = None


class GoneReference(Contract):
    """A withdrawal that no reader of the replica can miss any more."""

    reference: Reference
    version: Count


class Receipt(Message):
    """What a replica holds, by its own count, and the tombstones applied since its last receipt. `percent`:
    how much has come of a whole list that is on its way there. `withdrawn`: the tombstones of the last month
    of former incarnations of this list; said once in each, since a restored court may not know of them.
    `refused`: what was refused here since the last receipt.
    """

    TYPE: ClassVar[str] = "agency.receipt"
    head: FeedHead
    gone: tuple[GoneReference, ...] = ()
    withdrawn: tuple[GoneReference, ...] = ()
    percent: int | None = Field(default=None, ge=0, le=100)
    refused: tuple[RefusedLately, ...] = Field(default=(), max_length=MOST_KINDS)


class HoldReport(Message):
    """An agency keeps the person for the court, at the latest until `release_at`."""

    TYPE: ClassVar[str] = "agency.hold"
    reference: Reference
    held_at: UtcTime
    release_at: UtcTime
    place: Text
    unit: Text


class HandOverReport(Message):
    """The court's team has the person; `three_point_check`: the identity was checked on the scene."""

    TYPE: ClassVar[str] = "agency.hand-over"
    reference: Reference
    at: UtcTime
    to: Text
    three_point_check: bool


class ReleaseReason(StrEnum):
    """Why an agency let a person go."""

    HOLD_ENDED = "hold-ended"
    ORDERED = "ordered"
    OTHER = "other"


class ReleaseReport(Message):
    """The agency let the person go."""

    TYPE: ClassVar[str] = "agency.release"
    reference: Reference
    at: UtcTime
    reason: ReleaseReason


class StandDownAnswer(Message):
    """The agency has read the stand-down; `holding`: it still keeps the person. `order`: the id of the
    message that is answered; an adapter from before it was said names none.
    """

    TYPE: ClassVar[str] = "agency.stand-down-answer"
    reference: Reference
    at: UtcTime
    holding: bool
    order: Text | None = None


class LineEmptied(Message):
    """The adapter hits no more, and has removed the list of every epoch up to this one as ordered."""

    TYPE: ClassVar[str] = "agency.line-emptied"
    up_to_epoch: Count
    at: UtcTime


class ListWanted(Message):
    """The adapter lacks the changes of its list past this one, and has no other way to fetch them."""

    TYPE: ClassVar[str] = "agency.list-wanted"
    after: Count


class JourneysKept(Message):
    """The adapter keeps journeys of people whom nobody seeks, for so many days, by this law, and with the
    reference of an impact assessment; 0 days: none any more. Said at each start.
    """

    TYPE: ClassVar[str] = "agency.journeys-kept"
    days: Count
    legal_basis: Text | None = None
    assessment: Text | None = None


MESSAGES: Final[Mapping[str, type[Message]]] = MappingProxyType(
    {
        message.TYPE: message
        for message in (
            FeedPacket,
            Heartbeat,
            Tombstone,
            CloseLine,
            Confirmation,
            StandDown,
            SightingReport,
            Receipt,
            HoldReport,
            HandOverReport,
            ReleaseReport,
            StandDownAnswer,
            LineEmptied,
            ListWanted,
            JourneysKept,
        )
    }
)
"""Every message by its type."""
