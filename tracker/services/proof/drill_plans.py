"""Drills that come by themselves: one in every four weeks of each plan, at a moment that nobody knows before.

What must not break: a drill that was missed, because the court was away, is not made up at another hour.
"""

from datetime import date, datetime, timedelta
from typing import Final

from tracker.domain.authorisation import Action
from tracker.domain.drills import (
    MADE_UP_WITHIN,
    DrillPlan,
    Hours,
    Scope,
    drawn_moment,
    first_window,
    next_window,
)
from tracker.domain.due import DueKind, DueWork
from tracker.domain.errors import NotFound
from tracker.domain.ids import DrillPlanId, LeaseToken
from tracker.domain.people import Actor, system_actor
from tracker.services import audit
from tracker.services.access import require_in_court
from tracker.services.audit import About
from tracker.services.due_rows import set_due
from tracker.services.proof.drills import require_scope, try_to_start
from tracker.storage import drills, due_work
from tracker.storage.calendars import get_calendar
from tracker.storage.transaction import Tx

CHANCE_BYTES: Final = 8
TRIED_AGAIN_AFTER: Final = timedelta(minutes=10)
"""While another drill is under way."""


async def plan_drills(tx: Tx, actor: Actor, scope: Scope, hours: Hours) -> None:
    """From tomorrow on."""
    await require_in_court(tx, actor, Action.DRILL)
    await require_scope(tx, actor.court_id, scope)
    plan = DrillPlan(
        plan_id=DrillPlanId(tx.entropy.new_id()),
        court_id=actor.court_id,
        scope=scope,
        hours=hours,
        planned_by=actor.person_id,
        planned_at=tx.at,
    )
    await drills.add_plan(tx, plan)
    await _set_next(tx, plan, first_window(tx.at))
    await audit.record(tx, actor, "drill planned", _about(plan), agency=scope.agency_id, hours=hours.value)


async def end_plan(tx: Tx, actor: Actor, plan_id: DrillPlanId) -> None:
    """Ending it again changes nothing."""
    await require_in_court(tx, actor, Action.DRILL)
    plan = await drills.find_plan(tx, plan_id)
    if plan is None:
        return
    if plan.court_id != actor.court_id:
        raise NotFound("drill plan")
    await drills.record_plan_ended(tx, plan_id)
    await due_work.cancel_due(tx, plan_id, [DueKind.DRILL_PLANNED])
    await audit.record(tx, actor, "drill plan ended", _about(plan))


async def start_planned(tx: Tx, due: DueWork, token: LeaseToken) -> None:
    """The moment has come that was drawn."""
    plan = await drills.find_plan(tx, due.about)
    if not await due_work.record_done(tx, due.due_id, token) or plan is None:
        return
    first_day = date.fromisoformat(due.detail["first_day"])
    if tx.at - datetime.fromisoformat(due.detail["drawn_at"]) > MADE_UP_WITHIN:
        tx.log("drill-missed", agency=plan.scope.agency_id)
    elif not await try_to_start(tx, system_actor(plan.court_id), plan.scope, plan_id=plan.plan_id):
        await set_due(tx, DueKind.DRILL_PLANNED, plan.plan_id, tx.at + TRIED_AGAIN_AFTER, **due.detail)
        return
    await _set_next(tx, plan, next_window(first_day))


async def _set_next(tx: Tx, plan: DrillPlan, first_day: date) -> None:
    calendar = await get_calendar(tx, plan.court_id)
    chance = int.from_bytes(tx.entropy.random_bytes(CHANCE_BYTES), "big")
    drawn_at = drawn_moment(first_day, plan.hours, calendar, chance)
    detail = {"first_day": first_day.isoformat(), "drawn_at": drawn_at.isoformat()}
    await set_due(tx, DueKind.DRILL_PLANNED, plan.plan_id, drawn_at, **detail)


def _about(plan: DrillPlan) -> About:
    return About(kind="drill", key=plan.plan_id)
