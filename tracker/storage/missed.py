"""Alerts whose use ended before anybody acted on them. Each stays on the list until it has an outcome and a
reason; one that is stood down needs neither.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from tracker.domain.alerts import Alert, AlertState
from tracker.domain.ids import AlertId, CourtId, PersonId
from tracker.storage.tables.alerts import alert
from tracker.storage.tables.ladders import missed_alert as t
from tracker.storage.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """`reason` is given with the outcome, by who settled it."""

    alert_id: AlertId
    missed_at: datetime
    settled_at: datetime | None
    settled_by: PersonId | None
    reason: str | None


async def record_missed(tx: Tx, missed: Alert) -> bool:
    """False when it stands on the list already, or once did."""
    return await tx.insert_once(t, alert_id=missed.alert_id, court_id=missed.court_id, missed_at=tx.at)


async def find_missed(tx: Tx, alert_id: AlertId) -> Missed | None:
    row = await tx.row(sa.select(t).where(t.c.alert_id == alert_id))
    return None if row is None else _missed(tx, row)


_UNSETTLED: Final = (
    sa.select(t)
    .join(alert, alert.c.id == t.c.alert_id)
    .where(t.c.court_id == sa.bindparam("of_court"), t.c.settled_at.is_(None))
    .where(alert.c.state == AlertState.OPEN)
    .order_by(t.c.missed_at, t.c.alert_id)
)


async def list_missed(tx: Tx, court_id: CourtId) -> tuple[Missed, ...]:
    """The list of a court, what was missed first first."""
    return tuple(_missed(tx, row) for row in await tx.rows(_UNSETTLED, of_court=court_id))


async def record_settled(tx: Tx, alert_id: AlertId, person_id: PersonId, reason: str) -> None:
    sealed = tx.seal(reason, f"missed_alert.reason:{alert_id}")
    mine = sa.update(t).where(t.c.alert_id == alert_id, t.c.settled_at.is_(None))
    await tx.run(mine.values(settled_at=tx.at, settled_by=person_id, reason=sealed))


def _missed(tx: Tx, row: sa.Row[Any]) -> Missed:
    return Missed(
        alert_id=AlertId(row.alert_id),
        missed_at=row.missed_at,
        settled_at=row.settled_at,
        settled_by=None if row.settled_by is None else PersonId(row.settled_by),
        reason=None if row.reason is None else tx.unseal(row.reason, f"missed_alert.reason:{row.alert_id}"),
    )
