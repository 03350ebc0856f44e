"""Who is on duty: shifts by time of day, rotations, stand-ins and leave.

Rules say who holds a post on which days between which times. A stand-in then takes somebody's place, or the
whole post, for a while. Whoever is on leave is not there, whatever else is written: the substitute is, or
nobody.

What must not break: `on_duty` alone decides. Shifts, gaps and changes are read off it, so that a page never
shows another person than the one who is rung.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final, NewType

from tracker.domain.calendar import Calendar
from tracker.domain.court_time import COURT_ZONE, court_day
from tracker.domain.ids import CourtId, PersonId, TeamId
from tracker.domain.people import Days, Duty

RuleId = NewType("RuleId", str)
StandInId = NewType("StandInId", str)

MIDNIGHT: Final = time(0)
ONE_DAY: Final = timedelta(days=1)


class Turn(StrEnum):
    """How often a rule hands over from one of its people to the next."""

    NEVER = "never"
    """All of them are on shift together."""
    DAILY = "daily"
    WEEKLY = "weekly"


PERIODS: Final = {Turn.DAILY: ONE_DAY, Turn.WEEKLY: timedelta(weeks=1)}
"""Of elapsed time: the court's clock has not been put forward or back since 1991."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What somebody is on shift for; only the duty of a team names one."""

    duty: Duty
    team_id: TeamId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterRule:
    """Shifts that begin on these days, first and last included, at a time of day of the court.

    `ends` not after `begins`: on the next day, so that the default is the whole day. `turns_from`: when the
    first of the people has the first turn; its weekday and its time are those of every later turn.
    """

    court_id: CourtId
    duty: Duty
    people: tuple[PersonId, ...]
    first_day: date
    last_day: date
    days: Days = Days.EVERY_DAY
    begins: time = MIDNIGHT
    ends: time = MIDNIGHT
    turn: Turn = Turn.NEVER
    turns_from: datetime | None = None
    team_id: TeamId | None = None

    @property
    def post(self) -> Post:
        return Post(duty=self.duty, team_id=self.team_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """From one moment until before another a person takes somebody's place at a post. `instead_of` None: of
    whoever is on shift, and also where nobody is.
    """

    post: Post
    person_id: PersonId
    begins_at: datetime
    ends_at: datetime
    instead_of: PersonId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """A person is away; the substitute serves their duties and answers for their cases."""

    person_id: PersonId
    begins_at: datetime
    ends_at: datetime
    substitute_id: PersonId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """All that decides who is on duty. Rules and stand-ins are in the order in which they were written."""

    rules: Sequence[RosterRule] = ()
    stand_ins: Sequence[StandIn] = ()
    leaves: Sequence[Leave] = ()
    calendar: Calendar = field(default_factory=Calendar)

    @property
    def posts(self) -> tuple[Post, ...]:
        """The posts that anything is written about."""
        return tuple(
            dict.fromkeys([*(one.post for one in self.rules), *(one.post for one in self.stand_ins)])
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """The same people all the time, from one moment until before another. Nobody: a gap."""

    post: Post
    begins_at: datetime
    ends_at: datetime
    people: tuple[PersonId, ...]


def on_duty(roster: Roster, post: Post, when: datetime) -> tuple[PersonId, ...]:
    """Who holds a post at a moment, in the roster's order, each once."""
    held_by: list[PersonId] = []
    for rule in roster.rules:
        if rule.post == post and _holds(rule, roster.calendar, when):
            held_by += _whose_turn(rule, when)
    for one in roster.stand_ins:
        if one.post == post and one.begins_at <= when < one.ends_at:
            held_by = _with_stand_in(held_by, one)
    there = [present_for(roster.leaves, person_id, when) for person_id in held_by]
    return tuple(dict.fromkeys(one for one in there if one is not None))


def on_any_duty(roster: Roster, duty: Duty, when: datetime) -> tuple[PersonId, ...]:
    """The same of every post of a duty: of all teams."""
    posts = [post for post in roster.posts if post.duty is duty]
    return tuple(dict.fromkeys(one for post in posts for one in on_duty(roster, post, when)))


def present_for(leaves: Iterable[Leave], person_id: PersonId, when: datetime) -> PersonId | None:
    """The person; while that person is on leave the substitute, or theirs; None when nobody is there."""
    away = {one.person_id: one.substitute_id for one in leaves if one.begins_at <= when < one.ends_at}
    asked: PersonId | None = person_id
    passed: set[PersonId] = set()
    while asked is not None and asked in away:
        if asked in passed:
            return None
        passed.add(asked)
        asked = away[asked]
    return asked


def shifts_between(roster: Roster, post: Post, begins_at: datetime, ends_at: datetime) -> tuple[Shift, ...]:
    """The shifts of a post in a span, in order, without an overlap and without a hole: gaps are among them.
    The first and the last are cut at the ends of the span.
    """
    edges = set(_edges(roster, post, begins_at, ends_at))
    points = sorted({begins_at, *edges, *_points(roster, post, begins_at, ends_at), ends_at})
    shifts: list[Shift] = []
    for start, end in pairwise(points):
        people = on_duty(roster, post, start)
        if shifts and shifts[-1].people == people and (start not in edges or not people):
            start = shifts.pop().begins_at
        shifts.append(Shift(post=post, begins_at=start, ends_at=end, people=people))
    return tuple(shifts)


def gaps_between(
    roster: Roster, posts: Iterable[Post], begins_at: datetime, ends_at: datetime
) -> tuple[Shift, ...]:
    """Where nobody is on shift, the earliest first."""
    gaps = [
        shift
        for post in posts
        for shift in shifts_between(roster, post, begins_at, ends_at)
        if not shift.people
    ]
    return tuple(sorted(gaps, key=lambda gap: gap.begins_at))


def next_coming(roster: Roster, posts: Iterable[Post], after: datetime, until: datetime) -> datetime:
    """When somebody comes on duty next who was not a moment before; `until` when nobody does."""
    for post in posts:
        shifts = shifts_between(roster, post, after, until)
        comings = (one.begins_at for former, one in pairwise(shifts) if set(one.people) - set(former.people))
        until = next(comings, until)
    return until


def hours_of(rule: RosterRule, day: date) -> tuple[datetime, datetime]:
    """Beginning and end (UTC) of the shift that begins on a day."""
    begins = datetime.combine(day, rule.begins, COURT_ZONE)
    ends = datetime.combine(day if rule.ends > rule.begins else day + ONE_DAY, rule.ends, COURT_ZONE)
    return begins.astimezone(UTC), ends.astimezone(UTC)


def _begins_on(rule: RosterRule, calendar: Calendar, day: date) -> bool:
    if not rule.first_day <= day <= rule.last_day:
        return False
    return rule.days is Days.EVERY_DAY or (rule.days is Days.WORKDAYS) == calendar.is_workday(day)


def _holds(rule: RosterRule, calendar: Calendar, when: datetime) -> bool:
    today = court_day(when)
    for day in (today, today - ONE_DAY):
        begins_at, ends_at = hours_of(rule, day)
        if begins_at <= when < ends_at:
            # Shifts of one rule never overlap: no other day can hold this moment.
            return _begins_on(rule, calendar, day)
    return False


def _whose_turn(rule: RosterRule, when: datetime) -> Sequence[PersonId]:
    if rule.turn is Turn.NEVER or rule.turns_from is None:
        return rule.people
    turns = (when - rule.turns_from) // PERIODS[rule.turn]
    return (rule.people[turns % len(rule.people)],)


def _with_stand_in(held_by: Sequence[PersonId], one: StandIn) -> list[PersonId]:
    if one.instead_of is None:
        return [one.person_id]
    return [one.person_id if person_id == one.instead_of else person_id for person_id in held_by]


def _edges(roster: Roster, post: Post, begins_at: datetime, ends_at: datetime) -> Iterator[datetime]:
    """Where shifts begin and end by the rules, inside a span."""
    days = (court_day(ends_at) - court_day(begins_at)).days
    for rule in roster.rules:
        for count in range(-1, days + 1) if rule.post == post else ():
            day = court_day(begins_at) + count * ONE_DAY
            if _begins_on(rule, roster.calendar, day):
                yield from (at for at in hours_of(rule, day) if begins_at < at < ends_at)


def _points(roster: Roster, post: Post, begins_at: datetime, ends_at: datetime) -> Iterator[datetime]:
    """Where else the people may change, inside a span."""
    for rule in roster.rules:
        if rule.post == post:
            yield from _turns(rule, begins_at, ends_at)
    written: list[StandIn | Leave] = [one for one in roster.stand_ins if one.post == post]
    for one in [*written, *roster.leaves]:
        yield from (at for at in (one.begins_at, one.ends_at) if begins_at < at < ends_at)


def _turns(rule: RosterRule, begins_at: datetime, ends_at: datetime) -> Iterator[datetime]:
    if rule.turn is Turn.NEVER or rule.turns_from is None:
        return
    period = PERIODS[rule.turn]
    at = rule.turns_from + ((begins_at - rule.turns_from) // period + 1) * period
    while at < ends_at:
        yield at
        at += period
