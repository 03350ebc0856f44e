"""Does what time brings."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Final

from tracker.domain.due import DueKind, DueWork
from tracker.domain.ids import LeaseToken
from tracker.loops.rows import RowLoop
from tracker.services.due_work import climb_ladders, do_due_work
from tracker.storage import due_work
from tracker.storage.tables.alerts import PATIENT_WORK
from tracker.storage.transaction import Tx

STEPS_TOGETHER: Final = 50
"""Of ladders: whoever takes one of their alerts meanwhile waits for all of them."""


class DueWorkLoop(RowLoop[DueWork]):
    """What somebody is waiting for, the earliest first; the steps of ladders several at a time."""

    name = "due work"
    tables: ClassVar[tuple[str, ...]] = ("due_work",)
    failed = "due-row-failed"
    # Whoever is told because of the commit that wrote a row goes out first; the row's own time is kept.
    gathers_s = 0.02

    async def next_at(self, tx: Tx) -> datetime | None:
        return await due_work.next_due_at(tx)

    async def claim(self, tx: Tx, token: LeaseToken) -> Sequence[DueWork]:
        due = await due_work.claim_due(tx, token)
        if due is None:
            return []
        if due.kind is not DueKind.LADDER_STEP:
            return [due]
        return [due, *await due_work.claim_further_steps(tx, due, token, STEPS_TOGETHER - 1)]

    async def work(self, tx: Tx, rows: Sequence[DueWork], token: LeaseToken) -> None:
        if len(rows) == 1:
            await do_due_work(tx, rows[0], token)
        else:
            await climb_ladders(tx, rows, token)

    async def put_off(self, tx: Tx, row: DueWork, token: LeaseToken) -> None:
        await due_work.postpone(tx, row.due_id, token)

    def told(self, row: DueWork) -> dict[str, str]:
        return {"row": row.due_id, "kind": row.kind}


class PatientWorkLoop(DueWorkLoop):
    """What may fall due for the whole list in one moment: no alert waits behind it."""

    name = "work on entries"
    tables = ("due_work", PATIENT_WORK)
    gathers_s = 0.5

    async def next_at(self, tx: Tx) -> datetime | None:
        return await due_work.next_patient_at(tx)

    async def claim(self, tx: Tx, token: LeaseToken) -> Sequence[DueWork]:
        due = await due_work.claim_due(tx, token, is_patient=True)
        return [] if due is None else [due]
