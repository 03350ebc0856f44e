"""What the page of the roster shows, gathered in one reading of the books."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from tracker.domain.authorisation import Action
from tracker.domain.calendar import Calendar
from tracker.domain.court_time import court_day, day_begins, day_ends
from tracker.domain.ids import PersonId, TeamId
from tracker.domain.people import Duty
from tracker.domain.rosters import (
    Leave,
    Post,
    Roster,
    RosterRule,
    RuleId,
    Shift,
    StandIn,
    StandInId,
    on_duty,
    shifts_between,
)
from tracker.domain.swaps import Swap
from tracker.services.access import require_in_court
from tracker.services.rosters.outlook import RosterReport, missing_year, report_roster
from tracker.services.rosters.shift_changes import LOOKS_AHEAD, posts_of
from tracker.services.rosters.swaps import list_coming_shifts
from tracker.services.rosters.taking_over import find_taken_over
from tracker.storage import people, rosters, swaps
from tracker.storage.calendars import get_calendar
from tracker.storage.people import Person
from tracker.storage.transaction import Tx
from tracker.web.reading import is_allowed
from tracker.web.visits import Visit
from tracker.web.words.formats import duty_day
from tracker.web.words.labels import label

DAYS_SHOWN: Final = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class PostNow:
    """A post at this moment: who holds it, and the next shift, where the coming days have one."""

    post: Post
    now: Shift
    following: Shift | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DayLine:
    """A day with the shifts of each post, in the order of the posts."""

    name: str
    is_workday: bool
    posts: tuple[tuple[Shift, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterPage:
    posts: tuple[Post, ...]
    now: tuple[PostNow, ...]
    days: tuple[DayLine, ...]
    report: RosterReport
    missing_year: int | None
    names: Mapping[PersonId, str]
    teams: Mapping[TeamId, str]
    staff: tuple[Person, ...]
    rules: Mapping[RuleId, RosterRule]
    stand_ins: Mapping[StandInId, StandIn]
    leaves: Mapping[StandInId, Leave]
    my_shifts: tuple[Shift, ...]
    other_shifts: tuple[tuple[Shift, PersonId], ...]
    swaps: tuple[Swap, ...]
    is_on_duty: bool
    taken_over_at: datetime | None
    may_edit: bool


async def gather_roster(tx: Tx, visit: Visit) -> RosterPage:
    """Everybody of the court may read it; the forms are for who may edit."""
    court_id = visit.actor.court_id
    posts = await posts_of(tx, court_id)
    today = court_day(tx.at)
    until = max(tx.at + LOOKS_AHEAD, day_ends(today + timedelta(days=DAYS_SHOWN)))
    roster = await rosters.get_roster(tx, court_id, day_begins(today), until)
    staff = await people.list_people(tx, court_id)
    written = await rosters.list_stand_ins(tx, court_id)
    coming = await list_coming_shifts(tx, court_id)
    asked = await swaps.list_asked(tx, court_id)
    me = visit.person_id
    return RosterPage(
        posts=posts,
        now=tuple(_now(roster, post, tx.at, until) for post in posts),
        days=_days(roster, posts, today, await get_calendar(tx, court_id), visit.language),
        report=await report_roster(tx, court_id),
        missing_year=await missing_year(tx, court_id),
        names={one.person_id: one.name for one in staff},
        teams=dict(await people.list_teams(tx, court_id)),
        staff=staff,
        rules=_not_over(await rosters.list_rules(tx, court_id), today),
        stand_ins={key: one for key, one in written.items() if isinstance(one, StandIn)},
        leaves={key: one for key, one in written.items() if isinstance(one, Leave)},
        my_shifts=tuple(one for one in coming if me in one.people),
        other_shifts=tuple((one, who) for one in coming for who in one.people if who != me),
        swaps=tuple(one for one in asked if me in (one.asked_by, one.asked_of)),
        is_on_duty=any(me in on_duty(roster, post, tx.at) for post in posts),
        taken_over_at=await find_taken_over(tx, visit.actor),
        may_edit=await is_allowed(require_in_court(tx, visit.actor, Action.EDIT_ROSTER)),
    )


def post_name(post: Post, teams: Mapping[TeamId, str], language: str) -> str:
    """A team by its own name, every other post by its duty."""
    if post.team_id is not None:
        return teams.get(post.team_id, post.team_id)
    return label(Duty(post.duty), language)


def _now(roster: Roster, post: Post, at: datetime, until: datetime) -> PostNow:
    first, *later = shifts_between(roster, post, at, until)
    following = next((shift for shift in later if shift.people != first.people), None)
    ends_at = until if following is None else following.begins_at
    now = Shift(post=post, begins_at=at, ends_at=ends_at, people=first.people)
    return PostNow(post=post, now=now, following=following)


def _days(
    roster: Roster, posts: Sequence[Post], today: date, calendar: Calendar, language: str
) -> tuple[DayLine, ...]:
    days = [today + timedelta(days=count) for count in range(DAYS_SHOWN)]
    return tuple(
        DayLine(
            name=duty_day(day_begins(day), calendar, language),
            is_workday=calendar.is_workday(day),
            posts=tuple(shifts_between(roster, post, day_begins(day), day_ends(day)) for post in posts),
        )
        for day in days
    )


def _not_over(rules: Mapping[RuleId, RosterRule], today: date) -> Mapping[RuleId, RosterRule]:
    return {rule_id: rule for rule_id, rule in rules.items() if rule.last_day >= today}
