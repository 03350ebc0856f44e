"""Money is never rounded, times are the court's, and days say what the calendar says of them."""

from datetime import UTC, date, datetime, timedelta

import pytest

from tracker.domain.calendar import Calendar
from tracker.web.words.formats import (
    ago,
    day_of,
    duration,
    duty_day,
    fen_of,
    field_moment,
    moment,
    moment_of,
    time_left,
    yuan,
)

ARRIVAL = datetime(2026, 2, 27, 22, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fen", "shown"),
    [(0, "0.00"), (5, "0.05"), (8_640_000, "86,400.00"), (100_300_001, "1,003,000.01"), (-150, "-1.50")],
)
def test_fen_are_shown_in_yuan(fen: int, shown: str) -> None:
    assert yuan(fen) == shown


@pytest.mark.parametrize(
    ("typed", "fen"),
    [
        ("86400", 8_640_000),
        ("86,400.00", 8_640_000),
        (" ¥1，003，000.5 ", 100_300_050),
        ("0.01", 1),
        ("９", 900),
        ("1.005", None),
        ("-1", None),
        ("1e3", None),
        ("", None),
        ("9" * 17, None),
    ],
)
def test_what_was_typed_in_yuan_is_read_exactly_or_not_at_all(typed: str, fen: int | None) -> None:
    assert fen_of(typed) == fen


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "0秒"), (90, "90秒"), (900, "15分钟"), (7200, "2小时"), (36_000, "10小时")]
)
def test_a_duration_is_shown_in_the_largest_unit_that_holds_it_whole(seconds: int, shown: str) -> None:
    assert duration(seconds, "zh") == shown


def test_moments_are_shown_and_read_in_court_time() -> None:
    assert moment(ARRIVAL) == "2026-02-28 06:59"
    assert field_moment(ARRIVAL) == "2026-02-28T06:59"
    assert moment_of("2026-02-28T06:59") == ARRIVAL


@pytest.mark.parametrize(
    "typed", ["", "soon", "2026-02-30T00:00", "0001-01-01T00:00", "2026-02-28T06:59+00:00"]
)
def test_what_is_no_moment_of_the_court_is_not_guessed(typed: str) -> None:
    assert moment_of(typed) is None


def test_a_day_is_read_or_not() -> None:
    assert day_of("2026-02-28") == date(2026, 2, 28)
    assert day_of("2026-02-30") is None


@pytest.mark.parametrize(
    ("at", "language", "shown"),
    [
        (ARRIVAL, "zh", "28日 周六（调休上班）"),
        (ARRIVAL, "en", "Sat 28 Feb (make-up workday)"),
        (datetime(2026, 2, 25, 4, tzinfo=UTC), "zh", "25日 周三（工作日）"),
        (datetime(2026, 2, 18, 4, tzinfo=UTC), "zh", "18日 周三（休息日）"),
        (datetime(2031, 3, 1, 4, tzinfo=UTC), "zh", "1日 周六（休息日，节假日安排未公布）"),
    ],
)
def test_a_day_says_what_the_calendar_says(at: datetime, language: str, shown: str) -> None:
    assert duty_day(at, Calendar(), language) == shown


@pytest.mark.parametrize(
    ("at", "language", "left"),
    [
        (datetime(2026, 2, 27, 22, 58, 30, tzinfo=UTC), "zh", "0分"),
        (datetime(2026, 2, 27, 12, 2, tzinfo=UTC), "zh", "10小时57分"),
        (datetime(2026, 2, 25, 11, 59, tzinfo=UTC), "zh", "2天11小时0分"),
        (datetime(2026, 2, 25, 11, 59, tzinfo=UTC), "en", "2d 11h 0min"),
    ],
)
def test_the_time_left_is_whole_minutes(at: datetime, language: str, left: str) -> None:
    assert time_left(ARRIVAL, at, language) == left


@pytest.mark.parametrize(
    ("after", "language", "told"),
    [
        (timedelta(seconds=-1), "zh", "刚刚"),
        (timedelta(seconds=59), "zh", "刚刚"),
        (timedelta(seconds=59), "en", "just now"),
        (timedelta(minutes=1), "zh", "1分前"),
        (timedelta(hours=2, minutes=3), "en", "2h 3min ago"),
    ],
)
def test_an_age_is_told_in_minutes_from_the_first_on(after: timedelta, language: str, told: str) -> None:
    assert ago(ARRIVAL, ARRIVAL + after, language) == told
