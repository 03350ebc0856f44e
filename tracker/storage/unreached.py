"""Alerts of which nobody could be told: since when. A row goes as soon as somebody is rung, or it is over."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from tracker.domain.alerts import AlertState
from tracker.domain.ids import AlertId, CourtId
from tracker.storage.engine.sets import is_one_of
from tracker.storage.tables.alerts import alert
from tracker.storage.tables.ladders import unreached_alert as t
from tracker.storage.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreached:
    """An open alert that reached nobody whom its ladder names."""

    alert_id: AlertId
    court_id: CourtId
    since: datetime


async def record_unreached(tx: Tx, alert_id: AlertId) -> bool:
    """False when it is known already."""
    return await tx.insert_once(t, alert_id=alert_id, since=tx.at)


async def is_unreached(tx: Tx, alert_id: AlertId) -> bool:
    return await tx.row(sa.select(t.c.since).where(t.c.alert_id == alert_id)) is not None


_THESE: Final = sa.delete(t).where(is_one_of(t.c.alert_id, "alert_ids"))


async def forget_unreached(tx: Tx, alert_ids: Collection[AlertId]) -> None:
    await tx.run(_THESE, alert_ids=list(alert_ids))


_OPEN: Final = (
    sa.select(t.c.alert_id, alert.c.court_id, t.c.since)
    .join(alert, alert.c.id == t.c.alert_id)
    .where(alert.c.state == AlertState.OPEN)
    .order_by(t.c.since, t.c.alert_id)
)


async def list_unreached(tx: Tx) -> tuple[Unreached, ...]:
    """The open ones, longest first."""
    return tuple(
        Unreached(alert_id=AlertId(row.alert_id), court_id=CourtId(row.court_id), since=row.since)
        for row in await tx.rows(_OPEN)
    )
