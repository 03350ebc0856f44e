"""What time will bring: a row for each piece of work that falls due by itself."""

from datetime import datetime
from typing import Any

from tracker.domain.due import DueKind, DueWork
from tracker.storage import due_work
from tracker.storage.transaction import Tx


async def set_due(tx: Tx, kind: DueKind, about: str, due_at: datetime, **detail: Any) -> None:
    """Write one due row."""
    await due_work.add_due(tx, due_row(tx, kind, about, due_at, **detail))


def due_row(tx: Tx, kind: DueKind, about: str, due_at: datetime, **detail: Any) -> DueWork:
    return DueWork(due_id=tx.entropy.new_id(), kind=kind, about=about, due_at=due_at, detail=detail)
