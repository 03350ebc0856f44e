"""How long before an act point people set out, where a place takes the court longer or shorter than usual."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import sqlalchemy as sa

from tracker.domain.ids import CourtId
from tracker.storage.memory import read_once
from tracker.storage.tables.ladders import lead_time as t
from tracker.storage.transaction import Tx

_OF_COURT: Final = (
    sa.select(t.c.place, t.c.lead_s).where(t.c.court_id == sa.bindparam("of_court")).order_by(t.c.place)
)


@read_once(t)
async def list_leads(tx: Tx, court_id: CourtId) -> Mapping[str, timedelta]:
    """By place."""
    return {row.place: timedelta(seconds=row.lead_s) for row in await tx.rows(_OF_COURT, of_court=court_id)}


async def put_lead(tx: Tx, court_id: CourtId, place: str, lead: timedelta) -> None:
    await remove_lead(tx, court_id, place)
    await tx.insert(t, court_id=court_id, place=place, lead_s=int(lead.total_seconds()))


async def remove_lead(tx: Tx, court_id: CourtId, place: str) -> bool:
    """False: it had none."""
    own = sa.and_(t.c.court_id == court_id, t.c.place == place)
    return await tx.run(sa.delete(t).where(own)) > 0
