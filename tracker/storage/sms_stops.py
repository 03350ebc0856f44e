"""Numbers whose owners want no SMS of a provider. A number that passes to nobody keeps its row and stops
nobody.
"""

from typing import Final, NamedTuple

import sqlalchemy as sa

from tracker.domain.ids import CourtId, PersonId
from tracker.storage.engine.memory import read_once
from tracker.storage.tables.court import person
from tracker.storage.tables.reaching import sms_stop
from tracker.storage.transaction import Tx


class SmsStop(NamedTuple):
    """A person to whom a provider sends no SMS any more."""

    person_id: PersonId
    provider: str


async def add_stop(tx: Tx, phone: str, provider: str) -> bool:
    """False when it was stopped already."""
    return await tx.insert_once(
        sms_stop, phone_index=tx.index("phone", phone), provider=provider, stopped_at=tx.at
    )


async def remove_stops(tx: Tx, phone: str) -> bool:
    """Every provider sends again; False when none had stopped."""
    gone = sms_stop.delete().where(sms_stop.c.phone_index == tx.index("phone", phone))
    return await tx.run(gone) > 0


_STOPS: Final = (
    sa.select(person.c.id, sms_stop.c.provider)
    .join(sms_stop, sms_stop.c.phone_index == person.c.phone_index)
    .where(person.c.court_id == sa.bindparam("court_id"))
)


@read_once(person, sms_stop)
async def list_stops(tx: Tx, court_id: CourtId) -> frozenset[SmsStop]:
    """All of a court's people: there are few, and whoever sends asks for each of its notices."""
    rows = await tx.rows(_STOPS, court_id=court_id)
    return frozenset(SmsStop(PersonId(row.id), row.provider) for row in rows)
