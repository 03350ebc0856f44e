"""What an agency's own systems post to the adapter beside them.

A card use is the body of the court's sighting webhook, so that a system may change from one to the other.
Name and number are taken as a worn chip gives them: the adapter judges the number itself, and a name that no
text of ours can hold must not cost the hit.
"""

from typing import Annotated

from pydantic import Field

from adapters.edge.card_use import CardUse
from adapters.edge.sieve import Batch
from schemas.documents import DocumentKind
from schemas.submissions import SightingSubmission, SubmittedDocument
from schemas.text import Submission, Text

MOST_READ = 1_000
MOST_SIFTED = 1_000

AsRead = Annotated[str, Field(max_length=MOST_READ)]


class DocumentAsRead(SubmittedDocument):
    """A document as a reader gives it."""

    number: AsRead = Field(repr=False)
    name: AsRead | None = Field(default=None, repr=False)


class CardUseBody(SightingSubmission):
    """`POST /screen`"""

    document: DocumentAsRead

    def card_use(self) -> CardUse:
        """Raises ValueError where the agency's event id cannot be one."""
        return CardUse(
            event_id=self.event_id,
            kind=self.kind,
            occurred_at=self.occurred_at,
            place=self.place,
            document_kind=self.document.kind,
            number=self.document.number,
            issuing_state=self.document.issuing_state,
            name=self.document.name,
            sex=self.document.sex,
            birth_date=self.document.birth_date,
            itinerary=self.itinerary,
        )


class SiftBody(Submission):
    """`POST /sift`: numbers of documents of one kind and state."""

    kind: DocumentKind
    issuing_state: str = Field(default="CHN", max_length=MOST_READ)
    numbers: list[AsRead] = Field(repr=False, min_length=1, max_length=MOST_SIFTED)

    def batch(self) -> Batch:
        return Batch(kind=self.kind, numbers=self.numbers, issuing_state=self.issuing_state)


class HoldBody(Submission):
    """`POST /instructions/{reference}/hold`: where the person is kept, and by whom."""

    place: AsRead
    unit: AsRead


class HandOverBody(Submission):
    """`POST /instructions/{reference}/hand-over`: to whom, and whether the identity was checked there."""

    to: Text
    three_point_check: bool
