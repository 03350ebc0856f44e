"""Simulated life in front of the agencies: strangers whose cards are clear, and now and then a listed person.

Strangers have numbers of the test range with a right check digit; they pass the real screening and are
written nowhere. Like every loop, these two are asked for one round and say when they want the next.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from schemas.measures import AgencyKind
from schemas.messages import Itinerary, Place, SightingKind
from scripts import cast
from scripts.cast import Wanted, resident_number
from scripts.demo.listed import APPLICANT, BORDER_CROSSER
from scripts.demo.windows import KINDS, PLACES, Presented, Window

FIRST_BIRTH: Final = date(1950, 1, 1)
BIRTH_DAYS: Final = 20_000
LARGEST_SEQUENCE: Final = 999
CATCH_UP: Final = timedelta(seconds=1)
FIRST_OUTING: Final = timedelta(seconds=45)
SHORTEST_PAUSE_S: Final = 120
LONGEST_PAUSE_S: Final = 180

ONLINE: Final = Place(name="12306", city="网络")

Now = Callable[[], datetime]
Windows = Mapping[AgencyKind, Window]


class Traffic:
    """People nobody looks for, `rate` of them a second."""

    name = "card traffic"

    def __init__(self, windows: Windows, rate: float, chance: random.Random, now: Now) -> None:
        self._windows = tuple(windows.values())
        self._gap = timedelta(seconds=1 / rate)
        self._chance = chance
        self._now = now
        self._next_at = now()

    async def step(self) -> bool:
        """One stranger, when the time has come."""
        now = self._now()
        if now < self._next_at:
            return False
        window = self._chance.choice(self._windows)
        await window.use_card(self._stranger(window.kind), at=now)
        # A machine that slept does not make up for it.
        self._next_at = max(self._next_at + self._gap, now - CATCH_UP)
        return True

    async def next_due(self) -> datetime | None:
        return self._next_at

    def _stranger(self, agency: AgencyKind) -> Presented:
        born = FIRST_BIRTH + timedelta(days=self._chance.randrange(BIRTH_DAYS))
        return Presented(
            number=resident_number(born, self._chance.randint(1, LARGEST_SEQUENCE)),
            name=None,
            kind=self._chance.choice(KINDS[agency]),
            place=PLACES[agency],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outing:
    """Something a listed person does. `departs_in` and `lasts` make the journey, where there is one."""

    agency: AgencyKind
    who: Wanted
    kind: SightingKind
    place: Place | None = None
    service: str | None = None
    departs_in: timedelta = timedelta(hours=3)
    lasts: timedelta = timedelta(hours=8)


# A, and the guest of the README, stay at home: whoever tries the demonstration sends them out.
OUTINGS: Final = (
    Outing(
        agency=AgencyKind.RAIL,
        who=cast.B,
        kind=SightingKind.TICKET_BOUGHT,
        place=ONLINE,
        service="Z38",
    ),
    Outing(agency=AgencyKind.BORDER, who=BORDER_CROSSER, kind=SightingKind.BORDER_CROSSING),
    Outing(agency=AgencyKind.POLICE, who=APPLICANT, kind=SightingKind.HOTEL_CHECK_IN),
    Outing(agency=AgencyKind.RAIL, who=cast.B, kind=SightingKind.GATE_PASSED),
    Outing(
        agency=AgencyKind.EXIT_ENTRY,
        who=APPLICANT,
        kind=SightingKind.EXIT_DOCUMENT_APPLICATION,
    ),
    Outing(
        agency=AgencyKind.RAIL,
        who=cast.B,
        kind=SightingKind.TICKET_CHANGED,
        place=ONLINE,
        service="Z4",
        departs_in=timedelta(hours=5),
    ),
    Outing(agency=AgencyKind.POLICE, who=APPLICANT, kind=SightingKind.HOTEL_CHECK_OUT),
    Outing(agency=AgencyKind.RAIL, who=cast.B, kind=SightingKind.TICKET_REFUNDED, place=ONLINE),
)


class Outings:
    """The listed people, one after the other, every two to three minutes."""

    name = "outings"

    def __init__(self, windows: Windows, chance: random.Random, now: Now) -> None:
        self._windows = windows
        self._chance = chance
        self._now = now
        self._done = 0
        self._next_at = now() + FIRST_OUTING
        self._journey: Itinerary | None = None

    async def step(self) -> bool:
        """The next outing, when its time has come."""
        now = self._now()
        if now < self._next_at:
            return False
        outing = OUTINGS[self._done % len(OUTINGS)]
        await self._windows[outing.agency].use_card(self._presented(outing, now), at=now)
        self._done += 1
        self._next_at = now + timedelta(seconds=self._chance.uniform(SHORTEST_PAUSE_S, LONGEST_PAUSE_S))
        return True

    async def next_due(self) -> datetime | None:
        return self._next_at

    def _presented(self, outing: Outing, now: datetime) -> Presented:
        if outing.service is not None:
            self._journey = journey_of(outing, now)
        is_ticket = outing.place is ONLINE
        return Presented(
            number=outing.who.number,
            name=outing.who.name,
            kind=outing.kind,
            place=outing.place or PLACES[outing.agency],
            itinerary=self._journey if is_ticket else None,
        )


def journey_of(outing: Outing, now: datetime) -> Itinerary:
    """By night train to Beijing, from whole minutes."""
    departs_at = (now + outing.departs_in).replace(second=0, microsecond=0)
    return Itinerary(
        service=outing.service or "",
        origin="武昌",
        destination="北京西",
        departs_at=departs_at,
        arrives_at=departs_at + outing.lasts,
        coach="7",
        seat="12下",
    )
