"""Sets what time will bring an entry: its end, the moment by which it must be validated, the next reminder.

Whoever moves an entry calls `set_entry_clocks` once it is written, so that no due row and no waiting notice
outlives the state it was written for.
"""

from collections.abc import Sequence
from datetime import datetime

from tracker.domain.due import ENTRY_CLOCKS, DueKind, DueWork
from tracker.domain.entries import Entry, EntryState
from tracker.domain.entry_clocks import Ahead, ends_at, next_reminder, validation_due_at
from tracker.domain.errors import Conflict
from tracker.domain.measures import Validation
from tracker.services.due_rows import due_row
from tracker.services.entries.notices import remind_of
from tracker.storage import due_work, entry_locks, rules, waiting_notices
from tracker.storage.transaction import Tx


async def set_entry_clocks(tx: Tx, entry: Entry) -> None:
    """The due rows that follow from an entry as it stands now, in place of all former ones; what was waiting
    to be said about it is not said any more, nor to a person whom it lists that another entry has ended.
    """
    await set_clocks_of(tx, [entry])


async def set_clocks_of(tx: Tx, moved: Sequence[Entry]) -> None:
    """The same of several."""
    moved_ids = [entry.entry_id for entry in moved]
    await due_work.cancel_due_of(tx, moved_ids, ENTRY_CLOCKS)
    listed = {entry.subject_id for entry in moved if entry.state is EntryState.ACTIVE}
    others = await entry_locks.lock_entries_of_subjects(tx, listed)
    other_ids = [one.entry_id for theirs in others.values() for one in theirs]
    await waiting_notices.cancel_waiting_for_entries(tx, moved_ids, other_ids)
    await due_work.add_due(tx, *[clock for entry in moved for clock in _clocks(tx, entry)])


def _clocks(tx: Tx, entry: Entry) -> list[DueWork]:
    clocks = []
    if entry.state in (EntryState.ACTIVE, EntryState.SUSPENDED):
        clocks.append(due_row(tx, DueKind.ENTRY_EXPIRES, entry.entry_id, ends_at(entry)))
    if entry.state is EntryState.ACTIVE:
        clocks += _reminder(tx, entry)
        if (due_at := validation_due_at(entry)) is not None:
            clocks.append(due_row(tx, DueKind.ENTRY_VALIDATION, entry.entry_id, due_at))
    return clocks


def _reminder(tx: Tx, entry: Entry) -> list[DueWork]:
    """One row for the next reminder only: it sets the one after it."""
    reminder = next_reminder(entry, tx.at)
    if reminder is None:
        return []
    return [due_row(tx, DueKind.ENTRY_REMINDER, entry.entry_id, reminder.at, of=list(reminder.of))]


async def reach_reminder(tx: Tx, entry: Entry, due: DueWork) -> None:
    """Say once what lies ahead of an entry in force, and set the next reminder."""
    if entry.state is not EntryState.ACTIVE:
        return
    for of in due.detail["of"]:
        await remind_of(tx, entry, Ahead(of))
    await due_work.add_due(tx, *_reminder(tx, entry))


async def validation_of(tx: Tx, entry: Entry) -> Validation:
    """The periods that the court's rule of today gives an entry."""
    rule = await rules.find_rule(tx, entry.court_id, entry.measure)
    if rule is None:
        raise Conflict(
            "该措施当前没有有效规则，请联系管理员", "no rule in force for its measure: ask the administrator"
        )
    return rule.validation


async def next_validation(tx: Tx, entry: Entry) -> datetime:
    """By when somebody who says now that an entry is needed has to say it again."""
    return (await validation_of(tx, entry)).next_due(tx.at)
