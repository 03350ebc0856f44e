"""Tickets of the tests on late registration, and a ticket system that can be made to fail."""

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime, timedelta
from typing import Any

from adapters.edge.card_use import CardUse
from adapters.edge.settings import BookAway
from schemas.documents import IdentityDocument
from schemas.messages import Itinerary, SightingKind
from tests.unit.adapters.world import START, card_use

TOMORROW = START + timedelta(days=1)


def journey(service: str = "Z38", arrives_at: datetime = TOMORROW) -> Itinerary:
    return Itinerary(
        service=service,
        origin="武昌",
        destination="北京西",
        departs_at=arrives_at - timedelta(hours=10),
        arrives_at=arrives_at,
    )


def ticket(
    document: IdentityDocument,
    event_id: str = "ticket-1",
    kind: SightingKind = SightingKind.TICKET_BOUGHT,
    **more: Any,
) -> CardUse:
    """Bought yesterday for tomorrow."""
    given = {"occurred_at": START - timedelta(days=1), "itinerary": journey()}
    return card_use(document, event_id, kind=kind, **{**given, **more})


class Book:
    """Gives what a test lays into it, and counts how often it was asked; `trouble`: how an answer ends,
    `fault`: a mistake of ours in the middle of one.
    """

    def __init__(self, *tickets: CardUse) -> None:
        self.tickets = list(tickets)
        self.trouble: str | None = None
        self.fault: Exception | None = None
        self.asked = 0

    async def open_journeys(self) -> AsyncGenerator[Sequence[CardUse], None]:
        self.asked += 1
        if self.fault is not None:
            raise self.fault
        for one in self.tickets:
            yield [one]
        if self.trouble is not None:
            raise BookAway(self.trouble)
