"""The whole table of what an officer is told: every way in which a stop is not allowed, one by one."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from adapters.edge.instruction import DisplayState, Facts, NoStop, display_state, find_obstacle
from adapters.replica.values import Entry
from adapters.screening import FeedCondition, Trust
from adapters.store.holds import Hold, HoldState
from schemas.measures import STOPPING_MEASURES, Measure
from schemas.messages import Answer, Confirmation, Discretion, StandDown, StandDownReason

AT = datetime(2026, 2, 27, 22, 59, tzinfo=UTC)
ENTRY = Entry(version=2, measure=Measure.HOLD_FOR_SUMMONS, valid_until=date(2026, 5, 24), tokens=(b"a" * 16,))
STILL_WANTED = Confirmation(
    reference=7,
    version=2,
    answer=Answer.STILL_WANTED,
    act_point="北京西站台",
    act_at=AT,
    discretion=Discretion.MUST_NOT_TELL,
    who_comes="沈法官",
    phone_24h="010-00000000",
    hold_for_s=7_200,
    valid_until=AT + timedelta(hours=1),
)
HOLD = Hold(
    reference=7,
    version=2,
    order_id="court-1",
    release_at=AT + timedelta(hours=2),
    state=HoldState.HOLDING,
)
MAY_STOP = Facts(at=AT, entry=ENTRY, condition=FeedCondition.PROVEN, order=STILL_WANTED, order_id="court-1")


def stand_down(version: int) -> StandDown:
    return StandDown(reference=7, version=version, reason=StandDownReason.PERFORMED, release_now=True)


def said(**terms: Any) -> Confirmation:
    return STILL_WANTED.model_copy(update=terms)


def entry(**terms: Any) -> Entry:
    return replace(ENTRY, **terms)


def hold(**terms: Any) -> Hold:
    return replace(HOLD, **terms)


def test_with_everything_in_place_nothing_stands_against_a_stop() -> None:
    assert find_obstacle(MAY_STOP, Trust.FULL) is None
    assert display_state(MAY_STOP) is DisplayState.HOLD_WHEN_CHECKED


@pytest.mark.parametrize(
    ("missing", "reason", "shown"),
    [
        ({"entry": None}, NoStop.NOT_IN_FORCE, DisplayState.GONE),
        ({"order": stand_down(2)}, NoStop.STOOD_DOWN, DisplayState.GONE),
        ({"order": stand_down(3)}, NoStop.STOOD_DOWN, DisplayState.GONE),
        ({"order": said(answer=Answer.STAND_DOWN)}, NoStop.STOOD_DOWN, DisplayState.GONE),
        ({"order": stand_down(1)}, NoStop.NOT_CONFIRMED, DisplayState.REPORT_ONLY),
        ({"order": None}, NoStop.NOT_CONFIRMED, DisplayState.REPORT_ONLY),
        ({"order": said(answer=Answer.MORE_TIME)}, NoStop.NOT_CONFIRMED, DisplayState.REPORT_ONLY),
        ({"order": said(version=1)}, NoStop.NOT_CONFIRMED, DisplayState.REPORT_ONLY),
        ({"order": said(version=3)}, NoStop.NOT_CONFIRMED, DisplayState.REPORT_ONLY),
        ({"order": said(valid_until=AT)}, NoStop.NOT_CONFIRMED, DisplayState.REPORT_ONLY),
        ({"order": said(hold_for_s=None)}, NoStop.NO_HOLD_GRANTED, DisplayState.REPORT_ONLY),
        ({"is_used_up": True}, NoStop.HOLD_USED_UP, DisplayState.REPORT_ONLY),
        ({"condition": FeedCondition.UNPROVEN}, NoStop.LIST_NOT_PROVEN, DisplayState.HOLD_WHEN_CHECKED),
        ({"condition": FeedCondition.BEHIND}, NoStop.LIST_NOT_PROVEN, DisplayState.HOLD_WHEN_CHECKED),
        ({"condition": FeedCondition.DIVERGED}, NoStop.LIST_NOT_PROVEN, DisplayState.HOLD_WHEN_CHECKED),
        ({"condition": FeedCondition.RAN_BACK}, NoStop.LIST_NOT_PROVEN, DisplayState.HOLD_WHEN_CHECKED),
    ],
)
def test_one_thing_missing_is_enough_not_to_stop(
    missing: dict[str, Any], reason: NoStop, shown: DisplayState
) -> None:
    facts = replace(MAY_STOP, **missing)

    assert (find_obstacle(facts, Trust.FULL), display_state(facts)) == (reason, shown)


@pytest.mark.parametrize("trust", [Trust.NO_STOPS, Trust.NO_HITS])
def test_a_silent_court_is_enough_not_to_stop(trust: Trust) -> None:
    assert find_obstacle(MAY_STOP, trust) is NoStop.COURT_SILENT


@pytest.mark.parametrize("measure", sorted(set(Measure) - STOPPING_MEASURES))
def test_only_a_stopping_measure_ever_stops(measure: Measure) -> None:
    facts = replace(MAY_STOP, entry=entry(measure=measure))

    assert find_obstacle(facts, Trust.FULL) is NoStop.NOT_A_STOPPING_MEASURE
    assert display_state(facts) is DisplayState.REPORT_ONLY


@pytest.mark.parametrize("measure", sorted(STOPPING_MEASURES))
def test_every_stopping_measure_stops_when_confirmed(measure: Measure) -> None:
    facts = replace(MAY_STOP, entry=entry(measure=measure))

    assert find_obstacle(facts, Trust.FULL) is None


@pytest.mark.parametrize(
    ("facts", "shown"),
    [
        ({}, DisplayState.HOLDING),
        ({"order": None}, DisplayState.HOLDING),
        ({"order": said(valid_until=AT)}, DisplayState.HOLDING),
        ({"entry": entry(version=3)}, DisplayState.HOLDING),
        ({"condition": FeedCondition.BEHIND}, DisplayState.HOLDING),
        ({"at": HOLD.release_at}, DisplayState.RELEASE),
        ({"entry": None}, DisplayState.RELEASE),
        ({"entry": entry(measure=Measure.SERVE)}, DisplayState.RELEASE),
        ({"order": stand_down(2)}, DisplayState.RELEASE),
        ({"order": said(answer=Answer.STAND_DOWN)}, DisplayState.RELEASE),
        ({"hold": hold(state=HoldState.TO_RELEASE)}, DisplayState.RELEASE),
    ],
)
def test_a_hold_goes_on_until_anything_ends_it(facts: dict[str, Any], shown: DisplayState) -> None:
    assert display_state(replace(MAY_STOP, **{"hold": HOLD, **facts})) is shown
