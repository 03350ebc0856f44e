"""What was refused of an agency's messages on the bus: by kind, how often, and when last. No message."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from tracker.domain.ids import AgencyId
from tracker.storage.tables.feeds import refusal
from tracker.storage.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """`reason` is the kind of fault, in words of our own."""

    reason: str
    times: int
    last_at: datetime


async def count_refusals(tx: Tx, agency_id: AgencyId, reasons: Sequence[str]) -> None:
    """Messages of an agency were refused just now, each for its reason."""
    column = refusal.c
    for reason, times in sorted(Counter(reasons).items()):
        is_new = await tx.insert_once(refusal, agency_id=agency_id, reason=reason, times=times, last_at=tx.at)
        if not is_new:
            known = sa.update(refusal).where(column.agency_id == agency_id, column.reason == reason)
            await tx.run(known.values(times=column.times + times, last_at=tx.at))


async def list_latest(tx: Tx, reason: str, since: datetime) -> tuple[tuple[AgencyId, datetime], ...]:
    """The agencies of whose messages one kind of fault was found since a moment, with the last time."""
    column = refusal.c
    recent = sa.select(refusal).where(column.reason == reason, column.last_at >= since)
    return tuple(
        (AgencyId(row.agency_id), row.last_at) for row in await tx.rows(recent.order_by(column.agency_id))
    )


async def list_refusals(tx: Tx, agency_id: AgencyId, since: datetime) -> tuple[Refusal, ...]:
    """The kinds of fault that occurred since a moment, the latest first."""
    column = refusal.c
    recent = sa.select(refusal).where(column.agency_id == agency_id, column.last_at >= since)
    rows = await tx.rows(recent.order_by(column.last_at.desc(), column.reason))
    return tuple(Refusal(reason=row.reason, times=row.times, last_at=row.last_at) for row in rows)
