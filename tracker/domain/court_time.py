"""Court time: stored and compared in UTC, shown and counted in days as Asia/Shanghai."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from notifications import court_time

COURT_ZONE: Final = court_time.COURT_ZONE


def court_day(at: datetime) -> date:
    """The calendar day at the court."""
    return at.astimezone(COURT_ZONE).date()


def day_begins(day: date) -> datetime:
    """The first moment (UTC) of a court day."""
    return datetime.combine(day, time(), COURT_ZONE).astimezone(UTC)


def day_ends(day: date) -> datetime:
    """The first moment (UTC) that no longer belongs to a court day."""
    return day_begins(day + timedelta(days=1))
