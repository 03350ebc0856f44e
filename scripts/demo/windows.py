"""One agency's window in the demonstration: cards are used at it, and its officers see what their own adapter
tells them.

Every answer is the edge's. The window keeps counts and the latest hits in memory; of a clear use it keeps
nothing but the count. Who holds which ticket is known to the railway's own system, as it always is.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final, TypeAlias

from adapters.edge.card_use import CardUse, Clear, Hit, Invalid, NotScreened, Screened
from adapters.edge.edge import Edge, EdgeState
from adapters.edge.instruction import Display, DisplayState, DoNotStop, InForce
from adapters.edge.officers import HoldAnswer, NotHeld, Reported
from schemas.documents import DocumentKind
from schemas.measures import AgencyKind
from schemas.messages import Itinerary, Place, SightingKind
from schemas.text import FieldProblem
from scripts.desk import read_from
from scripts.partners import Partner
from scripts.tickets import TicketBook

HITS_SHOWN: Final = 8
COUNTED: Final = ("clear", "hit", "invalid", "not-screened")

KINDS: Final[Mapping[AgencyKind, tuple[SightingKind, ...]]] = MappingProxyType(
    {
        AgencyKind.RAIL: (
            SightingKind.TICKET_BOUGHT,
            SightingKind.TICKET_CHANGED,
            SightingKind.TICKET_REFUNDED,
            SightingKind.GATE_PASSED,
        ),
        AgencyKind.POLICE: (
            SightingKind.HOTEL_CHECK_IN,
            SightingKind.HOTEL_CHECK_OUT,
            SightingKind.INTERNET_CAFE,
            SightingKind.CHECKPOINT,
        ),
        AgencyKind.BORDER: (SightingKind.BORDER_CROSSING,),
        AgencyKind.EXIT_ENTRY: (SightingKind.EXIT_DOCUMENT_APPLICATION, SightingKind.OFFICE_VISIT),
    }
)

PLACES: Final[Mapping[AgencyKind, Place]] = MappingProxyType(
    {
        AgencyKind.RAIL: Place(name="武昌", city="武汉"),
        AgencyKind.POLICE: Place(name="江滩旅店", city="武汉"),
        AgencyKind.BORDER: Place(name="首都机场T3", city="北京"),
        AgencyKind.EXIT_ENTRY: Place(name="出入境接待大厅", city="武汉"),
    }
)
"""Where cards are used when nobody says otherwise."""

OfficerAnswer: TypeAlias = InForce | DoNotStop | HoldAnswer | Reported | NotHeld


@dataclass(frozen=True, slots=True, kw_only=True)
class Presented:
    """A card that somebody presents; `name` None: the reader took none."""

    number: str = field(repr=False)
    name: str | None = field(repr=False)
    kind: SightingKind
    place: Place
    itinerary: Itinerary | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningHit:
    """A reference that was hit, what its officer was last told, and what the display said then."""

    reference: int
    who: str = field(repr=False)
    kind: SightingKind
    place: Place
    at: datetime
    asked: OfficerAnswer | None = None
    asked_in: DisplayState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What the form's last card was answered; `problems`: what was wrong with the form instead."""

    at: datetime
    typed: Mapping[str, str] = field(repr=False)
    screened: Screened | None = None
    problems: tuple[FieldProblem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowView:
    """What the page shows of a window."""

    partner: Partner
    state: EdgeState
    counts: Mapping[str, int]
    answered: Answered | None
    hits: tuple[tuple[RunningHit, Display], ...]


class Window:
    def __init__(self, partner: Partner, edge: Edge, tickets: TicketBook | None = None) -> None:
        self._tickets = tickets
        self.partner = partner
        self.kind = partner.kind
        self.edge = edge
        self._counts: Counter[str] = Counter()
        self._hits: dict[int, RunningHit] = {}
        self._used = 0
        self.answered: Answered | None = None

    async def use_card(self, presented: Presented, *, at: datetime) -> Screened:
        """Present a card now; the answer is the edge's."""
        self._used += 1
        sex, birth_date = read_from(presented.number)
        use = CardUse(
            event_id=f"{self.kind.value}-{at:%Y%m%dT%H%M%S%f}-{self._used}",
            kind=presented.kind,
            occurred_at=at,
            place=presented.place,
            document_kind=DocumentKind.RESIDENT_ID,
            number=presented.number,
            name=presented.name,
            sex=sex,
            birth_date=birth_date,
            itinerary=presented.itinerary,
        )
        answer = await self.edge.screen(use)
        if self._tickets is not None:
            self._tickets.note(use)
        self._counts[_word_for(answer)] += 1
        if isinstance(answer, Hit):
            self._keep(answer, presented, at)
        return answer

    async def check(self, reference: int) -> None:
        """The officer's tap before a stop."""
        await self._tell(reference, await self.edge.before_stop(reference))

    async def hold(self, reference: int) -> None:
        place = self._hits[reference].place.name
        answer = await self.edge.report_hold(reference, place=place, unit=f"{place}派出所")
        await self._tell(reference, answer)

    async def hand_over(self, reference: int, *, to: str) -> None:
        answer = await self.edge.report_hand_over(reference, to=to, three_point_check=True)
        await self._tell(reference, answer)

    async def release(self, reference: int) -> None:
        await self._tell(reference, await self.edge.report_release(reference))

    def has_hit(self, reference: int) -> bool:
        return reference in self._hits

    async def view(self) -> WindowView:
        newest_first = sorted(self._hits.values(), key=lambda hit: hit.at, reverse=True)
        return WindowView(
            partner=self.partner,
            state=await self.edge.state(),
            counts={word: self._counts[word] for word in COUNTED},
            answered=self.answered,
            hits=tuple([await self._shown(hit) for hit in newest_first]),
        )

    async def _shown(self, hit: RunningHit) -> tuple[RunningHit, Display]:
        """Without the last word, once the display has moved on: "in force" must not outlive a withdrawal."""
        display = await self.edge.display(hit.reference)
        return (hit if hit.asked_in is display.state else replace(hit, asked=None)), display

    def _keep(self, hit: Hit, presented: Presented, at: datetime) -> None:
        for reference in hit.references:
            self._hits[reference] = RunningHit(
                reference=reference,
                who=presented.name or "",
                kind=presented.kind,
                place=presented.place,
                at=at,
            )
        while len(self._hits) > HITS_SHOWN:
            del self._hits[min(self._hits, key=lambda one: self._hits[one].at)]

    async def _tell(self, reference: int, answer: OfficerAnswer) -> None:
        display = await self.edge.display(reference)
        self._hits[reference] = replace(self._hits[reference], asked=answer, asked_in=display.state)


def _word_for(answer: Screened) -> str:
    match answer:
        case Clear():
            return "clear"
        case Hit():
            return "hit"
        case Invalid():
            return "invalid"
        case NotScreened():
            return "not-screened"
