"""Orders to stop as they reached those who obey them: the answers of agencies, and telephone calls."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from tracker.domain.ids import AgencyId, AlertId, PersonId, SubjectId
from tracker.storage.tables import stand_downs as t
from tracker.storage.tables.alerts import alert
from tracker.storage.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyOrder:
    """One order to one adapter of an agency. `answered_at` and `holding` are what the adapter said;
    `released_at`: when the agency let the person go, whom it said it was holding.
    """

    order_id: str
    agency_id: AgencyId
    ordered_at: datetime
    answered_at: datetime | None
    holding: bool | None
    released_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """Somebody was reached by telephone: a person, or an agency."""

    person_id: PersonId | None
    agency_id: AgencyId | None
    ticked_by: PersonId
    ticked_at: datetime


async def add_orders(tx: Tx, alert_id: AlertId, agency_id: AgencyId, message_ids: Sequence[str]) -> None:
    """The same order went out in these messages."""
    rows = [
        {"id": one, "alert_id": alert_id, "agency_id": agency_id, "ordered_at": tx.at} for one in message_ids
    ]
    await tx.insert_many(t.stand_down_order, rows)


async def list_orders(tx: Tx, alert_id: AlertId) -> tuple[AgencyOrder, ...]:
    """The orders about an alert, oldest first."""
    column = t.stand_down_order.c
    query = sa.select(t.stand_down_order).where(column.alert_id == alert_id).order_by(column.id)
    return tuple(
        AgencyOrder(
            order_id=row.id,
            agency_id=AgencyId(row.agency_id),
            ordered_at=row.ordered_at,
            answered_at=row.answered_at,
            holding=row.holding,
            released_at=row.released_at,
        )
        for row in await tx.rows(query)
    )


async def record_answer(
    tx: Tx, agency_id: AgencyId, order_id: str, at: datetime, *, holding: bool
) -> AlertId | None:
    """What an adapter of the agency answered to an order; the alert it is about. None: there is no such
    order, or it was answered before.
    """
    column = t.stand_down_order.c
    row = await tx.row(
        sa.update(t.stand_down_order)
        .where(column.id == order_id, column.agency_id == agency_id, column.answered_at.is_(None))
        .values(answered_at=at, holding=holding)
        .returning(column.alert_id)
    )
    return None if row is None else AlertId(row.alert_id)


async def record_released(tx: Tx, agency_id: AgencyId, subject_id: SubjectId, at: datetime) -> None:
    """The agency has let go the person whom it answered that it was holding."""
    column = t.stand_down_order.c
    alerts_of = sa.select(alert.c.id).where(alert.c.subject_id == subject_id)
    await tx.run(
        sa.update(t.stand_down_order)
        .where(column.agency_id == agency_id, column.alert_id.in_(alerts_of))
        .where(column.holding, column.released_at.is_(None))
        .values(released_at=at)
    )


async def add_tick(tx: Tx, alert_id: AlertId, tick: Tick) -> bool:
    """Note whom somebody has reached; False when they were ticked before."""
    return await tx.insert_once(
        t.stand_down_tick,
        id=tx.entropy.new_id(),
        alert_id=alert_id,
        person_id=tick.person_id,
        agency_id=tick.agency_id,
        ticked_by=tick.ticked_by,
        ticked_at=tick.ticked_at,
    )


async def list_ticks(tx: Tx, alert_id: AlertId) -> tuple[Tick, ...]:
    column = t.stand_down_tick.c
    query = sa.select(t.stand_down_tick).where(column.alert_id == alert_id).order_by(column.id)
    return tuple(
        Tick(
            person_id=row.person_id,
            agency_id=row.agency_id,
            ticked_by=PersonId(row.ticked_by),
            ticked_at=row.ticked_at,
        )
        for row in await tx.rows(query)
    )
