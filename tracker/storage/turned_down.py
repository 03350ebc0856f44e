"""Why entries were turned down, in the words of whoever did."""

import sqlalchemy as sa

from tracker.domain.ids import EntryId
from tracker.storage.tables import cases as t
from tracker.storage.transaction import Tx


async def record_why_turned_down(tx: Tx, entry_id: EntryId, reason: str) -> None:
    why = tx.seal(reason, f"watch_entry.why_turned_down:{entry_id}")
    mine = sa.update(t.watch_entry).where(t.watch_entry.c.id == entry_id)
    await tx.run(mine.values(why_turned_down=why))


async def find_why_turned_down(tx: Tx, entry_id: EntryId) -> str | None:
    """What whoever turned it down has said."""
    column = t.watch_entry.c
    rows = await tx.rows(sa.select(column.why_turned_down).where(column.id == entry_id))
    why = rows[0].why_turned_down if rows else None
    return None if why is None else tx.unseal(why, f"watch_entry.why_turned_down:{entry_id}")
