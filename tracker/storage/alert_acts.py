"""What people do on an alert: takings, dispatches, confirmations to agencies, holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from tracker.domain.alerts import Alert, AlertState, Dispatch, Hold, Side, Taking
from tracker.domain.ids import AgencyId, AlertId, PersonId
from tracker.storage.engine.memory import read_once
from tracker.storage.engine.sets import by_column, is_one_of
from tracker.storage.tables import alerts as t
from tracker.storage.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedConfirmation:
    """An agency waits for the court's answer; `answer` None until somebody gives it."""

    confirmation_id: str
    agency_id: AgencyId
    plan_version: int
    asked_at: datetime
    due_at: datetime
    answer: str | None
    answered_by: str | None
    answered_at: datetime | None
    detail: dict[str, Any] | None


async def add_taking(
    tx: Tx, alert_id: AlertId, person_id: PersonId, way: str, side: Side = Side.WHOLE
) -> None:
    """Record a taking; `one_standing_taking_per_side` refuses a second."""
    await tx.insert(
        t.taking,
        id=tx.entropy.new_id(),
        alert_id=alert_id,
        person_id=person_id,
        way=way,
        taken_at=tx.at,
        side=side,
    )


async def list_takings(tx: Tx, alert_id: AlertId) -> tuple[Taking, ...]:
    rows = await tx.rows(sa.select(t.taking).where(t.taking.c.alert_id == alert_id).order_by(t.taking.c.id))
    return tuple(
        Taking(
            person_id=PersonId(row.person_id),
            taken_at=row.taken_at,
            lapsed_at=row.lapsed_at,
            side=Side(row.side),
        )
        for row in rows
    )


@read_once(t.taking)
async def list_standing_takings(tx: Tx, alert_id: AlertId) -> tuple[Taking, ...]:
    """At most one for each side, the first first."""
    return tuple(one for one in await list_takings(tx, alert_id) if one.lapsed_at is None)


async def find_standing_taking(tx: Tx, alert_id: AlertId) -> Taking | None:
    """The first of them."""
    return next(iter(await list_standing_takings(tx, alert_id)), None)


async def record_taking_lapsed(
    tx: Tx, alert_id: AlertId, reason: str, person_id: PersonId | None = None
) -> bool:
    """Lapse the standing takings, or that of one person; False when none stands."""
    standing = sa.and_(t.taking.c.alert_id == alert_id, t.taking.c.lapsed_at.is_(None))
    if person_id is not None:
        standing = sa.and_(standing, t.taking.c.person_id == person_id)
    lapsed = await tx.run(sa.update(t.taking).where(standing).values(lapsed_at=tx.at, lapse_reason=reason))
    return lapsed > 0


async def add_declined(tx: Tx, alert: Alert, person_id: PersonId) -> bool:
    """The person cannot go where the alert's plan leads; False when they have said so already."""
    return await tx.insert_once(
        t.declined,
        alert_id=alert.alert_id,
        plan_version=alert.plan_version,
        person_id=person_id,
        declined_at=tx.at,
    )


_TOOK_IT: Final = sa.exists().where(
    t.taking.c.alert_id == t.declined.c.alert_id,
    t.taking.c.person_id == t.declined.c.person_id,
    t.taking.c.taken_at > t.declined.c.declined_at,
)
_DECLINED: Final = sa.select(t.declined.c.alert_id, t.declined.c.plan_version, t.declined.c.person_id).where(
    is_one_of(t.declined.c.alert_id, "alert_ids"), sa.not_(_TOOK_IT)
)


async def list_declined(tx: Tx, alert: Alert) -> frozenset[PersonId]:
    """Who cannot go where the alert's plan leads, and has not taken it since."""
    rows = await _declined_of(tx, alert.alert_id)
    return frozenset(PersonId(row.person_id) for row in rows if row.plan_version == alert.plan_version)


@read_once(t.declined, t.taking)
async def _declined_of(tx: Tx, alert_id: AlertId) -> Sequence[sa.Row[Any]]:
    return await tx.rows(_DECLINED, alert_ids=[alert_id])


async def remember_declined(tx: Tx, alert_ids: Sequence[AlertId]) -> None:
    """Read several at once, for `list_declined`."""
    found = by_column(await tx.rows(_DECLINED, alert_ids=list(alert_ids)), "alert_id")
    for alert_id in alert_ids:
        tx.memory.keep((_declined_of.__name__, alert_id), [t.declined, t.taking], found[alert_id])


async def add_dispatch(tx: Tx, alert_id: AlertId, dispatch: Dispatch) -> None:
    """Send people; a former dispatch of the alert ends with it."""
    await tx.run(
        sa.update(t.dispatch)
        .where(t.dispatch.c.alert_id == alert_id, t.dispatch.c.ended_at.is_(None))
        .values(ended_at=tx.at)
    )
    key = dispatch.dispatch_id
    await tx.insert(
        t.dispatch,
        id=key,
        alert_id=alert_id,
        leader_id=dispatch.leader_id,
        muster_place=tx.seal(dispatch.muster_place, f"dispatch.muster_place:{key}"),
        muster_at=dispatch.muster_at,
        dispatched_at=tx.at,
    )
    for position, person_id in enumerate(dispatch.member_ids):
        await tx.insert(t.dispatch_member, dispatch_id=key, person_id=person_id, position=position)


async def find_standing_dispatch(tx: Tx, alert_id: AlertId) -> Dispatch | None:
    """The people who are out for an alert."""
    column = t.dispatch.c
    row = await tx.row(sa.select(t.dispatch).where(column.alert_id == alert_id, column.ended_at.is_(None)))
    if row is None:
        return None
    member = t.dispatch_member.c
    members = await tx.rows(
        sa.select(member.person_id).where(member.dispatch_id == row.id).order_by(member.position)
    )
    return Dispatch(
        dispatch_id=row.id,
        leader_id=PersonId(row.leader_id),
        member_ids=tuple(PersonId(one.person_id) for one in members),
        muster_place=tx.unseal(row.muster_place, f"dispatch.muster_place:{row.id}"),
        muster_at=row.muster_at,
        dispatched_at=row.dispatched_at,
        arrived_at=row.arrived_at,
    )


async def record_arrived(tx: Tx, dispatch_id: str) -> None:
    await tx.run(sa.update(t.dispatch).where(t.dispatch.c.id == dispatch_id).values(arrived_at=tx.at))


async def record_dispatch_ended(tx: Tx, alert_id: AlertId) -> None:
    column = t.dispatch.c
    await tx.run(
        sa.update(t.dispatch)
        .where(column.alert_id == alert_id, column.ended_at.is_(None))
        .values(ended_at=tx.at)
    )


async def ask_confirmation(tx: Tx, alert_id: AlertId, asked: AskedConfirmation) -> None:
    await tx.insert(
        t.confirmation,
        id=asked.confirmation_id,
        alert_id=alert_id,
        agency_id=asked.agency_id,
        plan_version=asked.plan_version,
        asked_at=asked.asked_at,
        due_at=asked.due_at,
    )


async def list_confirmations(tx: Tx, alert_id: AlertId) -> tuple[AskedConfirmation, ...]:
    """Questions and answers of an alert, oldest first."""
    column = t.confirmation.c
    rows = await tx.rows(sa.select(t.confirmation).where(column.alert_id == alert_id).order_by(column.id))
    return tuple(
        AskedConfirmation(
            confirmation_id=row.id,
            agency_id=AgencyId(row.agency_id),
            plan_version=row.plan_version,
            asked_at=row.asked_at,
            due_at=row.due_at,
            answer=row.answer,
            answered_by=row.answered_by,
            answered_at=row.answered_at,
            detail=tx.unseal_json(row.detail, f"confirmation.detail:{row.id}") if row.detail else None,
        )
        for row in rows
    )


async def record_answer(tx: Tx, asked: AskedConfirmation) -> None:
    """Write the court's answer to an agency."""
    key = asked.confirmation_id
    await tx.run(
        sa.update(t.confirmation)
        .where(t.confirmation.c.id == key)
        .values(
            answer=asked.answer,
            answered_by=asked.answered_by,
            answered_at=asked.answered_at,
            asked_at=asked.asked_at,
            due_at=asked.due_at,
            detail=None if asked.detail is None else tx.seal_json(asked.detail, f"confirmation.detail:{key}"),
        )
    )


async def carry_confirmations_over(tx: Tx, alert_id: AlertId, from_version: int, to_version: int) -> None:
    """What agencies asked about one version of a plan, and were answered, is about another from now on."""
    column = t.confirmation.c
    of_version = sa.and_(column.alert_id == alert_id, column.plan_version == from_version)
    await tx.run(sa.update(t.confirmation).where(of_version).values(plan_version=to_version))


async def add_hold(tx: Tx, alert_id: AlertId, hold: Hold) -> None:
    await tx.insert(
        t.hold,
        id=hold.hold_id,
        alert_id=alert_id,
        agency_id=hold.agency_id,
        held_at=hold.held_at,
        release_at=hold.release_at,
        place=tx.seal(hold.place, f"hold.place:{hold.hold_id}"),
        unit=hold.unit,
    )


async def list_holds(tx: Tx, alert_id: AlertId) -> tuple[Hold, ...]:
    rows = await tx.rows(sa.select(t.hold).where(t.hold.c.alert_id == alert_id).order_by(t.hold.c.id))
    return tuple(
        Hold(
            hold_id=row.id,
            agency_id=row.agency_id,
            held_at=row.held_at,
            release_at=row.release_at,
            place=tx.unseal(row.place, f"hold.place:{row.id}"),
            unit=row.unit,
            ended_at=row.ended_at,
            ended_by=row.ended_by,
        )
        for row in rows
    )


async def record_hold_ended(
    tx: Tx, hold_id: str, at: datetime, ended_by: str, *, three_point_check: bool | None = None
) -> None:
    """End a hold once; a later word about the same hold changes nothing."""
    await tx.run(
        sa.update(t.hold)
        .where(t.hold.c.id == hold_id, t.hold.c.ended_at.is_(None))
        .values(ended_at=at, ended_by=ended_by, three_point_check=three_point_check)
    )


_OPEN_ALERTS: Final = sa.select(t.alert.c.id).where(t.alert.c.state == AlertState.OPEN)
_ACTED_ON: Final = (
    sa.select(t.confirmation.c.alert_id)
    .where(
        t.confirmation.c.agency_id == sa.bindparam("of_agency"),
        t.confirmation.c.answered_at <= sa.bindparam("up_to"),
        t.confirmation.c.alert_id.in_(_OPEN_ALERTS),
    )
    .union(
        sa.select(t.hold.c.alert_id).where(
            t.hold.c.agency_id == sa.bindparam("of_agency"),
            t.hold.c.ended_at.is_(None),
            t.hold.c.alert_id.in_(_OPEN_ALERTS),
        )
    )
)


async def count_acted_on(tx: Tx, agency_id: AgencyId, up_to: datetime) -> int:
    """How many open alerts there are about which an agency was answered up to a moment, or keeps a person."""
    return len(await tx.rows(_ACTED_ON, of_agency=agency_id, up_to=up_to))
