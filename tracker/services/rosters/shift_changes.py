"""The change of shift: whoever comes on duty while alerts are open is told what is handed over.

One due row per court waits for the next time that somebody comes. Who is on duty is compared with who was a
moment before that time, so what was missed while the service stood still is told once it runs again, and
nobody is told twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from notifications.texts import Facts, TextId
from tracker.domain.alerts import Alert
from tracker.domain.due import DueKind, DueWork
from tracker.domain.ids import CourtId, LeaseToken, PersonId
from tracker.domain.people import Duty
from tracker.domain.rosters import Post, Roster, next_coming, on_duty, shifts_between
from tracker.services.ladders.circles import still_missing
from tracker.services.notices.facts import cases_of
from tracker.services.notices.staff import StaffNotice, tell_people
from tracker.storage import alert_acts, alerts, due_work, people, rosters
from tracker.storage.transaction import Tx

LOOKS_AHEAD: Final = timedelta(days=14)
KEPT_FOR: Final = timedelta(hours=8)
A_MOMENT: Final = timedelta(seconds=1)

OnDuty = Mapping[Post, Sequence[PersonId]]
"""Who is on duty at each post."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """Somebody who was not on duty at a post before."""

    post: Post
    person_id: PersonId
    began_at: datetime


async def posts_of(tx: Tx, court_id: CourtId) -> tuple[Post, ...]:
    """Every post that a ladder may ring: each team has its own."""
    teams = await people.list_teams(tx, court_id)
    of_court = [Post(duty=duty) for duty in Duty if duty is not Duty.TEAM]
    return (*of_court, *(Post(duty=Duty.TEAM, team_id=team_id) for team_id, _ in teams))


async def watch_shifts(tx: Tx, court_id: CourtId) -> None:
    """Wait for whoever comes next, where nothing waits yet."""
    if await due_work.find_due(tx, court_id, DueKind.SHIFT_CHANGE) is None:
        await _wait(tx, court_id)


async def reach_shift_change(tx: Tx, due: DueWork, token: LeaseToken) -> None:
    """Tell who came on duty, and wait for the next to come."""
    court_id = CourtId(due.about)
    # The roster before its row, as who edits it has it.
    await rosters.lock_roster(tx, court_id)
    if await due_work.record_done(tx, due.due_id, token):
        before = await list_all_on_duty(tx, court_id, due.due_at - A_MOMENT)
        await _tell_who_came(tx, court_id, before, since=due.due_at)
        await _wait(tx, court_id)


async def look_again(tx: Tx, court_id: CourtId, before: OnDuty) -> None:
    """The roster was changed in this transaction, which holds it. A row that is late already is worked on in
    its turn.
    """
    await _tell_who_came(tx, court_id, before, since=tx.at)
    waiting = await due_work.find_due(tx, court_id, DueKind.SHIFT_CHANGE)
    if waiting is not None and waiting.due_at > tx.at:
        await due_work.cancel_due(tx, court_id, [DueKind.SHIFT_CHANGE])
        await _wait(tx, court_id)


async def list_all_on_duty(tx: Tx, court_id: CourtId, when: datetime) -> OnDuty:
    """At every post that a ladder may ring."""
    roster = await rosters.get_roster(tx, court_id, when, when)
    return {post: on_duty(roster, post, when) for post in await posts_of(tx, court_id)}


async def _tell_who_came(tx: Tx, court_id: CourtId, before: OnDuty, since: datetime) -> None:
    roster = await rosters.get_roster(tx, court_id, since, tx.at)
    coming = [
        Coming(post=post, person_id=one, began_at=_began_at(roster, post, one, since, tx.at))
        for post, former in before.items()
        for one in on_duty(roster, post, tx.at)
        if one not in former
    ]
    await _tell(tx, court_id, coming)


async def _wait(tx: Tx, court_id: CourtId) -> None:
    until = tx.at + LOOKS_AHEAD
    roster = await rosters.get_roster(tx, court_id, tx.at, until)
    due = DueWork(
        due_id=tx.entropy.new_id(),
        kind=DueKind.SHIFT_CHANGE,
        about=court_id,
        due_at=next_coming(roster, await posts_of(tx, court_id), tx.at, until),
    )
    await due_work.add_due(tx, due)


def _began_at(roster: Roster, post: Post, person_id: PersonId, since: datetime, at: datetime) -> datetime:
    """When the turn of duty began in which the person is now."""
    began_at = at
    for shift in reversed(shifts_between(roster, post, since, at + A_MOMENT)):
        if person_id not in shift.people:
            break
        began_at = shift.begins_at
    return began_at


async def _tell(tx: Tx, court_id: CourtId, coming: Sequence[Coming]) -> None:
    """Once each, of all that the person's posts are concerned with; nothing while nothing is open."""
    open_alerts = await alerts.list_open_alerts(tx, court_id) if coming else ()
    for person_id in dict.fromkeys(one.person_id for one in coming):
        own = [one for one in coming if one.person_id == person_id]
        concerned = [alert for alert in open_alerts if await _concerns(tx, alert, own)]
        if concerned:
            facts = await _facts(tx, court_id, own[0].began_at, concerned)
            await tell_people(tx, [person_id], _handed_over(facts))


async def _concerns(tx: Tx, alert: Alert, coming: Iterable[Coming]) -> bool:
    """A team is concerned with its own cases, everybody else with all."""
    if any(one.post.team_id is None for one in coming):
        return True
    teams = {one.post.team_id for one in coming}
    return any(case.team_id in teams for case in await cases_of(tx, alert))


def _handed_over(facts: Facts) -> StaffNotice:
    return StaffNotice(text_id=TextId.SHIFT_HANDED_OVER, facts_in=lambda _language: facts, kept_for=KEPT_FOR)


async def _facts(tx: Tx, court_id: CourtId, began_at: datetime, handed_over: Sequence[Alert]) -> Facts:
    """How many, and of the one that must be acted on next how far it has come."""
    ahead = [alert for alert in handed_over if alert.plan.act_at >= tx.at]
    nearest = min(ahead or handed_over, key=lambda alert: abs(alert.plan.act_at - tx.at))
    return Facts(
        court=(await people.get_court(tx, court_id)).sms_name,
        sent_at=tx.at,
        shift_at=began_at,
        open_alerts=len(handed_over),
        act_at=nearest.plan.act_at,
        act_place=nearest.plan.act_place,
        **await _who_has_it(tx, nearest),
    )


async def _who_has_it(tx: Tx, alert: Alert) -> dict[str, Any]:
    dispatch = await alert_acts.find_standing_dispatch(tx, alert.alert_id)
    if dispatch is not None:
        return {"leader": (await people.get_person(tx, dispatch.leader_id)).title}
    taking = await alert_acts.find_standing_taking(tx, alert.alert_id)
    if taking is None:
        return {}
    title = (await people.get_person(tx, taking.person_id)).title
    return {"taker": title, "half_taken": bool(await still_missing(tx, alert))}
