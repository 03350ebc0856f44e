"""How long before an act point people set out, where a place takes the court longer or shorter than usual."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import sqlalchemy as sa

from tracker.domain.ids import CourtId
from tracker.storage.engine.memory import read_once
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
    """In the stead of any other; of two who save at once the later one has it."""
    lead_s = int(lead.total_seconds())
    if not await tx.insert_once(t, court_id=court_id, place=place, lead_s=lead_s):
        await tx.run(sa.update(t).where(_is_own(court_id, place)).values(lead_s=lead_s))


async def remove_lead(tx: Tx, court_id: CourtId, place: str) -> bool:
    """False: it had none."""
    return await tx.run(sa.delete(t).where(_is_own(court_id, place))) > 0


def _is_own(court_id: CourtId, place: str) -> sa.ColumnElement[bool]:
    return sa.and_(t.c.court_id == court_id, t.c.place == place)
