"""What outsiders post to the court by webhook: plain inside its TLS and signature.

What must not break: a field that nobody knows is refused, so that a slip of the sender is told at once.
"""

from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from schemas.journeys import MAX_STOPS, Stop
from schemas.messages import DocumentRead, Itinerary, Place, SightingKind
from schemas.text import Submission, Text, UtcTime, contract_fault


class SubmittedPlace(Place, extra="forbid"):
    """A place as posted."""


class SubmittedStop(Stop, extra="forbid"):
    """A stop as posted."""


class SubmittedItinerary(Itinerary, extra="forbid"):
    """An itinerary as posted."""

    stops: tuple[SubmittedStop, ...] = Field(default=(), max_length=MAX_STOPS)


class SubmittedDocument(DocumentRead, extra="forbid"):
    """A document as posted."""


class SightingSubmission(Submission):
    """What the sighting webhook takes, hit or not: plain inside its TLS and signature."""

    event_id: Text
    kind: SightingKind
    occurred_at: UtcTime
    place: SubmittedPlace
    document: SubmittedDocument
    itinerary: SubmittedItinerary | None = None


class CaseEventSubmission(Submission):
    """Money on a case account. `reverses` is the receipt number that a `payment.reversed` takes back."""

    event: Literal["payment.received", "payment.reversed"]
    case_number: Text
    receipt_number: Text
    amount_fen: int = Field(gt=0, lt=2**63)
    occurred_at: UtcTime
    reverses: Text | None = Field(default=None, validate_default=True)

    @field_validator("reverses")
    @classmethod
    def _belongs_to_a_reversal(cls, reverses: str | None, info: ValidationInfo) -> str | None:
        if "event" not in info.data:
            return reverses
        is_reversal = info.data["event"] == "payment.reversed"
        if is_reversal and reverses is None:
            raise contract_fault("is missing: give the number of the receipt that is reversed")
        if not is_reversal and reverses is not None:
            raise contract_fault("belongs to payment.reversed only: leave it out or correct the event")
        return reverses
