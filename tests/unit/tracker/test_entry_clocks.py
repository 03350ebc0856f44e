"""When people hear what lies ahead of an entry, and which of its moments stand out."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from notifications.ladders import Urgency, after_quiet_hours, ladder_for
from scripts.desk import court_time
from tests.unit.tracker.examples import ENTRY
from tracker.domain.entry_clocks import (
    Ahead,
    Nearness,
    Reminder,
    ends_at,
    nearness,
    next_reminder,
    validation_due_at,
)

APPROVED_AT = court_time(2, 24, 9, 21)
VALIDATE_BY = court_time(4, 25, 9, 21)
HOLD = replace(ENTRY, valid_until=date(2026, 5, 20), validate_by=VALIDATE_BY)
NEVER_ASKED = replace(HOLD, validate_by=court_time(6, 1, 9, 21))


def reminder(at: datetime, *of: Ahead) -> Reminder:
    return Reminder(at=at, of=of)


@pytest.mark.parametrize(
    ("after", "following"),
    [
        (APPROVED_AT, reminder(court_time(3, 26, 9, 0), Ahead.VALIDATION)),
        (court_time(3, 26, 9, 0), reminder(court_time(4, 11, 9, 0), Ahead.VALIDATION)),
        (court_time(4, 11, 9, 0), reminder(court_time(4, 18, 9, 0), Ahead.VALIDATION)),
        (court_time(4, 18, 9, 0), reminder(court_time(4, 20, 9, 0), Ahead.END)),
        (court_time(4, 20, 9, 0), reminder(court_time(4, 24, 9, 0), Ahead.VALIDATION)),
        (court_time(4, 24, 9, 0), reminder(court_time(5, 6, 9, 0), Ahead.END)),
        (court_time(5, 6, 9, 0), reminder(court_time(5, 13, 9, 0), Ahead.END)),
        (court_time(5, 13, 9, 0), reminder(court_time(5, 19, 9, 0), Ahead.END)),
        (court_time(5, 19, 9, 0), None),
    ],
)
def test_people_hear_30_14_7_and_1_days_ahead_of_end_and_validation(
    after: datetime, following: Reminder | None
) -> None:
    assert next_reminder(HOLD, after) == following


def test_two_reminders_of_one_morning_go_out_together() -> None:
    entry = replace(HOLD, validate_by=court_time(5, 20, 11, 0))

    assert next_reminder(entry, APPROVED_AT) == reminder(court_time(4, 20, 9, 0), Ahead.END, Ahead.VALIDATION)


def test_a_reminder_whose_moment_has_passed_when_the_entry_begins_is_skipped() -> None:
    one_order = replace(HOLD, valid_until=date(2026, 3, 26), validate_by=VALIDATE_BY)

    assert next_reminder(one_order, court_time(2, 24, 9, 21)) == reminder(court_time(3, 12, 9, 0), Ahead.END)


def test_an_entry_that_ends_first_is_not_to_be_validated() -> None:
    assert validation_due_at(HOLD) == VALIDATE_BY
    assert validation_due_at(NEVER_ASKED) is None
    assert validation_due_at(replace(HOLD, validate_by=ends_at(HOLD))) is None
    assert next_reminder(NEVER_ASKED, APPROVED_AT) == reminder(court_time(4, 20, 9, 0), Ahead.END)


def test_no_reminder_falls_into_the_quiet_hours() -> None:
    at_night = replace(HOLD, validate_by=court_time(4, 25, 23, 30))
    following = next_reminder(at_night, APPROVED_AT)

    assert following == reminder(court_time(3, 26, 9, 0), Ahead.VALIDATION)
    assert after_quiet_hours(following.at, None, ladder_for(Urgency.TRACE)) == following.at


@pytest.mark.parametrize(
    ("ahead", "stands_out"),
    [
        (timedelta(days=14, seconds=1), Nearness.FAR),
        (timedelta(days=14), Nearness.NEAR),
        (timedelta(seconds=1), Nearness.NEAR),
        (timedelta(), Nearness.OVERDUE),
        (timedelta(days=-1), Nearness.OVERDUE),
    ],
)
def test_what_is_near_stands_out_and_what_is_overdue_more_so(ahead: timedelta, stands_out: Nearness) -> None:
    assert nearness(VALIDATE_BY, VALIDATE_BY - ahead) is stands_out


def test_what_is_not_asked_for_does_not_stand_out() -> None:
    assert nearness(None, VALIDATE_BY) is Nearness.FAR
