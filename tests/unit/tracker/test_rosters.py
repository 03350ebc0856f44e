"""Who is on duty: over midnight and the ends of months, by the calendar, in turn, in somebody's place."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.domain.calendar import Calendar
from tracker.domain.court_time import COURT_ZONE
from tracker.domain.ids import CourtId, PersonId, TeamId
from tracker.domain.people import Days, Duty
from tracker.domain.rosters import (
    Leave,
    Post,
    Roster,
    RosterRule,
    Shift,
    StandIn,
    Turn,
    gaps_between,
    next_coming,
    on_any_duty,
    on_duty,
    present_for,
    shifts_between,
)

GAO, BAI, GU, LIN = (PersonId(name) for name in ("gao", "bai", "gu", "lin"))
DESK = Post(duty=Duty.DESK)
YEAR = (date(2026, 1, 1), date(2026, 12, 31))


def at(month: int, day: int, hour: int = 0, minute: int = 0, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=COURT_ZONE).astimezone(UTC)


def rule(*people: PersonId, begins: int = 0, ends: int = 0, days: Days = Days.EVERY_DAY) -> RosterRule:
    return RosterRule(
        court_id=CourtId("yunhe"),
        duty=Duty.DESK,
        people=people,
        first_day=YEAR[0],
        last_day=YEAR[1],
        days=days,
        begins=time(begins),
        ends=time(ends),
    )


def rotation(turn: Turn, turns_from: datetime, *people: PersonId) -> RosterRule:
    return RosterRule(
        court_id=CourtId("yunhe"),
        duty=Duty.DESK,
        people=people,
        first_day=date(2020, 1, 1),
        last_day=date(2035, 12, 31),
        turn=turn,
        turns_from=turns_from,
    )


BY_DAY_AND_NIGHT = Roster(rules=(rule(GAO, begins=8, ends=20), rule(BAI, begins=20, ends=8)))


@pytest.mark.parametrize(
    ("when", "who"),
    [
        (at(3, 1, 8), GAO),
        (at(3, 1, 19, 59), GAO),
        (at(3, 1, 20), BAI),
        (at(3, 1, 0), BAI),
        (at(3, 1, 7, 59), BAI),
        (at(2, 28, 23, 59), BAI),
        (at(12, 31, 20), BAI),
        (at(1, 1, 7, 59, year=2027), BAI),
    ],
)
def test_a_night_shift_goes_over_midnight_and_the_end_of_a_month(when: datetime, who: PersonId) -> None:
    assert on_duty(BY_DAY_AND_NIGHT, DESK, when) == (who,)


def test_the_last_night_ends_in_the_morning_after_the_last_day() -> None:
    assert on_duty(BY_DAY_AND_NIGHT, DESK, at(1, 1, 8, year=2027)) == ()


def test_a_make_up_saturday_is_worked_and_its_night_belongs_to_the_day_on_which_it_began() -> None:
    roster = Roster(rules=(rule(GAO, begins=20, ends=8, days=Days.WORKDAYS),))

    assert on_duty(roster, DESK, at(2, 28, 21)) == (GAO,)
    assert on_duty(roster, DESK, at(3, 1, 7)) == (GAO,)
    assert on_duty(roster, DESK, at(3, 1, 21)) == ()


def test_rest_days_are_those_of_the_courts_own_calendar() -> None:
    calendar = Calendar(edited={date(2026, 3, 4): False})
    roster = Roster(rules=(rule(GAO, days=Days.REST_DAYS),), calendar=calendar)

    assert on_duty(roster, DESK, at(3, 4, 12)) == (GAO,)
    assert on_duty(roster, DESK, at(3, 5, 12)) == ()


@pytest.mark.parametrize(
    ("when", "who"),
    [
        (at(1, 5, 9), GAO),
        (at(1, 12, 8, 59), GAO),
        (at(1, 12, 9), BAI),
        (at(1, 19, 9), GU),
        (at(1, 26, 9), GAO),
        (at(1, 5, 8, 59), GU),
        (at(12, 29, 9, year=2031), GAO),
        (at(1, 5, 8, 59, year=2032), GAO),
        (at(1, 5, 9, year=2032), BAI),
    ],
)
def test_a_weekly_rotation_hands_over_at_its_weekday_and_time_for_years(
    when: datetime, who: PersonId
) -> None:
    roster = Roster(rules=(rotation(Turn.WEEKLY, at(1, 5, 9), GAO, BAI, GU),))

    assert on_duty(roster, DESK, when) == (who,)


def test_a_daily_rotation_hands_over_every_day() -> None:
    roster = Roster(rules=(rotation(Turn.DAILY, at(2, 27, 8), GAO, BAI),))

    assert shifts_between(roster, DESK, at(2, 27, 8), at(3, 1, 8)) == (
        Shift(post=DESK, begins_at=at(2, 27, 8), ends_at=at(2, 28), people=(GAO,)),
        Shift(post=DESK, begins_at=at(2, 28), ends_at=at(2, 28, 8), people=(GAO,)),
        Shift(post=DESK, begins_at=at(2, 28, 8), ends_at=at(3, 1), people=(BAI,)),
        Shift(post=DESK, begins_at=at(3, 1), ends_at=at(3, 1, 8), people=(BAI,)),
    )


def test_somebody_stands_in_for_one_of_two_and_for_both_where_nobody_is_named() -> None:
    both = rule(GAO, BAI)
    for_gao = StandIn(post=DESK, person_id=LIN, instead_of=GAO, begins_at=at(3, 2, 8), ends_at=at(3, 2, 12))
    for_all = StandIn(post=DESK, person_id=LIN, begins_at=at(3, 2, 12), ends_at=at(3, 2, 13))
    roster = Roster(rules=(both,), stand_ins=(for_gao, for_all))

    assert on_duty(roster, DESK, at(3, 2, 8)) == (LIN, BAI)
    assert on_duty(roster, DESK, at(3, 2, 12)) == (LIN,)
    assert on_duty(roster, DESK, at(3, 2, 13)) == (GAO, BAI)


def test_a_stand_in_fills_a_gap() -> None:
    one = StandIn(post=DESK, person_id=LIN, begins_at=at(3, 2, 8), ends_at=at(3, 2, 12))

    assert on_duty(Roster(stand_ins=(one,)), DESK, at(3, 2, 8)) == (LIN,)
    assert on_any_duty(Roster(stand_ins=(one,)), Duty.DESK, at(3, 2, 8)) == (LIN,)


def leave(person_id: PersonId, substitute_id: PersonId | None) -> Leave:
    return Leave(person_id=person_id, substitute_id=substitute_id, begins_at=at(3, 2), ends_at=at(3, 4))


@pytest.mark.parametrize(
    ("leaves", "there"),
    [
        ((), GAO),
        ((leave(GAO, BAI),), BAI),
        ((leave(GAO, BAI), leave(BAI, GU)), GU),
        ((leave(GAO, None),), None),
        ((leave(GAO, BAI), leave(BAI, GAO)), None),
        ((leave(GAO, BAI), leave(BAI, GU), leave(GU, BAI)), None),
        ((leave(BAI, GU),), GAO),
    ],
)
def test_who_is_there_for_somebody_on_leave(leaves: tuple[Leave, ...], there: PersonId | None) -> None:
    assert present_for(leaves, GAO, at(3, 3)) == there
    assert present_for(leaves, GAO, at(3, 4)) == GAO


def test_who_is_on_leave_is_not_on_duty_not_even_as_a_stand_in() -> None:
    one = StandIn(post=DESK, person_id=LIN, begins_at=at(3, 2), ends_at=at(3, 3))
    roster = Roster(rules=(rule(GAO),), stand_ins=(one,), leaves=(leave(LIN, None),))

    assert on_duty(roster, DESK, at(3, 2)) == ()


def test_a_gap_is_one_span_however_many_shifts_it_lacks() -> None:
    roster = Roster(rules=(rule(GAO, begins=8, ends=20), rule(BAI, begins=20, ends=8, days=Days.WORKDAYS)))

    gaps = gaps_between(roster, (DESK,), at(3, 6, 12), at(3, 9, 12))

    assert [(gap.begins_at, gap.ends_at) for gap in gaps] == [
        (at(3, 7, 20), at(3, 8, 8)),
        (at(3, 8, 20), at(3, 9, 8)),
    ]
    team = Post(duty=Duty.TEAM, team_id=TeamId("team-one"))
    whole = gaps_between(roster, (team,), at(3, 6), at(3, 20))
    assert [(gap.post, gap.begins_at, gap.ends_at) for gap in whole] == [(team, at(3, 6), at(3, 20))]


def test_the_next_coming_is_the_next_time_somebody_comes_on_duty() -> None:
    leader = RosterRule(
        court_id=CourtId("yunhe"), duty=Duty.LEADER, people=(GU,), first_day=YEAR[0], last_day=YEAR[1]
    )
    roster = Roster(rules=(*BY_DAY_AND_NIGHT.rules, leader))
    posts = (DESK, Post(duty=Duty.LEADER))

    assert next_coming(roster, posts, at(3, 1, 9), at(3, 15)) == at(3, 1, 20)
    assert next_coming(roster, posts[1:], at(3, 1, 9), at(3, 15)) == at(3, 15)
    workdays = Roster(rules=(rule(GAO, days=Days.WORKDAYS),))
    assert next_coming(workdays, posts, at(3, 6, 9), at(3, 20)) == at(3, 9)


PEOPLE = st.sampled_from((GAO, BAI, GU, LIN))
HOURS = st.sampled_from((0, 6, 8, 20, 23))
MOMENTS = st.integers(0, 20 * 24 * 60).map(lambda minutes: at(2, 20) + timedelta(minutes=minutes))
SPANS = st.tuples(MOMENTS, MOMENTS).filter(lambda span: span[0] != span[1]).map(sorted)


@st.composite
def rules(draw: st.DrawFn) -> RosterRule:
    turn = draw(st.sampled_from(Turn))
    return RosterRule(
        court_id=CourtId("yunhe"),
        duty=Duty.DESK,
        people=tuple(draw(st.lists(PEOPLE, min_size=1, max_size=3, unique=True))),
        first_day=date(2026, 2, draw(st.integers(18, 28))),
        last_day=date(2026, 3, draw(st.integers(1, 14))),
        days=draw(st.sampled_from(Days)),
        begins=time(draw(HOURS)),
        ends=time(draw(HOURS)),
        turn=turn,
        turns_from=None if turn is Turn.NEVER else draw(MOMENTS),
    )


@st.composite
def rosters(draw: st.DrawFn) -> Roster:
    stand_ins = draw(st.lists(st.tuples(PEOPLE, st.none() | PEOPLE, SPANS), max_size=2))
    leaves = draw(st.lists(st.tuples(PEOPLE, st.none() | PEOPLE, SPANS), max_size=2))
    return Roster(
        rules=tuple(draw(st.lists(rules(), max_size=3))),
        stand_ins=tuple(
            StandIn(post=DESK, person_id=who, instead_of=whom, begins_at=span[0], ends_at=span[1])
            for who, whom, span in stand_ins
        ),
        leaves=tuple(
            Leave(person_id=who, substitute_id=instead, begins_at=span[0], ends_at=span[1])
            for who, instead, span in leaves
        ),
    )


@settings(max_examples=60, deadline=None)
@given(rosters(), SPANS, MOMENTS)
def test_every_moment_is_covered_once_and_as_the_shifts_say(
    roster: Roster, span: list[datetime], moment: datetime
) -> None:
    shifts = shifts_between(roster, DESK, *span)

    assert [shifts[0].begins_at, shifts[-1].ends_at] == span
    assert [one.ends_at for one in shifts[:-1]] == [one.begins_at for one in shifts[1:]]
    covering = [one.people for one in shifts if one.begins_at <= moment < one.ends_at]
    inside = span[0] <= moment < span[1]
    assert covering == ([on_duty(roster, DESK, moment)] if inside else [])
    assert shifts == shifts_between(roster, DESK, *span)
