"""What follows from every change of the roster or the calendar, whoever makes it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tracker.domain.ids import CourtId
from tracker.services.rosters.outlook import check_next_morning
from tracker.services.rosters.shift_changes import list_all_on_duty, look_again
from tracker.storage import rosters
from tracker.storage.transaction import Tx


@asynccontextmanager
async def changing_roster(tx: Tx, court_id: CourtId) -> AsyncIterator[None]:
    """Whoever comes on duty by what is written in the block is told as by any change of shift, and what the
    roster lacks then is looked for. Only one such block at a time; nothing follows from one that raises.
    """
    await rosters.lock_roster(tx, court_id)
    before = await list_all_on_duty(tx, court_id, tx.at)
    yield
    await look_again(tx, court_id, before)
    await check_next_morning(tx, court_id)
