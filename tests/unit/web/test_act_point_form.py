"""Which act points are offered, and what the form chooses."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from scripts.desk import court_time
from tests.unit.tracker.examples import AT_THE_HOTEL, ON_THE_TRAIN
from tracker.domain.plans import ActPoint, Plan, with_act_point
from tracker.web.alerts.act_point_form import offer_act_points, read_act_point
from tracker.web.fields import Fields

BEFORE = court_time(2, 26, 12, 0)
ON_THE_WAY = court_time(2, 27, 2, 0)
OWN_PLACE = with_act_point(ON_THE_TRAIN, ActPoint(place="北京西站台", at=court_time(2, 27, 7, 5)))


def typed(**values: str) -> Fields:
    return Fields({name: (value,) for name, value in values.items()})


@pytest.mark.parametrize(
    ("plan", "at", "offered"),
    [
        (ON_THE_TRAIN, BEFORE, [("武昌", False), ("北京西", True)]),
        (ON_THE_TRAIN, ON_THE_WAY, [("北京西", True)]),
        (OWN_PLACE, BEFORE, [("武昌", False), ("北京西", False)]),
        (AT_THE_HOTEL, court_time(2, 27, 8, 0), [("如归旅店", True)]),
    ],
)
def test_what_has_passed_is_not_offered(plan: Plan, at: datetime, offered: list[tuple[str, bool]]) -> None:
    assert [(one.point.place, one.stands) for one in offer_act_points(plan, at, {})] == offered


def test_a_proposal_is_chosen_with_ones_own_lead() -> None:
    fields = typed(point="0", lead="45", act_place="", act_at="")

    point = read_act_point(ON_THE_TRAIN, fields, {})

    assert point == ActPoint(place="武昌", at=court_time(2, 26, 21, 3), lead=timedelta(minutes=45))
    assert fields.problems == []


@pytest.mark.parametrize(
    ("point", "act_place", "lead_min"),
    [("0", "", 45), ("own", "武昌站", 45), ("own", "汉口", 120), ("own", "北京西", 30)],
)
def test_without_a_lead_the_place_has_its_own(point: str, act_place: str, lead_min: int) -> None:
    """The harm: people set out for a place an hour too late, because another one is nearer."""
    nearer = replace(ON_THE_TRAIN, lead=timedelta(minutes=30))
    fields = typed(point=point, lead="", act_place=act_place, act_at="2026-02-27T06:59")

    chosen = read_act_point(nearer, fields, {"武昌": timedelta(minutes=45)})

    assert chosen.lead == timedelta(minutes=lead_min)
    assert fields.problems == []


def test_an_own_place_keeps_the_time_whose_minute_was_not_changed() -> None:
    to_the_second = with_act_point(ON_THE_TRAIN, ActPoint(place="x", at=court_time(2, 27, 6, 59, 30)))
    fields = typed(point="own", lead="120", act_place="北京西站台", act_at="2026-02-27T06:59")

    assert read_act_point(to_the_second, fields, {}) == ActPoint(
        place="北京西站台", at=court_time(2, 27, 6, 59, 30)
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [("lead", "-1"), ("lead", "1441"), ("lead", "²"), ("act_place", ""), ("act_at", "soon")],
)
def test_what_cannot_be_read_is_told_by_its_field(name: str, value: str) -> None:
    right = {"point": "own", "lead": "120", "act_place": "北京西站台", "act_at": "2026-02-27T07:05"}
    fields = typed(**right | {name: value})
    read_act_point(ON_THE_TRAIN, fields, {})

    assert [problem.field for problem in fields.problems] == [name]
