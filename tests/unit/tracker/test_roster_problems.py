"""What is wrong with a change of the roster or the calendar is said with the remedy."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from tracker.domain.announcements import day_warnings, read_announcement, year_problems
from tracker.domain.calendar import Calendar, NamedDay
from tracker.domain.ids import CourtId, PersonId, TeamId
from tracker.domain.people import Duty, HeldRole, Role
from tracker.domain.roster_problems import (
    Change,
    change_problems,
    leave_problems,
    rule_problems,
    stand_in_problems,
    swap_problems,
)
from tracker.domain.rosters import Leave, Post, RosterRule, Shift, StandIn, Turn

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
GAO, BAI = PersonId("gao"), PersonId("bai")
DESK = Post(duty=Duty.DESK)
RULE = RosterRule(
    court_id=CourtId("yunhe"),
    duty=Duty.DESK,
    people=(GAO,),
    first_day=date(2026, 3, 1),
    last_day=date(2026, 3, 31),
)
STAND_IN = StandIn(post=DESK, person_id=BAI, instead_of=GAO, begins_at=NOW, ends_at=NOW + HOUR)
LEAVE = Leave(person_id=GAO, substitute_id=BAI, begins_at=NOW, ends_at=NOW + HOUR)


def fields(problems: tuple[object, ...]) -> list[str]:
    return [str(getattr(one, "field", "")) for one in problems]


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        (RULE, []),
        (replace(RULE, people=()), ["people"]),
        (replace(RULE, people=(GAO, GAO)), ["people"]),
        (replace(RULE, last_day=date(2026, 2, 28)), ["last_day"]),
        (replace(RULE, team_id=TeamId("team-one")), ["team"]),
        (replace(RULE, duty=Duty.TEAM), ["team"]),
        (replace(RULE, turn=Turn.WEEKLY), ["turns_from"]),
        (replace(RULE, turns_from=NOW), ["turns_from"]),
        (replace(RULE, turn=Turn.DAILY, turns_from=NOW), []),
    ],
)
def test_a_rule_that_cannot_be(rule: RosterRule, wrong: list[str]) -> None:
    assert fields(rule_problems(rule)) == wrong


@pytest.mark.parametrize(
    ("new", "wrong"),
    [
        (STAND_IN, ["begins_at"]),
        (replace(STAND_IN, instead_of=None), ["begins_at"]),
        (replace(STAND_IN, instead_of=PersonId("gu")), []),
        (replace(STAND_IN, begins_at=NOW + HOUR, ends_at=NOW + 2 * HOUR), []),
        (replace(STAND_IN, post=Post(duty=Duty.LEADER)), []),
        (replace(STAND_IN, post=Post(duty=Duty.LEADER), instead_of=BAI), ["person_id"]),
        (replace(STAND_IN, post=Post(duty=Duty.LEADER), ends_at=NOW - HOUR), ["ends_at"]),
        (
            replace(STAND_IN, post=Post(duty=Duty.LEADER), begins_at=NOW - 2 * HOUR, ends_at=NOW - HOUR),
            ["ends_at"],
        ),
    ],
)
def test_a_stand_in_overlaps_no_other_one(new: StandIn, wrong: list[str]) -> None:
    assert fields(stand_in_problems(new, [STAND_IN], NOW)) == wrong


@pytest.mark.parametrize(
    ("new", "wrong"),
    [
        (LEAVE, ["begins_at"]),
        (replace(LEAVE, person_id=PersonId("gu")), []),
        (replace(LEAVE, person_id=BAI), ["person_id"]),
        (replace(LEAVE, begins_at=NOW + HOUR, ends_at=NOW + HOUR), ["ends_at"]),
    ],
)
def test_a_leave_overlaps_no_other_one_of_the_same_person(new: Leave, wrong: list[str]) -> None:
    assert fields(leave_problems(new, [LEAVE], NOW)) == wrong


def shift(*people: PersonId, begins_at: datetime = NOW + HOUR) -> Shift:
    return Shift(post=DESK, begins_at=begins_at, ends_at=begins_at + HOUR, people=people)


@pytest.mark.parametrize(
    ("offered", "wanted", "wrong"),
    [
        (shift(GAO), shift(BAI), []),
        (shift(BAI), shift(BAI), ["offered"]),
        (None, shift(BAI), ["offered"]),
        (shift(GAO, begins_at=NOW), shift(BAI), ["offered"]),
        (shift(GAO), shift(GAO), ["wanted"]),
        (shift(GAO), None, ["wanted"]),
    ],
)
def test_a_swap_needs_two_coming_shifts_of_two_people(
    offered: Shift | None, wanted: Shift | None, wrong: list[str]
) -> None:
    assert fields(swap_problems(GAO, offered, BAI, wanted, NOW)) == wrong


LEADER_POST = Post(duty=Duty.LEADER)
ON_THE_DESK, LEADS = (
    HeldRole(role=Role.COMMAND_DESK, team_id=None),
    HeldRole(role=Role.BUREAU_LEADER, team_id=None),
)
LEADERS = replace(shift(BAI), post=LEADER_POST)
TEAMS = replace(shift(BAI), post=Post(duty=Duty.TEAM, team_id=TeamId("team-1")))
A_DAY_LATER = shift(BAI, begins_at=NOW + 25 * HOUR)


@pytest.mark.parametrize(
    ("held", "gets", "own", "wrong"),
    [
        ([ON_THE_DESK], A_DAY_LATER, [], []),
        ([], A_DAY_LATER, [], []),
        ([ON_THE_DESK], LEADERS, [], ["wanted"]),
        ([ON_THE_DESK, LEADS], LEADERS, [shift(GAO)], []),
        ([ON_THE_DESK], TEAMS, [], ["wanted"]),
        ([HeldRole(role=Role.CLERK, team_id=TeamId("team-1"))], TEAMS, [], []),
        ([LEADS], LEADERS, [replace(TEAMS, people=(GAO,))], ["wanted"]),
    ],
)
def test_a_swap_gives_nobody_a_post_without_its_role_nor_two_at_once(
    held: list[HeldRole], gets: Shift, own: list[Shift], wrong: list[str]
) -> None:
    """The harm: on that shift nobody may act, or one person is to be at two places."""
    assert fields(change_problems(Change(held=held, gives=shift(GAO), gets=gets, own=own))) == wrong


PLAN = "2027-01-01,休,元旦\n\n2027-10-01\t放假\t国庆节\n2027-10-09，班，调休"


@pytest.mark.parametrize(
    "day", ["2027-01-01", "2027/1/1", "2027.1.1", "2027年1月1日", "２０２７－０１－０１"], ids=repr
)
def test_a_day_is_read_as_spreadsheets_and_announcements_write_it(day: str) -> None:
    (read,) = read_announcement(f"{day}\t休\t元旦").days

    assert (read.day, read.is_workday, read.name) == (date(2027, 1, 1), False, "元旦")


def test_an_announcement_is_read_whole_and_makes_its_year_known() -> None:
    announced = read_announcement(PLAN)

    assert announced.problems == ()
    assert announced.days[2] == NamedDay(day=date(2027, 10, 9), is_workday=True, name="调休")
    assert (year_problems(2027, announced.days), day_warnings(announced.days)) == ((), ())
    calendar = Calendar(edited={one.day: one.is_workday for one in announced.days})
    assert calendar.has_year(2027)
    assert not calendar.has_year(2028)
    assert calendar.is_planned(date(2027, 5, 6))


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (f"{PLAN}\n2028-01-01,休,元旦", "2028-01-01 is not in 2027: remove or mend it"),
        (f"{PLAN}\n2027-01-01,休,元旦", "2027-01-01 is there 2 times: keep one"),
        ("2027-01-01,休,元旦", "2027-10-01 is missing: enter the plan of the whole year"),
    ],
)
def test_what_is_no_plan_of_the_year_is_told(table: str, told: str) -> None:
    assert [one.en for one in year_problems(2027, read_announcement(table).days)] == [told]


@pytest.mark.parametrize(
    "line", ["2027-13-01,休,元旦", "2027-01-01,也许,元旦", "元旦", f"2027-01-01,休,{'长' * 65}"]
)
def test_a_line_that_cannot_be_read_is_named(line: str) -> None:
    (problem,) = read_announcement(f"\n{line}").problems

    assert problem.en.startswith("line 2 cannot be read")


def test_a_make_up_workday_on_no_weekend_is_a_warning() -> None:
    (warning,) = day_warnings([NamedDay(day=date(2027, 10, 8), is_workday=True)])

    assert warning.zh == "2027-10-08不是周末，却录为调休上班，请核对"
