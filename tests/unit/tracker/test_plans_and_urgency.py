"""Where a person will be, until when that is of use, how urgent it is, and how far an alert has come."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.journeys import Stop
from schemas.messages import Place, SightingKind
from scripts.desk import court_time
from tests.unit.tracker.examples import (
    AT_THE_HOTEL,
    BEIJING_WEST,
    BOUGHT_AT,
    ENTRY,
    HOTEL,
    NOON,
    ON_THE_TRAIN,
    TONIGHT,
    seen,
)
from tracker.domain.alerts import (
    Alert,
    AlertState,
    Dispatch,
    Hold,
    Outcome,
    Stage,
    Taking,
    muster_problem,
    stage_of,
)
from tracker.domain.ids import AlertId, PersonId
from tracker.domain.plans import (
    ActPoint,
    Plan,
    Urgency,
    act_points_of,
    plan_of,
    team_still_reaches,
    urgency_of,
    with_act_point,
    with_lead,
)

ZHENGZHOU = Stop(name="郑州", arrives_at=court_time(2, 27, 2, 4))
PLANNED, IMMINENT, TRACE = Urgency.PLANNED, Urgency.IMMINENT, Urgency.TRACE


def test_a_ticket_leads_to_the_arrival() -> None:
    assert (ON_THE_TRAIN.act_place, ON_THE_TRAIN.act_at) == ("北京西", court_time(2, 27, 6, 59))
    assert ON_THE_TRAIN.act_from == court_time(2, 27, 4, 59)
    assert ON_THE_TRAIN.useful_until == court_time(2, 27, 7, 29)
    assert (ON_THE_TRAIN.seen_place, ON_THE_TRAIN.seen_at) == ("12306", BOUGHT_AT)


@pytest.mark.parametrize(
    ("kind", "at", "useful_until"),
    [
        (SightingKind.HOTEL_CHECK_IN, court_time(2, 26, 22, 10), court_time(2, 27, 12, 0)),
        (SightingKind.HOTEL_CHECK_IN, court_time(2, 27, 2, 50), court_time(2, 28, 12, 0)),
        (SightingKind.CHECKPOINT, court_time(2, 26, 22, 10), court_time(2, 26, 22, 40)),
        (SightingKind.GATE_PASSED, court_time(2, 26, 22, 10), court_time(2, 26, 22, 40)),
        (SightingKind.OFFICE_VISIT, court_time(2, 26, 10, 0), court_time(2, 26, 10, 30)),
    ],
)
def test_a_sighting_without_a_journey_leads_to_its_own_place(
    kind: SightingKind, at: datetime, useful_until: datetime
) -> None:
    plan = plan_of(seen(kind, at, HOTEL))

    assert (plan.act_place, plan.act_at, plan.useful_until) == ("如归旅店", at, useful_until)


def test_a_journey_that_is_over_leads_to_where_the_person_was_seen() -> None:
    plan = plan_of(seen(SightingKind.GATE_PASSED, court_time(2, 27, 7, 20), BEIJING_WEST, itinerary=TONIGHT))

    assert (plan.act_place, plan.act_at) == ("北京西", court_time(2, 27, 7, 20))
    assert plan.seen_place == "北京西出站闸机"


@pytest.mark.parametrize(
    ("plan", "at", "urgency"),
    [
        (ON_THE_TRAIN, court_time(2, 25, 19, 42), PLANNED),
        (ON_THE_TRAIN, court_time(2, 27, 4, 58, 59), PLANNED),
        (ON_THE_TRAIN, court_time(2, 27, 4, 59), IMMINENT),
        (ON_THE_TRAIN, court_time(2, 27, 7, 29), IMMINENT),
        (ON_THE_TRAIN, court_time(2, 27, 7, 29, 1), TRACE),
        (AT_THE_HOTEL, court_time(2, 26, 22, 10), IMMINENT),
        (AT_THE_HOTEL, court_time(2, 27, 12, 0), IMMINENT),
        (AT_THE_HOTEL, court_time(2, 27, 12, 0, 1), TRACE),
    ],
)
def test_urgency_follows_from_the_plan_and_the_moment(plan: Plan, at: datetime, urgency: Urgency) -> None:
    assert urgency_of(plan, at) is urgency


@settings(deadline=None)
@given(
    st.sampled_from([ON_THE_TRAIN, AT_THE_HOTEL]),
    st.lists(st.integers(min_value=0, max_value=4 * 24 * 3600), min_size=2, max_size=2).map(sorted),
)
def test_urgency_never_falls_back_until_it_is_over(plan: Plan, seconds: list[int]) -> None:
    order = [PLANNED, IMMINENT, TRACE]
    earlier, later = (urgency_of(plan, BOUGHT_AT + timedelta(seconds=one)) for one in seconds)

    assert order.index(earlier) <= order.index(later)


@pytest.mark.parametrize(
    ("act_place", "act_at", "now", "reaches"),
    [
        ("北京西", court_time(2, 27, 8, 0), court_time(2, 27, 6, 0), True),
        ("北京西", court_time(2, 27, 8, 0), court_time(2, 27, 6, 0, 1), False),
        ("北京南", court_time(2, 27, 8, 0), court_time(2, 27, 5, 0), False),
    ],
)
def test_a_team_reaches_the_same_place_before_its_act_from(
    act_place: str, act_at: datetime, now: datetime, reaches: bool
) -> None:
    moved = replace(ON_THE_TRAIN, act_place=act_place, act_at=act_at)

    assert team_still_reaches(ON_THE_TRAIN, moved, now) == reaches


def test_a_journey_may_be_acted_on_where_it_begins_halts_or_ends() -> None:
    halting = TONIGHT.model_copy(update={"stops": (ZHENGZHOU,)})
    plan = plan_of(seen(SightingKind.TICKET_BOUGHT, BOUGHT_AT, HOTEL, itinerary=halting))

    assert act_points_of(plan) == (
        ActPoint(place="武昌", at=court_time(2, 26, 21, 3)),
        ActPoint(place="郑州", at=ZHENGZHOU.arrives_at),
        ActPoint(place="北京西", at=court_time(2, 27, 6, 59)),
    )
    assert act_points_of(AT_THE_HOTEL) == (AT_THE_HOTEL.act_point,)


def test_the_act_point_moves_act_from_and_never_shortens_the_use() -> None:
    at_departure = with_act_point(
        ON_THE_TRAIN, ActPoint(place="武昌", at=court_time(2, 26, 21, 3), lead=timedelta(hours=1))
    )
    the_day_after = with_act_point(ON_THE_TRAIN, ActPoint(place="如归旅店", at=court_time(2, 28, 9, 0)))

    assert at_departure.act_from == court_time(2, 26, 20, 3)
    assert at_departure.useful_until == ON_THE_TRAIN.useful_until
    assert the_day_after.useful_until == court_time(2, 28, 9, 30)


ALERT = Alert(
    alert_id=AlertId("alert-1"),
    court_id=ENTRY.court_id,
    subject_id=ENTRY.subject_id,
    state=AlertState.OPEN,
    paused=False,
    plan=ON_THE_TRAIN,
    plan_version=1,
    urgency=PLANNED,
    ladder="",
    raised_at=NOON,
    closed_at=None,
    outcome=None,
    entry_ids=(ENTRY.entry_id,),
    version=1,
)
TAKING = Taking(person_id=PersonId("person-shen"), taken_at=NOON, lapsed_at=None)
DISPATCH = Dispatch(
    dispatch_id="dispatch-1",
    leader_id=PersonId("person-shen"),
    member_ids=(PersonId("person-shen"),),
    muster_place="北京西站台",
    muster_at=NOON,
    dispatched_at=NOON,
    arrived_at=None,
)
HOLD = Hold(
    hold_id="hold-1",
    agency_id="rail",
    held_at=NOON,
    release_at=NOON + timedelta(hours=2),
    place="北京西",
    unit="北京西站派出所",
    ended_at=None,
    ended_by=None,
)
ENDED_HOLD = replace(HOLD, ended_at=NOON, ended_by="handed-over")


@pytest.mark.parametrize(
    ("taking", "dispatch", "hold", "stage"),
    [
        (None, None, None, Stage.OPEN),
        (TAKING, None, None, Stage.TAKEN),
        (TAKING, DISPATCH, None, Stage.DISPATCHED),
        (None, DISPATCH, None, Stage.DISPATCHED),
        (TAKING, DISPATCH, HOLD, Stage.HOLDING),
        (None, None, HOLD, Stage.HOLDING),
        (TAKING, DISPATCH, ENDED_HOLD, Stage.DISPATCHED),
        (None, None, ENDED_HOLD, Stage.OPEN),
    ],
)
def test_how_far_an_alert_has_come(
    taking: Taking | None, dispatch: Dispatch | None, hold: Hold | None, stage: Stage
) -> None:
    assert stage_of(ALERT, taking, dispatch, hold) is stage


@pytest.mark.parametrize(
    ("muster_at", "chinese"),
    [
        (court_time(2, 26, 17, 59), "集合时间已过，请改为今后的时间"),
        (court_time(2, 26, 18, 0), None),
        (court_time(2, 27, 6, 10), None),
        (court_time(2, 27, 7, 29), None),
        (court_time(2, 27, 7, 30), "集合时间晚于线索有效时间，请提前"),
    ],
)
def test_nobody_is_sent_to_a_muster_on_the_wrong_day(muster_at: datetime, chinese: str | None) -> None:
    problem = muster_problem(ON_THE_TRAIN, muster_at, court_time(2, 26, 19, 0))

    assert (problem and problem.zh) == chinese


def test_an_ended_alert_is_ended_whatever_stands_on_it() -> None:
    closed = replace(ALERT, state=AlertState.CLOSED, outcome=Outcome.HANDED_OVER)
    retracted = replace(ALERT, state=AlertState.RETRACTED)

    assert stage_of(closed, TAKING, DISPATCH, HOLD) is Stage.CLOSED
    assert stage_of(retracted, TAKING, DISPATCH, HOLD) is Stage.RETRACTED


def test_a_place_shows_its_detail() -> None:
    place = Place(name="北京西", city="北京", detail="出站闸机")

    assert plan_of(seen(SightingKind.GATE_PASSED, NOON, place)).seen_place == "北京西出站闸机"


@pytest.mark.parametrize(("place", "lead_h"), [("北京西站", 3), ("北京", 2)])
def test_a_place_has_the_lead_that_the_court_gave_it(place: str, lead_h: int) -> None:
    led = with_lead(ON_THE_TRAIN, {place: timedelta(hours=3)})

    assert led.act_from == ON_THE_TRAIN.act_at - timedelta(hours=lead_h)
