"""A planned drill may come at any moment of its hours in its four weeks, and at no other."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.calendar import Calendar
from tracker.domain.court_time import COURT_ZONE, court_day
from tracker.domain.drills import Hours, drawn_moment

FIRST_DAY = date(2026, 2, 26)
CALENDAR = Calendar()


def drawn(hours: Hours, chance: int) -> datetime:
    return drawn_moment(FIRST_DAY, hours, CALENDAR, chance).astimezone(COURT_ZONE)


@given(st.integers(0, 2**64 - 1))
def test_office_hours_are_of_workdays(chance: int) -> None:
    at = drawn(Hours.OFFICE, chance)

    assert FIRST_DAY <= at.date() < FIRST_DAY + timedelta(days=28)
    assert 9 <= at.hour < 17
    assert CALENDAR.is_workday(court_day(at))


@given(st.integers(0, 2**64 - 1))
def test_nights_are_of_every_day(chance: int) -> None:
    at = drawn(Hours.NIGHT, chance)

    assert FIRST_DAY <= at.date() <= FIRST_DAY + timedelta(days=28)
    assert at.hour >= 22 or at.hour < 6


@pytest.mark.parametrize(
    ("chance", "at"),
    [
        (0, "2026-02-26 22:00"),
        (27, "2026-03-25 22:00"),
        (28, "2026-02-26 22:01"),
        (28 * 480 - 1, "2026-03-26 05:59"),
        (28 * 480, "2026-02-26 22:00"),
    ],
)
def test_every_minute_is_as_likely(chance: int, at: str) -> None:
    assert f"{drawn(Hours.NIGHT, chance):%Y-%m-%d %H:%M}" == at
