"""Due rows: what time will bring. They are written with what they follow from and survive any crash."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from tracker.domain.due import PATIENT, DueKind, DueWork
from tracker.domain.ids import LeaseToken
from tracker.domain.plans import Urgency
from tracker.domain.retries import wait_after
from tracker.storage.engine.news import settling
from tracker.storage.engine.sets import is_one_of
from tracker.storage.leases import RELEASED, is_free, leased
from tracker.storage.tables import alerts as t
from tracker.storage.tables.alerts import alert
from tracker.storage.transaction import Tx


async def add_due(tx: Tx, *added: DueWork) -> None:
    rows = [
        {
            "id": due.due_id,
            "kind": due.kind,
            "about": due.about,
            "due_at": due.due_at,
            "detail": due.detail,
            "is_patient": due.kind in PATIENT,
        }
        for due in added
    ]
    await tx.insert_many(t.due_work, rows)


async def find_due(tx: Tx, about: str, kind: DueKind) -> DueWork | None:
    """The earliest row of a kind that is set for something."""
    column = t.due_work.c
    of_kind = sa.select(t.due_work).where(column.about == about, column.kind == kind)
    row = await tx.row(of_kind.order_by(column.due_at).limit(1))
    return None if row is None else _due(row)


def _due(row: sa.Row[Any]) -> DueWork:
    return DueWork(
        due_id=row.id, kind=DueKind(row.kind), about=row.about, due_at=row.due_at, detail=row.detail
    )


_CANCELLED: Final = settling(
    sa.delete(t.due_work).where(
        is_one_of(t.due_work.c.about, "of_things"), is_one_of(t.due_work.c.kind, "kinds")
    )
)


async def cancel_due(tx: Tx, about: str, kinds: Sequence[DueKind]) -> None:
    """It will not happen any more."""
    await cancel_due_of(tx, [about], kinds)


async def cancel_due_of(tx: Tx, things: Collection[str], kinds: Sequence[DueKind]) -> None:
    """The same about several things."""
    await tx.run_late(_CANCELLED, of_things=list(things), kinds=list(kinds))


_NEXT_DUE: Final = sa.select(sa.func.min(t.due_work.c.due_at)).where(
    t.due_work.c.is_patient == sa.bindparam("patient"), is_free(t.due_work)
)


async def next_due_at(tx: Tx) -> datetime | None:
    """When the earliest row that nobody works on is due, of those that cannot wait."""
    return await _next(tx, is_patient=False)


async def next_patient_at(tx: Tx) -> datetime | None:
    """The same of those that can."""
    return await _next(tx, is_patient=True)


async def _next(tx: Tx, *, is_patient: bool) -> datetime | None:
    row = await tx.row(_NEXT_DUE, patient=is_patient)
    return None if row is None else row[0]


async def claim_due(tx: Tx, token: LeaseToken, *, is_patient: bool = False) -> DueWork | None:
    """Lease the earliest row whose time has come, of those that cannot wait or of those that can."""
    column = t.due_work.c
    earliest = (
        sa.select(column.id)
        .where(column.is_patient == sa.literal(is_patient), column.due_at <= tx.at, is_free(t.due_work))
        .order_by(column.due_at, column.id)
        .limit(1)
        .with_for_update(skip_locked=True, key_share=True)
    )
    # Equal to the one row, not in a set of one: PostgreSQL may ask for a set anew with each row that it looks
    # at, lock one more each time, and lease rows that nobody here hears of.
    claim = sa.update(t.due_work).where(column.id == earliest.scalar_subquery()).values(**leased(token))
    row = await tx.row(claim.returning(t.due_work))
    return None if row is None else _due(row)


_CAN_WAIT: Final = sa.case((alert.c.urgency == Urgency.IMMINENT, 0), else_=1)
_FURTHER: Final = (
    sa.select(t.due_work.c.id, t.due_work.c.about)
    .join(alert, alert.c.id == t.due_work.c.about)
    .where(
        t.due_work.c.is_patient.is_(False),
        t.due_work.c.kind == DueKind.LADDER_STEP,
        t.due_work.c.due_at <= sa.bindparam("at"),
        is_free(t.due_work),
    )
    .order_by(_CAN_WAIT, t.due_work.c.due_at, t.due_work.c.id)
    .limit(sa.bindparam("at_most", type_=sa.Integer()))
)
_CLAIM_THESE: Final = (
    sa.update(t.due_work)
    .where(
        t.due_work.c.id.in_(
            sa.select(t.due_work.c.id)
            .where(is_one_of(t.due_work.c.id, "due_ids"), is_free(t.due_work))
            .with_for_update(skip_locked=True, key_share=True)
        )
    )
    .values(**leased(sa.bindparam("token")))
    .returning(t.due_work)
)


async def claim_further_steps(tx: Tx, first: DueWork, token: LeaseToken, at_most: int) -> tuple[DueWork, ...]:
    """Lease the steps of other ladders whose time has come as well: those of alerts that cannot wait, then
    the earliest. At most one of each alert.
    """
    rows = await tx.rows(_FURTHER, at=tx.at, at_most=at_most)
    ids = {row.about: row.id for row in reversed(rows) if row.about != first.about}
    if not ids:
        return ()
    claimed = await tx.rows(_CLAIM_THESE, due_ids=list(ids.values()), token=token)
    return tuple(_due(row) for row in claimed)


_MINE: Final = (
    sa.delete(t.due_work)
    .where(is_one_of(t.due_work.c.id, "due_ids"), t.due_work.c.lease_token == sa.bindparam("token"))
    .returning(t.due_work.c.id)
)


async def record_all_done(tx: Tx, due_ids: Collection[str], token: LeaseToken) -> frozenset[str]:
    """Take claimed rows off; those that were still there and ours."""
    return frozenset(row.id for row in await tx.rows(_MINE, due_ids=list(due_ids), token=token))


async def record_done(tx: Tx, due_id: str, token: LeaseToken) -> bool:
    """Take a claimed row off; False when it was cancelled meanwhile or went to another worker."""
    column = t.due_work.c
    mine = sa.and_(column.id == due_id, column.lease_token == token)
    return await tx.run(sa.delete(t.due_work).where(mine)) == 1


async def postpone(tx: Tx, due_id: str, token: LeaseToken) -> None:
    """Work on a claimed row failed unforeseen: it waits longer each time, and others go first."""
    column = t.due_work.c
    mine = sa.and_(column.id == due_id, column.lease_token == token)
    row = await tx.row(
        sa.update(t.due_work).where(mine).values(tries=column.tries + 1).returning(column.tries)
    )
    if row is not None:
        again = tx.at + wait_after(row.tries)
        await tx.run(sa.update(t.due_work).where(mine).values(due_at=again, **RELEASED))
