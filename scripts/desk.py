"""What an agency's systems and officers do in the story and in tests: sell tickets, open gates, ask, hold,
hand over.
"""

from dataclasses import dataclass
from datetime import date, datetime

from adapters.edge.card_use import CardUse, Screened
from adapters.edge.edge import Edge
from adapters.edge.instruction import Display, DoNotStop, InForce
from adapters.edge.officers import HoldAnswer, NotHeld, Reported
from schemas.documents import DocumentKind, DocumentRefused, Sex, birth_date, normalise_document, sex
from schemas.messages import Itinerary, Place, SightingKind
from scripts.cast import Wanted
from scripts.clocks import JumpingClock
from scripts.tickets import TicketBook
from tracker.domain.court_time import COURT_ZONE

ONLINE = Place(name="12306", city="网络")


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """A seat on a train; times at the court."""

    service: str
    origin: str
    destination: str
    departs: datetime
    arrives: datetime
    coach: str
    seat: str

    @property
    def itinerary(self) -> Itinerary:
        return Itinerary(
            service=self.service,
            origin=self.origin,
            destination=self.destination,
            departs_at=self.departs,
            arrives_at=self.arrives,
            coach=self.coach,
            seat=self.seat,
        )


def court_time(month: int, day: int, hour: int, minute: int, second: int = 0) -> datetime:
    """A moment of the year of the story, by the court's clock."""
    return datetime(2026, month, day, hour, minute, second, tzinfo=COURT_ZONE)


def read_from(number: str) -> tuple[Sex | None, date | None]:
    """What a reader takes from a resident card beside name and number."""
    document = normalise_document(DocumentKind.RESIDENT_ID, number)
    if isinstance(document, DocumentRefused):
        return None, None
    return sex(document), birth_date(document)


class AgencyDesk:
    """One agency at work on its own adapter. `tickets`: its own system, which the adapter may ask."""

    def __init__(self, edge: Edge, clock: JumpingClock, tickets: TicketBook | None = None) -> None:
        self.edge = edge
        self._clock = clock
        self._tickets = tickets
        self._events = 0

    async def sees(
        self, kind: SightingKind, wanted: Wanted, place: Place, journey: Journey | None = None
    ) -> Screened:
        """Somebody's card is used now."""
        self._events += 1
        read_sex, read_birth = read_from(wanted.number)
        use = CardUse(
            event_id=f"{kind.value}-{self._clock.now():%Y%m%dT%H%M%S}-{self._events}",
            kind=kind,
            occurred_at=self._clock.now(),
            place=place,
            document_kind=DocumentKind.RESIDENT_ID,
            number=wanted.number,
            name=wanted.name,
            sex=read_sex,
            birth_date=read_birth,
            itinerary=journey.itinerary if journey else None,
        )
        answer = await self.edge.screen(use)
        if self._tickets is not None:
            self._tickets.note(use)
        return answer

    async def sells_ticket(self, wanted: Wanted, journey: Journey) -> Screened:
        return await self.sees(SightingKind.TICKET_BOUGHT, wanted, ONLINE, journey)

    async def changes_ticket(self, wanted: Wanted, journey: Journey) -> Screened:
        return await self.sees(SightingKind.TICKET_CHANGED, wanted, ONLINE, journey)

    async def refunds_ticket(self, wanted: Wanted, journey: Journey) -> Screened:
        return await self.sees(SightingKind.TICKET_REFUNDED, wanted, ONLINE, journey)

    async def opens_gate(self, wanted: Wanted, place: Place) -> Screened:
        return await self.sees(SightingKind.GATE_PASSED, wanted, place)

    async def checks_in(self, wanted: Wanted, hotel: Place) -> Screened:
        return await self.sees(SightingKind.HOTEL_CHECK_IN, wanted, hotel)

    async def shows(self, reference: int) -> Display:
        """What the officer's screen says about a reference."""
        return await self.edge.display(reference)

    async def asks_before_stop(self, reference: int) -> InForce | DoNotStop:
        """The one tap before a stop."""
        return await self.edge.before_stop(reference)

    async def holds(self, reference: int, *, place: str, unit: str) -> HoldAnswer:
        return await self.edge.report_hold(reference, place=place, unit=unit)

    async def hands_over(self, reference: int, *, to: str) -> Reported | NotHeld:
        return await self.edge.report_hand_over(reference, to=to, three_point_check=True)
