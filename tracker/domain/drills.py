"""Drills: an alert without a person that rings the real phones, to see who takes it and how fast.

What must not break: a drill that is planned comes once in each of its windows, in the hours it was planned
for or not at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from schemas.messages import SightingKind
from tracker.domain.calendar import Calendar
from tracker.domain.court_time import COURT_ZONE, court_day
from tracker.domain.ids import AgencyId, AlertId, CourtId, DrillId, DrillPlanId, TeamId
from tracker.domain.people import Duty
from tracker.domain.plans import Plan, Urgency

WINDOW_DAYS: Final = 28
MADE_UP_WITHIN: Final = timedelta(hours=1)
"""A court that was away longer starts none at another hour: the next window has the next."""
ACT_IN: Final = timedelta(hours=4)
"""Of a planned one: nearer than what the night may postpone."""
URGENCIES: Final = (Urgency.IMMINENT, Urgency.PLANNED)
OFFICE: Final = (time(9), timedelta(hours=8))
NIGHT: Final = (time(22), timedelta(hours=8))


class Hours(StrEnum):
    """When a planned drill may come: 9 to 17 of a workday, or 22 to 6."""

    OFFICE = "office"
    NIGHT = "night"


class Beginning(StrEnum):
    """What raised the alert: a canary that came over the agency's line, or the court by itself."""

    LINE = "line"
    COURT = "court"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whom and what a drill tries: the line of an agency, and who is told first; `team_id` of the duty of a
    team.
    """

    agency_id: AgencyId
    duty: Duty
    team_id: TeamId | None
    urgency: Urgency


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """`alert_id` and `began_by` None: it waits for a canary. `started_by`: a person, or the service."""

    drill_id: DrillId
    court_id: CourtId
    scope: Scope
    started_by: str
    started_at: datetime
    plan_id: DrillPlanId | None = None
    alert_id: AlertId | None = None
    began_by: Beginning | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillPlan:
    """One drill in every four weeks."""

    plan_id: DrillPlanId
    court_id: CourtId
    scope: Scope
    hours: Hours
    planned_by: str
    planned_at: datetime


def plan_of_drill(urgency: Urgency, place: str, at: datetime, ends_at: datetime) -> Plan:
    """Where and when the court would act, were there anybody."""
    return Plan(
        kind=SightingKind.CHECKPOINT,
        itinerary=None,
        seen_at=at,
        seen_place=place,
        seen_city="",
        act_place=place,
        act_at=at if urgency is Urgency.IMMINENT else at + ACT_IN,
        useful_until=ends_at,
    )


def drawn_moment(first_day: date, hours: Hours, calendar: Calendar, chance: int) -> datetime:
    """A minute of the window that begins on a day; `chance`: a large number that nobody guesses."""
    days = _days(first_day, hours, calendar)
    day = days[chance % len(days)]
    begins, lasts = OFFICE if hours is Hours.OFFICE else NIGHT
    minutes = chance // len(days) % int(lasts.total_seconds() // 60)
    return datetime.combine(day, begins, COURT_ZONE) + timedelta(minutes=minutes)


def _days(first_day: date, hours: Hours, calendar: Calendar) -> Sequence[date]:
    days = [first_day + timedelta(days=number) for number in range(WINDOW_DAYS)]
    return [day for day in days if hours is Hours.NIGHT or calendar.is_workday(day)]


def first_window(at: datetime) -> date:
    """The first day of the first window of a plan that is made at a moment."""
    return court_day(at) + timedelta(days=1)


def next_window(first_day: date) -> date:
    return first_day + timedelta(days=WINDOW_DAYS)
