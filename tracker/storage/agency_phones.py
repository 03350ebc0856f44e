"""The telephone of each agency's duty desk: an institution's number, which the court's desk calls."""

import sqlalchemy as sa

from tracker.domain.ids import AgencyId, CourtId
from tracker.storage.tables.feeds import agency
from tracker.storage.transaction import Tx


async def list_agency_phones(tx: Tx, court_id: CourtId) -> dict[AgencyId, str]:
    """Of those that are known."""
    query = sa.select(agency.c.id, agency.c.desk_phone)
    known = query.where(agency.c.court_id == court_id, agency.c.desk_phone.is_not(None))
    return {AgencyId(row.id): row.desk_phone for row in await tx.rows(known)}


async def put_agency_phone(tx: Tx, agency_id: AgencyId, phone: str | None) -> None:
    """None: nobody knows it."""
    await tx.run(sa.update(agency).where(agency.c.id == agency_id).values(desk_phone=phone))
