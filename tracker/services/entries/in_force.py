"""What must hold in the moment in which an entry is put in force, be it by approval or by resumption, and
how a moved entry is written.

Time goes on while an entry waits for a person: its end and its papers may pass, and the debt may be paid.
"""

from collections.abc import Sequence

from tracker.domain.entries import Entry, has_lapsed
from tracker.domain.errors import Conflict
from tracker.domain.ids import EntryId
from tracker.storage import (
    agencies,
    alerts,
    cases,
    entry_locks,
    feed_generations,
    instructions,
    people,
    rules,
    subjects,
)
from tracker.storage.engine.one_trip import in_one_trip
from tracker.storage.transaction import Tx


async def lock_with_case(tx: Tx, entry_id: EntryId) -> Entry:
    """An entry that is about to be put in force, its case's money, its subject with the open alert, and what
    agencies are asked of the subject, locked until the end. What putting it in force asks for is read here
    behind all of these locks, in one trip, and known from then on.

    Money that arrives meanwhile waits, and then finds the entry; or was there before, and is found here.
    """
    return (await lock_with_cases(tx, [entry_id]))[0]


async def lock_with_cases(tx: Tx, entry_ids: Sequence[EntryId]) -> tuple[Entry, ...]:
    """The same of several, in their order."""
    await cases.lock_cases_of(tx, entry_ids)
    locked = await entry_locks.lock_entries_named(tx, entry_ids)
    subject_ids = sorted({entry.subject_id for entry in locked})
    asked = await instructions.lock_instructions_of(tx, subject_ids)
    await alerts.remember_open_alerts(tx, subject_ids)
    listed = await entry_locks.lock_entries_of_subjects(tx, subject_ids)
    concerned = {one.agency_id for theirs in asked.values() for one in theirs}
    agency_ids = sorted(concerned.union(*(one.agency_ids for some in listed.values() for one in some)))
    court_ids = sorted({entry.court_id for entry in locked})
    await in_one_trip(
        tx,
        cases.remember_cases(tx, {entry.case_id for entry in locked}),
        subjects.remember_subjects(tx, subject_ids),
        subjects.remember_evidence(tx, subject_ids),
        agencies.remember_agencies(tx, agency_ids),
        feed_generations.remember_epochs(tx, agency_ids),
        *(rules.list_rules(tx, court_id) for court_id in court_ids),
        *(people.get_court(tx, court_id) for court_id in court_ids),
    )
    return locked


async def require_ready(tx: Tx, entry: Entry) -> None:
    """Refuse an entry whose end or papers have passed, or whose release amount has been received."""
    if has_lapsed(entry, tx.at):
        raise Conflict("期限或文书已失效，请重新登记", "its end or a paper has passed: register it anew")
    if (await cases.get_case(tx, entry.case_id)).received_fen >= entry.release_amount_fen:
        raise Conflict("案款已达解除金额，请终止该条目", "its release amount was received: end the entry")


async def write_moved(tx: Tx, moved: Entry) -> None:
    """Write an entry under its next version; refused when somebody else moved it meanwhile."""
    if not await entry_locks.record_entry(tx, moved):
        raise Conflict(
            "该条目刚刚有变化，请刷新后再操作", "the entry has just changed: reload and look again"
        )
