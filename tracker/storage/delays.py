"""What people were told last of work that is late."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from tracker.domain.ids import CourtId
from tracker.domain.lateness import Delay, Work
from tracker.storage.tables import proof as t
from tracker.storage.transaction import Tx


async def list_delays(tx: Tx, court_id: CourtId) -> dict[Work, Delay]:
    return _by_work(await tx.rows(_of(court_id)))


async def lock_delays(tx: Tx, court_id: CourtId) -> dict[Work, Delay]:
    """The same, locked until the transaction ends."""
    return _by_work(await tx.rows(_of(court_id).with_for_update(key_share=True)))


def _of(court_id: CourtId) -> sa.Select[tuple[object, ...]]:
    return sa.select(t.delay).where(t.delay.c.court_id == court_id).order_by(t.delay.c.work)


def _by_work(rows: Sequence[sa.Row[Any]]) -> dict[Work, Delay]:
    return {
        Work(row.work): Delay(work=Work(row.work), since=row.since, told_at=row.told_at, over_at=row.over_at)
        for row in rows
    }


async def add_delay(tx: Tx, court_id: CourtId, delay: Delay) -> bool:
    """False when another process has told of this kind of work for the first time just now."""
    return await tx.insert_once(
        t.delay,
        court_id=court_id,
        work=delay.work,
        since=delay.since,
        told_at=delay.told_at,
        over_at=delay.over_at,
    )


async def record_delay(tx: Tx, court_id: CourtId, delay: Delay) -> None:
    column = t.delay.c
    its_own = sa.update(t.delay).where(column.court_id == court_id, column.work == delay.work)
    await tx.run(its_own.values(since=delay.since, told_at=delay.told_at, over_at=delay.over_at))
