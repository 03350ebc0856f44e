"""Whether the database is the one that wrote the withdrawal journal: a restored one is not.

What must not break: nothing serves from a database that a backup took back before what the journal says.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from tracker.commands.start import CannotRun
from tracker.domain.ids import CourtId
from tracker.domain.journal import BEFORE_ALL, JournalLine
from tracker.services.feeds.journal import Journal
from tracker.storage import journal as lines
from tracker.storage.registry import Registry
from tracker.storage.transaction import Tx

SETTING: Final = "TRACKER_JOURNAL"
REMEDY: Final = "run `tracker restored` (docs/operator.md, Restoring a backup)"
AHEAD: Final = (
    f"{SETTING}: the withdrawal journal knows more than this database, "
    f"which was restored from a backup: {REMEDY}"
)
UNFINISHED: Final = f"a restore was begun and did not come to its end: {REMEDY}"


async def require_present(registry: Registry, journal: Journal) -> None:
    """Refuse to serve from a database that was restored until somebody has said so."""
    try:
        newest = await asyncio.to_thread(journal.newest_lines)
    except OSError as failure:
        raise CannotRun(
            f"{SETTING}: the folder cannot be read ({failure.strerror}); mount it, or make it, for our user"
        ) from None
    async with registry.reading() as tx:
        latest = await lines.find_latest_restore(tx, journal.court_id)
        if latest is not None and latest.done_at is None:
            raise CannotRun(UNFINISHED)
        if not await knows_all(tx, newest):
            raise CannotRun(AHEAD)


async def knows_all(tx: Tx, newest: Sequence[JournalLine]) -> bool:
    """Whether these lines of the journal are the database's as well."""
    ids = {one.line_id for one in newest}
    return await lines.list_known(tx, ids) == ids


async def unwritten_for_s(tx: Tx, court_id: CourtId, newest: Sequence[JournalLine]) -> float:
    """Since when a line waits that no file has; 0 when none does."""
    place = max((one.place for one in newest), default=BEFORE_ALL)
    waiting = await lines.list_lines_after(tx, court_id, place, 1) or await lines.list_lines_without_place(
        tx, court_id
    )
    return (tx.at - waiting[0].at).total_seconds() if waiting else 0.0
