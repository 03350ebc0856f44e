"""What people do with a bulk import: upload it, submit what was right, approve or reject it, discard it.

What must not break: whoever uploaded a batch never decides on it, and before a second person has approved it
nothing of it is on the list.
"""

from collections.abc import Sequence
from dataclasses import replace

from tracker.domain.authorisation import Action
from tracker.domain.due import DueKind
from tracker.domain.errors import Conflict, NotAllowed, NotFound
from tracker.domain.ids import BatchId
from tracker.domain.imports import READ_WITHIN, ROWS_KEPT, UNDECIDED, Batch, BatchState, ImportRow
from tracker.domain.people import Actor
from tracker.services import audit
from tracker.services.access import require_in_court, require_in_own_team
from tracker.services.audit import About
from tracker.services.due_rows import set_due
from tracker.services.entries.approval import require_by_rule
from tracker.storage import due_work, imports
from tracker.storage.transaction import Tx


async def begin_import(tx: Tx, actor: Actor) -> Batch:
    """An empty batch, for the rows that are being read. What is not read to its end in time is purged."""
    require_in_own_team(actor, Action.REGISTER)
    batch = Batch(
        batch_id=BatchId(tx.entropy.new_id()),
        court_id=actor.court_id,
        state=BatchState.READING,
        uploaded_by=actor.person_id,
        uploaded_at=tx.at,
    )
    await imports.add_batch(tx, batch)
    await set_due(tx, DueKind.IMPORT_PURGE, batch.batch_id, tx.at + READ_WITHIN)
    return batch


async def add_read_rows(tx: Tx, batch_id: BatchId, rows: Sequence[ImportRow]) -> None:
    """The next rows of a file that is being read."""
    batch = await imports.lock_batch(tx, batch_id)
    _require_state(batch, BatchState.READING)
    await imports.add_rows(tx, batch_id, rows)
    await imports.record_batch(tx, replace(batch, rows=batch.rows + len(rows)))


async def start_check(tx: Tx, actor: Actor, batch_id: BatchId) -> None:
    """The file has been read to its end: its rows are checked from now on."""
    batch = await imports.lock_batch(tx, batch_id)
    _require_state(batch, BatchState.READING)
    await imports.record_batch(tx, replace(batch, state=BatchState.CHECKING))
    await _keep_rows(tx, batch)
    await set_due(tx, DueKind.IMPORT_CHECK, batch_id, tx.at)
    await audit.record(tx, actor, "import uploaded", About(kind="import", key=batch_id), rows=batch.rows)


async def submit_import(tx: Tx, actor: Actor, batch_id: BatchId) -> None:
    """Hand the right rows to whoever may approve them; the wrong ones are left out."""
    batch = await _lock_own(tx, actor, batch_id)
    _require_state(batch, BatchState.CHECKED)
    if not batch.right:
        raise Conflict(
            "没有可导入的行，请改正文件后重新上传", "no row is right: mend the file and upload it again"
        )
    await imports.record_batch(tx, replace(batch, state=BatchState.SUBMITTED))
    await _keep_rows(tx, batch)
    about = About(kind="import", key=batch_id)
    await audit.record(tx, actor, "import submitted", about, rows=batch.right, left_out=batch.wrong)


async def discard_import(tx: Tx, actor: Actor, batch_id: BatchId) -> None:
    """Whoever uploaded it drops it while nobody has decided; its rows are deleted."""
    batch = await _lock_own(tx, actor, batch_id)
    if batch.state not in UNDECIDED:
        raise Conflict("该批次已有审批结论", "this batch has been decided: look at it again")
    await imports.record_batch(tx, replace(batch, state=BatchState.DISCARDED))
    await due_work.cancel_due(tx, batch_id, (DueKind.IMPORT_CHECK, DueKind.IMPORT_PURGE))
    await set_due(tx, DueKind.IMPORT_PURGE, batch_id, tx.at)
    await audit.record(tx, actor, "import discarded", About(kind="import", key=batch_id))


async def approve_import(tx: Tx, actor: Actor, batch_id: BatchId) -> None:
    """Let the right rows be put on the list, all on this one word."""
    batch = await _decide(tx, actor, batch_id, BatchState.LISTING)
    await due_work.cancel_due(tx, batch_id, (DueKind.IMPORT_PURGE,))
    await set_due(tx, DueKind.IMPORT_LIST, batch_id, tx.at)
    await audit.record(tx, actor, "import approved", About(kind="import", key=batch_id), rows=batch.right)


async def reject_import(tx: Tx, actor: Actor, batch_id: BatchId) -> None:
    """Nothing of it comes on the list."""
    batch = await _decide(tx, actor, batch_id, BatchState.REJECTED)
    await _keep_rows(tx, batch)
    await audit.record(tx, actor, "import rejected", About(kind="import", key=batch_id), rows=batch.right)


async def require_decider(tx: Tx, actor: Actor, batch: Batch) -> None:
    """Refuse unless the actor may decide on this batch: by the table, by the rule for each of its measures,
    and as a second person.
    """
    await require_in_court(tx, actor, Action.APPROVE)
    if batch.court_id != actor.court_id:
        raise NotAllowed(Action.APPROVE.value, "it belongs to another court")
    if batch.uploaded_by == actor.person_id:
        raise NotAllowed(Action.APPROVE.value, "whoever uploaded it cannot approve it: ask a second person")
    for measure in batch.measures:
        await require_by_rule(tx, actor, measure)


async def _decide(tx: Tx, actor: Actor, batch_id: BatchId, to: BatchState) -> Batch:
    batch = await imports.lock_batch(tx, batch_id)
    await require_decider(tx, actor, batch)
    _require_state(batch, BatchState.SUBMITTED)
    decided = replace(batch, state=to, decided_by=actor.person_id, decided_at=tx.at)
    await imports.record_batch(tx, decided)
    return decided


async def _lock_own(tx: Tx, actor: Actor, batch_id: BatchId) -> Batch:
    """A batch of the actor's own; others have no business with it before it is decided."""
    batch = await imports.lock_batch(tx, batch_id)
    if batch.uploaded_by != actor.person_id:
        raise NotFound("import")
    return batch


async def _keep_rows(tx: Tx, batch: Batch) -> None:
    """The time after which the rows are deleted begins anew."""
    await due_work.cancel_due(tx, batch.batch_id, (DueKind.IMPORT_PURGE,))
    await set_due(tx, DueKind.IMPORT_PURGE, batch.batch_id, tx.at + ROWS_KEPT)


def _require_state(batch: Batch, state: BatchState) -> None:
    if batch.state is not state:
        raise Conflict(
            "该批次的状态已变化，请刷新后再操作", f"the batch is {batch.state.value} by now: look at it again"
        )
