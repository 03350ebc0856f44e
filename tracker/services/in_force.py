"""What must hold in the moment in which an entry is put in force, be it by approval or by resumption, and
how a moved entry is written.

Time goes on while an entry waits for a person: its end and its papers may pass, and the debt may be paid.
"""

from collections.abc import Sequence

from tracker.domain.entries import Entry, has_lapsed
from tracker.domain.errors import Conflict
from tracker.domain.ids import EntryId
from tracker.storage import cases, entries, instructions
from tracker.storage.transaction import Tx


async def lock_with_case(tx: Tx, entry_id: EntryId) -> Entry:
    """An entry that is about to be put in force, its case's money and its subject locked until the end, and
    what agencies are asked of the subject: what is read from here on is read behind all of these locks.

    Money that arrives meanwhile waits, and then finds the entry; or was there before, and is found here.
    """
    return (await lock_with_cases(tx, [entry_id]))[0]


async def lock_with_cases(tx: Tx, entry_ids: Sequence[EntryId]) -> tuple[Entry, ...]:
    """The same of several, in their order."""
    await cases.lock_cases_of(tx, entry_ids)
    locked = await entries.lock_entries_named(tx, entry_ids)
    await instructions.lock_instructions_of(tx, {entry.subject_id for entry in locked})
    return locked


async def require_ready(tx: Tx, entry: Entry) -> None:
    """Refuse an entry whose end or papers have passed, or whose release amount has been received."""
    if has_lapsed(entry, tx.at):
        raise Conflict("期限或文书已失效，请重新登记", "its end or a paper has passed: register it anew")
    if (await cases.get_case(tx, entry.case_id)).received_fen >= entry.release_amount_fen:
        raise Conflict("案款已达解除金额，请终止该条目", "its release amount was received: end the entry")


async def write_moved(tx: Tx, moved: Entry) -> None:
    """Write an entry under its next version; refused when somebody else moved it meanwhile."""
    if not await entries.record_entry(tx, moved):
        raise Conflict(
            "该条目刚刚有变化，请刷新后再操作", "the entry has just changed: reload and look again"
        )
