"""Days of the court, its working days with their make-up workdays, and family names."""

from datetime import UTC, date, datetime

import pytest

from tracker.domain.calendar import Calendar
from tracker.domain.court_time import court_day, day_begins, day_ends
from tracker.domain.names import surname_of


@pytest.mark.parametrize(
    ("day", "works", "makes_up"),
    [
        (date(2026, 2, 27), True, False),
        (date(2026, 2, 28), True, True),
        (date(2026, 3, 1), False, False),
        (date(2026, 2, 17), False, False),
        (date(2026, 10, 1), False, False),
        (date(2026, 10, 10), True, True),
        (date(2026, 5, 23), False, False),
    ],
)
def test_the_national_plan_of_2026(day: date, works: bool, makes_up: bool) -> None:
    calendar = Calendar()

    assert calendar.is_planned(day)
    assert (calendar.is_workday(day), calendar.is_makeup_workday(day)) == (works, makes_up)


def test_a_year_without_a_plan_has_plain_weekends_and_says_so() -> None:
    calendar = Calendar()

    assert not calendar.is_planned(date(2027, 1, 1))
    assert calendar.is_workday(date(2027, 1, 1))
    assert not calendar.is_workday(date(2027, 1, 2))
    assert not calendar.is_makeup_workday(date(2027, 1, 2))


def test_the_courts_own_table_goes_before_the_plan() -> None:
    calendar = Calendar(edited={date(2027, 1, 1): False, date(2027, 1, 3): True, date(2026, 2, 28): False})

    assert calendar.is_planned(date(2027, 1, 1))
    assert not calendar.is_workday(date(2027, 1, 1))
    assert calendar.is_makeup_workday(date(2027, 1, 3))
    assert not calendar.is_workday(date(2026, 2, 28))


def test_a_day_of_the_court_begins_at_four_in_the_afternoon_utc() -> None:
    day = date(2026, 2, 25)

    assert day_begins(day) == datetime(2026, 2, 24, 16, 0, tzinfo=UTC)
    assert day_ends(day) == datetime(2026, 2, 25, 16, 0, tzinfo=UTC)
    assert court_day(datetime(2026, 2, 24, 15, 59, 59, tzinfo=UTC)) == date(2026, 2, 24)
    assert court_day(datetime(2026, 2, 24, 16, 0, tzinfo=UTC)) == day
    assert court_day(datetime(2026, 2, 25, 15, 59, 59, tzinfo=UTC)) == day


@pytest.mark.parametrize(
    ("name", "surname"),
    [
        ("佟大川", "佟"),
        ("程远舟", "程"),
        ("欧阳修远", "欧阳"),
        ("司马青", "司马"),
        ("上官云", "上官"),
        ("令狐一", "令狐"),
        ("马远", "马"),
        ("", ""),
    ],
)
def test_family_names(name: str, surname: str) -> None:
    assert surname_of(name) == surname
