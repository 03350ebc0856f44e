"""Who answers for whom while somebody is on leave."""

from collections.abc import Iterable
from datetime import datetime

from tracker.domain.ids import CourtId, PersonId
from tracker.domain.people import Duty
from tracker.domain.rosters import present_for
from tracker.storage import people, rosters
from tracker.storage.transaction import Tx


async def answering_for(
    tx: Tx, court_id: CourtId, person_ids: Iterable[PersonId], when: datetime
) -> tuple[PersonId, ...]:
    """Who answers for these people at a moment: themselves, while on leave their substitutes, and where
    nobody is there for one of them the desk on shift.
    """
    leaves = await rosters.list_leaves(tx, court_id, when)
    there = [present_for(leaves, person_id, when) for person_id in person_ids]
    found = [one for one in there if one is not None]
    if None in there or not found:
        found += await people.list_on_duty(tx, court_id, Duty.DESK, when)
    return tuple(dict.fromkeys(found))
