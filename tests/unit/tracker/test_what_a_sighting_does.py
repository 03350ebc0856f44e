"""What a further sighting does to an open alert: the whole table of kinds x situations."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import product

import pytest

from schemas.messages import Itinerary, Place, SightingKind
from scripts.desk import court_time
from tests.unit.tracker.examples import (
    AT_THE_HOTEL,
    BEIJING_WEST,
    HOTEL,
    ON_THE_TRAIN,
    TONIGHT,
    WUCHANG,
    seen,
)
from tracker.domain.plans import ActPoint, Effect, Plan, Seen, effect_of, reseated, with_act_point

ANOTHER_TRAIN = TONIGHT.model_copy(update={"service": "G525", "arrives_at": court_time(2, 27, 0, 12)})
WAY_HOME = TONIGHT.model_copy(
    update={
        "service": "Z37",
        "origin": "北京西",
        "destination": "武昌",
        "departs_at": court_time(2, 27, 20, 53),
        "arrives_at": court_time(2, 28, 6, 48),
    }
)
ZHENGZHOU = Place(name="二七宾馆", city="郑州")
SHANGHAI = Place(name="虹桥", city="上海")
BOARDED = seen(SightingKind.GATE_PASSED, court_time(2, 26, 20, 41), WUCHANG)


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Where and when, beside the kind. `last_live`: where the person was seen in the flesh before."""

    at: datetime
    place: Place = WUCHANG
    itinerary: Itinerary | None = None
    last_live: Seen | None = None


BOARDING = court_time(2, 26, 20, 41)
ON_THE_WAY: Mapping[str, Situation] = {
    "same journey": Situation(at=BOARDING, itinerary=TONIGHT),
    "another train": Situation(at=BOARDING, itinerary=ANOTHER_TRAIN),
    "way home": Situation(at=BOARDING, itinerary=WAY_HOME),
    "departure": Situation(at=BOARDING),
    "departure, too early": Situation(at=court_time(2, 26, 12, 0)),
    "act point": Situation(at=court_time(2, 27, 6, 59), place=BEIJING_WEST),
    "elsewhere": Situation(at=court_time(2, 26, 12, 0), place=ZHENGZHOU),
    "two cities at once": Situation(at=court_time(2, 26, 21, 0), place=SHANGHAI, last_live=BOARDED),
    "two cities in an hour": Situation(at=court_time(2, 26, 21, 12), place=SHANGHAI, last_live=BOARDED),
    "reported late": Situation(at=court_time(2, 25, 19, 0), place=ZHENGZHOU),
    "plan is over": Situation(at=court_time(2, 27, 12, 0), place=ZHENGZHOU),
}
"""The plan: bought on the 25th, Z38 on the 26th at 21:03 from 武昌, on the 27th at 06:59 in 北京西."""

JOINS, CHANGES, ENDS = Effect.JOINS, Effect.CHANGES, Effect.ENDS_PLAN
CONFIRMS, AT_POINT, CONTRADICTS = Effect.CONFIRMS, Effect.AT_ACT_POINT, Effect.CONTRADICTS

BOUGHT = (JOINS, CHANGES, JOINS, JOINS, JOINS, CHANGES, JOINS, JOINS, JOINS, JOINS, CHANGES)
CHANGED = (JOINS, CHANGES, CHANGES, CHANGES, CHANGES, CHANGES, CHANGES, CHANGES, CHANGES, JOINS, CHANGES)
REFUNDED = (ENDS, JOINS, JOINS, JOINS, JOINS, JOINS, JOINS, JOINS, JOINS, JOINS, JOINS)
GATE = (
    CONFIRMS,
    CONFIRMS,
    CONFIRMS,
    CONFIRMS,
    CHANGES,
    AT_POINT,
    CHANGES,
    CONTRADICTS,
    CHANGES,
    JOINS,
    CHANGES,
)
LIVE = (CHANGES, CHANGES, CHANGES, CHANGES, CHANGES, AT_POINT, CHANGES, CONTRADICTS, CHANGES, JOINS, CHANGES)
BY_POST = (CHANGES, CHANGES, CHANGES, CHANGES, CHANGES, AT_POINT, CHANGES, CHANGES, CHANGES, JOINS, CHANGES)

EFFECTS: Mapping[SightingKind, tuple[Effect, ...]] = {
    SightingKind.TICKET_BOUGHT: BOUGHT,
    SightingKind.TICKET_CHANGED: CHANGED,
    SightingKind.TICKET_REFUNDED: REFUNDED,
    SightingKind.GATE_PASSED: GATE,
    SightingKind.HOTEL_CHECK_IN: LIVE,
    SightingKind.HOTEL_CHECK_OUT: LIVE,
    SightingKind.INTERNET_CAFE: LIVE,
    SightingKind.CHECKPOINT: LIVE,
    SightingKind.BORDER_CROSSING: LIVE,
    SightingKind.EXIT_DOCUMENT_APPLICATION: BY_POST,
    SightingKind.OFFICE_VISIT: LIVE,
}
"""In the order of the situations."""


def effect_in(plan: Plan, kind: SightingKind, situation: Situation) -> Effect:
    return effect_of(
        plan, seen(kind, situation.at, situation.place, situation.itinerary), situation.last_live
    )


def cells() -> list[tuple[SightingKind, str, Effect]]:
    table = product(SightingKind, enumerate(ON_THE_WAY))
    return [(kind, name, EFFECTS[kind][column]) for kind, (column, name) in table]


@pytest.mark.parametrize(("kind", "situation", "effect"), cells())
def test_every_kind_in_every_situation_of_a_journey(
    kind: SightingKind, situation: str, effect: Effect
) -> None:
    assert effect_in(ON_THE_TRAIN, kind, ON_THE_WAY[situation]) is effect


def test_every_situation_has_its_column() -> None:
    assert {len(row) for row in EFFECTS.values()} == {len(ON_THE_WAY)}
    assert set(EFFECTS) == set(SightingKind)


@pytest.mark.parametrize(
    ("kind", "here", "elsewhere"),
    [
        (SightingKind.TICKET_BOUGHT, CHANGES, CHANGES),
        (SightingKind.TICKET_CHANGED, CHANGES, CHANGES),
        (SightingKind.TICKET_REFUNDED, JOINS, JOINS),
        (SightingKind.GATE_PASSED, JOINS, CHANGES),
        (SightingKind.HOTEL_CHECK_IN, JOINS, CHANGES),
        (SightingKind.HOTEL_CHECK_OUT, JOINS, CHANGES),
        (SightingKind.INTERNET_CAFE, JOINS, CHANGES),
        (SightingKind.CHECKPOINT, JOINS, CHANGES),
        (SightingKind.BORDER_CROSSING, JOINS, CHANGES),
        (SightingKind.EXIT_DOCUMENT_APPLICATION, JOINS, CHANGES),
        (SightingKind.OFFICE_VISIT, JOINS, CHANGES),
    ],
)
def test_every_kind_beside_a_stay_at_one_place(kind: SightingKind, here: Effect, elsewhere: Effect) -> None:
    an_hour_later = court_time(2, 26, 23, 10)

    assert effect_in(AT_THE_HOTEL, kind, Situation(at=an_hour_later, place=HOTEL)) is here
    assert effect_in(AT_THE_HOTEL, kind, Situation(at=an_hour_later, place=ZHENGZHOU)) is elsewhere


def test_whoever_comes_back_after_the_plan_is_over_is_news() -> None:
    a_week_later = Situation(at=court_time(3, 5, 22, 0), place=HOTEL)

    assert effect_in(AT_THE_HOTEL, SightingKind.HOTEL_CHECK_IN, a_week_later) is CHANGES


@pytest.mark.parametrize(
    ("at", "effect"),
    [
        (court_time(2, 26, 17, 2), CHANGES),
        (court_time(2, 26, 17, 3), CONFIRMS),
        (court_time(2, 26, 22, 3), CONFIRMS),
        (court_time(2, 26, 22, 4), CHANGES),
    ],
)
def test_the_gate_confirms_from_four_hours_before_departure_to_an_hour_after(
    at: datetime, effect: Effect
) -> None:
    assert effect_in(ON_THE_TRAIN, SightingKind.GATE_PASSED, Situation(at=at)) is effect


@pytest.mark.parametrize(
    ("at", "effect"),
    [(court_time(2, 26, 21, 11), CONTRADICTS), (court_time(2, 26, 21, 12), CHANGES)],
)
def test_nobody_is_in_two_cities_within_half_an_hour(at: datetime, effect: Effect) -> None:
    in_shanghai = Situation(at=at, place=SHANGHAI, last_live=BOARDED)

    assert effect_in(ON_THE_TRAIN, SightingKind.CHECKPOINT, in_shanghai) is effect


def test_another_seat_on_the_same_train_is_noted() -> None:
    other_seat = TONIGHT.model_copy(update={"coach": "9", "seat": "41座"})
    again = seen(SightingKind.TICKET_CHANGED, court_time(2, 26, 19, 0), itinerary=other_seat)

    assert effect_of(ON_THE_TRAIN, again, None) is JOINS
    assert reseated(ON_THE_TRAIN, again) == replace(ON_THE_TRAIN, itinerary=other_seat)
    assert reseated(ON_THE_TRAIN, BOARDED) == ON_THE_TRAIN


def test_a_gate_that_does_not_know_the_seat_leaves_it_known() -> None:
    seatless = TONIGHT.model_copy(update={"coach": None, "seat": None})
    at_the_gate = seen(SightingKind.GATE_PASSED, court_time(2, 26, 20, 41), itinerary=seatless)

    assert reseated(ON_THE_TRAIN, at_the_gate) == ON_THE_TRAIN


AT_DEPARTURE = with_act_point(ON_THE_TRAIN, ActPoint(place="武昌", at=TONIGHT.departs_at))
ON_THE_PLATFORM = with_act_point(ON_THE_TRAIN, ActPoint(place="北京西站台", at=TONIGHT.arrives_at))
ANOTHER_NIGHT_TRAIN = TONIGHT.model_copy(
    update={"service": "Z4", "departs_at": court_time(2, 26, 23, 0), "arrives_at": court_time(2, 27, 8, 0)}
)


@pytest.mark.parametrize(
    ("plan", "kind", "situation", "effect"),
    [
        (AT_DEPARTURE, SightingKind.GATE_PASSED, ON_THE_WAY["departure"], AT_POINT),
        (AT_DEPARTURE, SightingKind.GATE_PASSED, ON_THE_WAY["departure, too early"], CHANGES),
        (AT_DEPARTURE, SightingKind.GATE_PASSED, ON_THE_WAY["act point"], CHANGES),
        (
            AT_DEPARTURE,
            SightingKind.TICKET_BOUGHT,
            Situation(at=court_time(2, 26, 12, 0), itinerary=ANOTHER_NIGHT_TRAIN),
            CHANGES,
        ),
        (AT_DEPARTURE, SightingKind.TICKET_BOUGHT, ON_THE_WAY["way home"], JOINS),
        (ON_THE_PLATFORM, SightingKind.GATE_PASSED, ON_THE_WAY["act point"], AT_POINT),
        (ON_THE_PLATFORM, SightingKind.GATE_PASSED, ON_THE_WAY["departure"], CONFIRMS),
    ],
)
def test_a_chosen_act_point_is_where_the_person_is_awaited(
    plan: Plan, kind: SightingKind, situation: Situation, effect: Effect
) -> None:
    assert effect_in(plan, kind, situation) is effect
