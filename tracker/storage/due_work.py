"""Due rows: what time will bring. They are written with what they follow from and survive any crash."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from tracker.domain.due import DueKind, DueWork
from tracker.domain.ids import LeaseToken
from tracker.storage.leases import is_free, leased
from tracker.storage.tables import alerts as t
from tracker.storage.transaction import Tx


async def add_due(tx: Tx, due: DueWork) -> None:
    await tx.insert(
        t.due_work, id=due.due_id, kind=due.kind, about=due.about, due_at=due.due_at, detail=due.detail
    )


async def cancel_due(tx: Tx, about: str, kinds: Sequence[DueKind]) -> None:
    """It will not happen any more."""
    column = t.due_work.c
    await tx.run(sa.delete(t.due_work).where(column.about == about, column.kind.in_(list(kinds))))


async def next_due_at(tx: Tx) -> datetime | None:
    row = await tx.row(sa.select(sa.func.min(t.due_work.c.due_at)))
    return None if row is None else row[0]


async def claim_due(tx: Tx, token: LeaseToken) -> DueWork | None:
    """Lease the earliest row whose time has come."""
    column = t.due_work.c
    earliest = (
        sa.select(column.id)
        .where(column.due_at <= tx.at, is_free(t.due_work))
        .order_by(column.due_at, column.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    await tx.run(sa.update(t.due_work).where(column.id.in_(earliest)).values(**leased(token)))
    row = await tx.row(sa.select(t.due_work).where(column.lease_token == token))
    if row is None:
        return None
    return DueWork(
        due_id=row.id, kind=DueKind(row.kind), about=row.about, due_at=row.due_at, detail=row.detail
    )


async def record_done(tx: Tx, due_id: str) -> None:
    await tx.run(sa.delete(t.due_work).where(t.due_work.c.id == due_id))


async def list_due_about(tx: Tx, about: str) -> tuple[DueWork, ...]:
    """What is still to come for one thing, earliest first."""
    column = t.due_work.c
    rows = await tx.rows(
        sa.select(t.due_work).where(column.about == about).order_by(column.due_at, column.id)
    )
    return tuple(
        DueWork(due_id=row.id, kind=DueKind(row.kind), about=row.about, due_at=row.due_at, detail=row.detail)
        for row in rows
    )
