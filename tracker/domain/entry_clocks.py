"""What time brings an entry in force: reminders, the moment by which it must be validated, its end. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from tracker.domain.court_time import court_day, day_begins, day_ends
from tracker.domain.entries import Entry

REMINDED_DAYS_AHEAD = (30, 14, 7, 1)
REMINDED_AT = time(9)
"""Court time: at work, and far from the quiet hours."""
NEAR_WITHIN = timedelta(days=14)


class Ahead(StrEnum):
    """What a reminder is about."""

    END = "end"
    VALIDATION = "validation"


class Nearness(StrEnum):
    """How a moment of an entry stands out on the screen."""

    FAR = "far"
    NEAR = "near"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """One morning on which people hear what lies ahead of an entry."""

    at: datetime
    of: tuple[Ahead, ...]


def ends_at(entry: Entry) -> datetime:
    """The first moment that no longer belongs to it."""
    return day_ends(entry.valid_until)


def validation_due_at(entry: Entry) -> datetime | None:
    """When it is suspended unless somebody validates it; None where it ends before that."""
    is_asked = entry.validate_by is not None and entry.validate_by < ends_at(entry)
    return entry.validate_by if is_asked else None


def next_reminder(entry: Entry, after: datetime) -> Reminder | None:
    """The first reminder later than a moment, with all it is about; what has passed by then is skipped."""
    coming = [(at, of) for at, of in _reminders(entry) if at > after]
    if not coming:
        return None
    first = min(at for at, _ in coming)
    return Reminder(at=first, of=tuple(of for at, of in coming if at == first))


def _reminders(entry: Entry) -> Iterator[tuple[datetime, Ahead]]:
    """Days are counted from the last day on which something can still be done."""
    validation_at = validation_due_at(entry)
    for days in REMINDED_DAYS_AHEAD:
        ahead = timedelta(days=days) - timedelta(hours=REMINDED_AT.hour)
        yield day_begins(entry.valid_until) - ahead, Ahead.END
        if validation_at is not None:
            yield day_begins(court_day(validation_at)) - ahead, Ahead.VALIDATION


def nearness(moment: datetime | None, at: datetime) -> Nearness:
    """Whether a moment has passed, is near, or may wait."""
    if moment is None or moment - at > NEAR_WITHIN:
        return Nearness.FAR
    return Nearness.NEAR if moment > at else Nearness.OVERDUE
