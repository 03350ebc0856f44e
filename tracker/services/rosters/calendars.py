"""Changes of the court's calendar: single days, and the yearly announcement as a small table."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from tracker.domain.announcements import Announcement, day_warnings, year_problems
from tracker.domain.authorisation import Action
from tracker.domain.calendar import NamedDay
from tracker.domain.errors import Invalid, NotFound, Problem
from tracker.domain.people import Actor
from tracker.services import audit
from tracker.services.access import require_in_court
from tracker.services.audit import About
from tracker.services.rosters.consequences import changing_roster
from tracker.storage import calendars
from tracker.storage.transaction import Tx

CALENDAR: Final = "calendar"


async def put_announcement(tx: Tx, actor: Actor, year: int, announced: Announcement) -> Sequence[Problem]:
    """Take the plan of a year over, whole or not at all; raises Invalid. What was taken and looks odd."""
    await require_in_court(tx, actor, Action.EDIT_ROSTER)
    if problems := (*announced.problems, *year_problems(year, announced.days)):
        raise Invalid(problems)
    return await _put(tx, actor, announced.days)


async def put_day(tx: Tx, actor: Actor, one: NamedDay) -> Sequence[Problem]:
    """Write a day of the court's own down. What looks odd about it."""
    await require_in_court(tx, actor, Action.EDIT_ROSTER)
    return await _put(tx, actor, [one])


async def remove_day(tx: Tx, actor: Actor, day: date) -> None:
    """Leave a day to the national plan again."""
    await require_in_court(tx, actor, Action.EDIT_ROSTER)
    async with changing_roster(tx, actor.court_id):
        if not await calendars.remove_day(tx, actor.court_id, day):
            raise NotFound("day of the court's calendar")
    await audit.record(tx, actor, "calendar day removed", About(kind=CALENDAR, key=day.isoformat()))


async def _put(tx: Tx, actor: Actor, days: Sequence[NamedDay]) -> Sequence[Problem]:
    async with changing_roster(tx, actor.court_id):
        await calendars.put_days(tx, actor.court_id, days)
    for one in days:
        about = About(kind=CALENDAR, key=one.day.isoformat())
        await audit.record(tx, actor, "calendar day set", about, is_workday=one.is_workday)
    return day_warnings(days)
