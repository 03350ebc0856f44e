"""Drills and the plans from which they come."""

from typing import Any

import sqlalchemy as sa

from tracker.domain.drills import Beginning, Drill, DrillPlan, Hours, Scope
from tracker.domain.errors import NotFound
from tracker.domain.ids import AgencyId, AlertId, CourtId, DrillId, DrillPlanId, SubjectId, TeamId
from tracker.domain.people import Duty
from tracker.domain.plans import Urgency
from tracker.storage.tables import proof as t
from tracker.storage.tables.alerts import alert
from tracker.storage.transaction import Tx


async def add_drill(tx: Tx, drill: Drill) -> bool:
    """False while another one of the court is under way: `one_open_drill_per_court`."""
    return await tx.insert_once(
        t.drill,
        id=drill.drill_id,
        court_id=drill.court_id,
        plan_id=drill.plan_id,
        started_by=drill.started_by,
        started_at=drill.started_at,
        **_of_scope(drill.scope),
    )


async def record_begun(tx: Tx, drill_id: DrillId, alert_id: AlertId, by: Beginning) -> None:
    its_own = sa.update(t.drill).where(t.drill.c.id == drill_id)
    await tx.run(its_own.values(alert_id=alert_id, began_by=by))


async def record_ended(tx: Tx, drill_id: DrillId) -> None:
    its_own = sa.update(t.drill).where(t.drill.c.id == drill_id, t.drill.c.ended_at.is_(None))
    await tx.run(its_own.values(ended_at=tx.at))


async def get_drill(tx: Tx, drill_id: DrillId) -> Drill:
    return _only(await tx.row(sa.select(t.drill).where(t.drill.c.id == drill_id)))


async def get_drill_of(tx: Tx, alert_id: AlertId) -> Drill:
    """The one that raised an alert."""
    return _only(await tx.row(sa.select(t.drill).where(t.drill.c.alert_id == alert_id)))


async def lock_drill(tx: Tx, drill_id: DrillId) -> Drill:
    """Locked until the transaction ends."""
    one = sa.select(t.drill).where(t.drill.c.id == drill_id)
    return _only(await tx.row(one.with_for_update(key_share=True)))


async def lock_waiting(tx: Tx, agency_id: AgencyId) -> Drill | None:
    """The one that waits for a canary of an agency, locked until the transaction ends."""
    column = t.drill.c
    waits = sa.and_(column.alert_id.is_(None), column.ended_at.is_(None), column.agency_id == agency_id)
    row = await tx.row(sa.select(t.drill).where(waits).with_for_update(key_share=True))
    return None if row is None else _drill(row)


async def list_drills(tx: Tx, court_id: CourtId, limit: int) -> tuple[Drill, ...]:
    """The newest first."""
    column = t.drill.c
    newest = sa.select(t.drill).where(column.court_id == court_id).order_by(column.started_at.desc())
    return tuple(_drill(row) for row in await tx.rows(newest.limit(limit)))


async def find_drill_subject(tx: Tx, court_id: CourtId) -> SubjectId | None:
    """The nobody whom the court's drills are about."""
    row = await tx.row(
        sa.select(alert.c.subject_id)
        .join(t.drill, t.drill.c.alert_id == alert.c.id)
        .where(t.drill.c.court_id == court_id)
        .limit(1)
    )
    return None if row is None else SubjectId(row.subject_id)


async def add_plan(tx: Tx, plan: DrillPlan) -> None:
    await tx.insert(
        t.drill_plan,
        id=plan.plan_id,
        court_id=plan.court_id,
        hours=plan.hours,
        planned_by=plan.planned_by,
        planned_at=plan.planned_at,
        **_of_scope(plan.scope),
    )


async def find_plan(tx: Tx, plan_id: str) -> DrillPlan | None:
    """None once it has ended."""
    standing = sa.and_(t.drill_plan.c.id == plan_id, t.drill_plan.c.ended_at.is_(None))
    row = await tx.row(sa.select(t.drill_plan).where(standing))
    return None if row is None else _plan(row)


async def list_plans(tx: Tx, court_id: CourtId) -> tuple[DrillPlan, ...]:
    """Those that stand, the oldest first."""
    column = t.drill_plan.c
    standing = sa.and_(column.court_id == court_id, column.ended_at.is_(None))
    rows = await tx.rows(sa.select(t.drill_plan).where(standing).order_by(column.planned_at, column.id))
    return tuple(_plan(row) for row in rows)


async def record_plan_ended(tx: Tx, plan_id: DrillPlanId) -> None:
    await tx.run(sa.update(t.drill_plan).where(t.drill_plan.c.id == plan_id).values(ended_at=tx.at))


def _only(row: sa.Row[Any] | None) -> Drill:
    if row is None:
        raise NotFound("drill")
    return _drill(row)


def _drill(row: sa.Row[Any]) -> Drill:
    return Drill(
        drill_id=DrillId(row.id),
        court_id=CourtId(row.court_id),
        scope=_scope(row),
        started_by=row.started_by,
        started_at=row.started_at,
        plan_id=row.plan_id,
        alert_id=row.alert_id,
        began_by=None if row.began_by is None else Beginning(row.began_by),
        ended_at=row.ended_at,
    )


def _plan(row: sa.Row[Any]) -> DrillPlan:
    return DrillPlan(
        plan_id=DrillPlanId(row.id),
        court_id=CourtId(row.court_id),
        scope=_scope(row),
        hours=Hours(row.hours),
        planned_by=row.planned_by,
        planned_at=row.planned_at,
    )


def _scope(row: sa.Row[Any]) -> Scope:
    return Scope(
        agency_id=AgencyId(row.agency_id),
        duty=Duty(row.duty),
        team_id=None if row.team_id is None else TeamId(row.team_id),
        urgency=Urgency(row.urgency),
    )


def _of_scope(scope: Scope) -> dict[str, Any]:
    return {
        "agency_id": scope.agency_id,
        "duty": scope.duty,
        "team_id": scope.team_id,
        "urgency": scope.urgency,
    }
