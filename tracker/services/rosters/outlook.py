"""Looks ahead by itself: a post that nobody will hold, people who cannot be reached, a year without holidays.

A gap is told each morning while it begins within two days, and once a week before that; a missing year once a
month from November on. While nothing is to be told the roster is looked at when the next gap draws near, and
on the morning after each change.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final

from notifications.channels.port import ChannelKind
from notifications.texts import Facts, Language, TextId
from tracker.domain.court_time import COURT_ZONE, court_day
from tracker.domain.due import DueKind, DueWork
from tracker.domain.ids import CourtId, PersonId
from tracker.domain.people import DUTY_EN, DUTY_ZH, Duty, Role
from tracker.domain.rosters import Post, Shift, gaps_between, shifts_between
from tracker.services.notices.staff import StaffNotice, tell_people
from tracker.services.notices.telling import BY_TEXT
from tracker.services.people.living_ways import can_be_reached
from tracker.services.rosters.shift_changes import LOOKS_AHEAD, posts_of, watch_shifts
from tracker.storage import due_work, people, rosters
from tracker.storage.calendars import get_calendar
from tracker.storage.transaction import Tx

MORNING: Final = time(9)
ONE_DAY: Final = timedelta(days=1)
LOOKS_FAR_AHEAD: Final = timedelta(days=42)
"""For the next look, where the coming days have no gap."""
PRESSING: Final = timedelta(hours=48)
ONCE_A_WEEK: Final = timedelta(days=7)
ANNOUNCED_IN: Final = 11
"""The month from which on the plan of the next year is missed."""
BY_PUSH: Final = (ChannelKind.PUSH,)


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterReport:
    """What the coming days lack: gaps, the earliest first, and people on shift without a number, or
    to whom nothing leads.
    """

    gaps: tuple[Shift, ...]
    phoneless: tuple[PersonId, ...]

    def is_pressing(self, at: datetime) -> bool:
        return any(gap.begins_at <= at + PRESSING for gap in self.gaps)


async def watch_roster(tx: Tx, court_id: CourtId) -> None:
    """See to it that every look ahead is waited for. Doing it again changes nothing."""
    await rosters.lock_roster(tx, court_id)
    await watch_shifts(tx, court_id)
    for kind in (DueKind.ROSTER_CHECK, DueKind.CALENDAR_CHECK):
        if await due_work.find_due(tx, court_id, kind) is None:
            await _wait(tx, court_id, kind, _next_morning(tx.at))


async def report_roster(tx: Tx, court_id: CourtId) -> RosterReport:
    """Of the coming 14 days."""
    until = tx.at + LOOKS_AHEAD
    roster = await rosters.get_roster(tx, court_id, tx.at, until)
    posts = await posts_of(tx, court_id)
    on_shift = {
        one for post in posts for shift in shifts_between(roster, post, tx.at, until) for one in shift.people
    }
    known = await people.list_people(tx, court_id)
    return RosterReport(
        gaps=gaps_between(roster, posts, tx.at, until),
        phoneless=tuple(
            [
                one.person_id
                for one in known
                if one.person_id in on_shift and not (one.phone and await can_be_reached(tx, one.person_id))
            ]
        ),
    )


async def missing_year(tx: Tx, court_id: CourtId) -> int | None:
    """The year whose holidays should be known by now and are not."""
    calendar, today = await get_calendar(tx, court_id), court_day(tx.at)
    years = (today.year, today.year + 1) if today.month >= ANNOUNCED_IN else (today.year,)
    return next((year for year in years if not calendar.has_year(year)), None)


async def check_roster(tx: Tx, due: DueWork) -> None:
    """Tell administrators and the bureau's leaders of gaps, as often as they press."""
    court_id = CourtId(due.about)
    report = await report_roster(tx, court_id)
    told_on = date.fromisoformat(due.detail["told_on"]) if "told_on" in due.detail else None
    rested = told_on is None or court_day(tx.at) - told_on >= ONCE_A_WEEK
    if (report.gaps or report.phoneless) and (rested or report.is_pressing(tx.at)):
        await _tell_of_gaps(tx, court_id, report)
        told_on = court_day(tx.at)
    detail = {} if told_on is None else {"told_on": told_on.isoformat()}
    await _wait(tx, court_id, DueKind.ROSTER_CHECK, await _next_look(tx, court_id, report), detail)


async def check_next_morning(tx: Tx, court_id: CourtId) -> None:
    """The roster was changed: what it lacks now is told soon, however long ago it was told of other gaps."""
    waiting = await due_work.find_due(tx, court_id, DueKind.ROSTER_CHECK)
    if waiting is not None and waiting.due_at > _next_morning(tx.at):
        await due_work.cancel_due(tx, court_id, [DueKind.ROSTER_CHECK])
        await _wait(tx, court_id, DueKind.ROSTER_CHECK, _next_morning(tx.at), waiting.detail)


async def _next_look(tx: Tx, court_id: CourtId, report: RosterReport) -> datetime:
    """The next morning on which something may have to be told."""
    morning = _next_morning(tx.at)
    if report.gaps or report.phoneless:
        # Weekly, unless the first gap presses before.
        first = min((gap.begins_at for gap in report.gaps), default=tx.at + LOOKS_AHEAD)
        return max(morning, min(morning + ONCE_A_WEEK - ONE_DAY, _next_morning(first - PRESSING)))
    until = tx.at + LOOKS_FAR_AHEAD
    roster = await rosters.get_roster(tx, court_id, tx.at, until)
    gaps = gaps_between(roster, await posts_of(tx, court_id), tx.at, until)
    first = gaps[0].begins_at if gaps else until
    return max(morning, _next_morning(first - LOOKS_AHEAD))


async def check_calendar(tx: Tx, due: DueWork) -> None:
    """Tell desk and administrators of a year whose holidays are not known."""
    court_id = CourtId(due.about)
    year = await missing_year(tx, court_id)
    if year is not None:
        facts = Facts(court=(await people.get_court(tx, court_id)).sms_name, sent_at=tx.at, year=year)
        desk = await people.list_on_duty(tx, court_id, Duty.DESK, tx.at)
        administrators = await people.list_with_roles(tx, court_id, [Role.ADMINISTRATOR])
        notice = StaffNotice(text_id=TextId.CALENDAR_MISSING, facts_in=lambda _language: facts)
        await tell_people(tx, (*desk, *administrators), notice)
    await _wait(tx, court_id, DueKind.CALENDAR_CHECK, _next_month(tx.at))


async def _tell_of_gaps(tx: Tx, court_id: CourtId, report: RosterReport) -> None:
    """By push; what presses by SMS as well."""
    channels = BY_TEXT if report.is_pressing(tx.at) else BY_PUSH
    court = await people.get_court(tx, court_id)
    first = report.gaps[0] if report.gaps else None
    facts = Facts(
        court=court.sms_name,
        sent_at=tx.at,
        gap_from=None if first is None else first.begins_at,
        gap_until=None if first is None else first.ends_at,
        gaps=len(report.gaps) if len(report.gaps) > 1 else None,
        phoneless=len(report.phoneless) or None,
    )
    posts = {
        one: None if first is None else await name_of_post(tx, court_id, first.post, one) for one in Language
    }
    told = await people.list_with_roles(tx, court_id, [Role.ADMINISTRATOR, Role.BUREAU_LEADER])
    notice = StaffNotice(
        text_id=TextId.ROSTER_GAP,
        facts_in=lambda language: replace(facts, post=posts[language]),
        channels=channels,
    )
    await tell_people(tx, told, notice)


async def name_of_post(tx: Tx, court_id: CourtId, post: Post, language: Language) -> str:
    """As texts name it; a team's has the team's name."""
    if post.team_id is not None:
        return dict(await people.list_teams(tx, court_id))[post.team_id]
    return (DUTY_ZH if language is Language.CHINESE else DUTY_EN)[post.duty]


async def _wait(
    tx: Tx, court_id: CourtId, kind: DueKind, due_at: datetime, detail: dict[str, str] | None = None
) -> None:
    due = DueWork(due_id=tx.entropy.new_id(), kind=kind, about=court_id, due_at=due_at, detail=detail or {})
    await due_work.add_due(tx, due)


def _morning(day: date) -> datetime:
    return datetime.combine(day, MORNING, COURT_ZONE)


def _next_morning(at: datetime) -> datetime:
    today = court_day(at)
    return _morning(today) if _morning(today) > at else _morning(today + ONE_DAY)


def _next_month(at: datetime) -> datetime:
    today = court_day(at)
    return _morning((today.replace(day=1) + timedelta(days=31)).replace(day=1))
