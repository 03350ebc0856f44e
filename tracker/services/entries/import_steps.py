"""What happens to a bulk import by itself: its rows are checked, put on the list and purged, a few at a time.

Each step is one short transaction, so that nothing waits long behind it, and ends with the due row of the
next: a crash repeats at most the step that it broke off, and no row is taken twice. What is urgent comes
before the next step, because that is due later.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from schemas.case_numbers import CaseNumberRefused, parse_case_number
from schemas.documents import IdentityDocument
from tracker.domain.due import DueKind
from tracker.domain.entries import in_force
from tracker.domain.errors import ChangeTheRequest, Conflict, Invalid, Problem
from tracker.domain.ids import BatchId, CourtId, SubjectId
from tracker.domain.imports import (
    ROWS_KEPT,
    UNDECIDED,
    Batch,
    BatchState,
    ImportRow,
    RowState,
    bulk_problems,
    double_problems,
)
from tracker.domain.measures import is_stopping
from tracker.domain.people import Actor, system_actor
from tracker.domain.registration import all_problems, documents_of
from tracker.services import audit
from tracker.services.audit import About
from tracker.services.due_rows import set_due
from tracker.services.entries.approval import approve_entries
from tracker.services.entries.checking import Checked, check_forms
from tracker.services.entries.import_notices import tell_of_listed
from tracker.services.entries.registration import register_entries, submit_entries
from tracker.services.entries.warnings import warn_of
from tracker.storage import cases, entry_locks, imports, people, subjects
from tracker.storage.feeds import Lane
from tracker.storage.transaction import Tx

CHECKED_AT_ONCE: Final = 100
# Whoever withdraws waits for a whole step where the person or the case is among its rows (on SQLite always),
# and is to be through within half a second.
LISTED_AT_ONCE: Final = 60
PURGED_AT_ONCE: Final = 500
LISTED_FOR_THE_SAME: Final = Problem(
    field="documents[0].number",
    zh="此人以同一身份因同一案件、同一措施已在名单上，请删除该行",
    en="is of somebody who is on the list already for the same case, capacity and measure: delete the row",
)
STOPPED_BY_ANOTHER: Final = Problem(
    field="documents[0].number",
    zh="此人正被采取控制类措施，审批人须盲录号码：请删除该行，在“登记”页单独登记",
    en="is of somebody whom another entry stops, so that the approver must type it again: take the row "
    "out and register it by itself",
)


async def check_next_rows(tx: Tx, batch: Batch) -> None:
    """Check the next rows of a locked batch as the form checks one, on the word of whoever uploaded them."""
    if batch.state is not BatchState.CHECKING:
        return
    batch_id = batch.batch_id
    rows = await imports.list_rows(tx, batch_id, RowState.UNCHECKED, CHECKED_AT_ONCE)
    uploader = await people.get_actor(tx, batch.uploaded_by)
    firsts = await imports.find_first_rows(tx, batch_id, rows)
    checked = await _check(tx, uploader, rows, firsts)
    await imports.record_rows(tx, batch_id, checked)
    await _record_looks(tx, uploader, batch_id, checked)
    batch = _counted(batch, checked)
    if batch.checked < batch.rows:
        await set_due(tx, DueKind.IMPORT_CHECK, batch_id, tx.at)
    else:
        batch = replace(batch, state=BatchState.CHECKED)
    await imports.record_batch(tx, batch)


def _counted(batch: Batch, checked: Sequence[ImportRow]) -> Batch:
    measures = dict(batch.measures)
    right = [row.form for row in checked if row.state is RowState.RIGHT and row.form is not None]
    for form in right:
        measures[form.measure] = measures.get(form.measure, 0) + 1
    return replace(
        batch,
        right=batch.right + len(right),
        wrong=batch.wrong + len(checked) - len(right),
        measures=measures,
    )


async def _check(
    tx: Tx, uploader: Actor, rows: Sequence[ImportRow], firsts: Mapping[int, ImportRow]
) -> list[ImportRow]:
    forms = {
        row.number: row.form for row in rows if row.form is not None and not any(bulk_problems(row.form))
    }
    found = await check_forms(tx, uploader, list(forms.values()))
    checked = dict(zip(forms, zip(found, await warn_of(tx, found), strict=True), strict=True))
    return [
        _judged(tx, row, *checked[row.number], firsts.get(row.number))
        if row.number in checked
        else _left_out(row)
        for row in rows
    ]


def _left_out(row: ImportRow) -> ImportRow:
    """What else a measure that does not come in bulk asks for is asked where it is registered."""
    not_in_bulk = tuple(bulk_problems(row.form)) if row.form is not None else ()
    return replace(row, state=RowState.WRONG, problems=all_problems(row.problems, not_in_bulk))


def _judged(
    tx: Tx, row: ImportRow, checked: Checked, warnings: tuple[Problem, ...], first: ImportRow | None
) -> ImportRow:
    wrong_in_itself = all_problems(row.problems, checked.problems)
    # A form with other mistakes is no way to learn who is listed.
    found = [*wrong_in_itself] if wrong_in_itself else [*_listed_problems(tx, checked)]
    found += double_problems(checked.form, first) if first is not None else ()
    problems = all_problems(found, ())
    return replace(
        row,
        state=RowState.WRONG if problems else RowState.RIGHT,
        problems=problems,
        # A row that is wrong comes again, and is warned of then.
        warnings=() if problems else (*row.warnings, *warnings),
        same_as=None if first is None else first.number,
        listed_already=() if wrong_in_itself else checked.listed_already,
    )


async def _record_looks(tx: Tx, uploader: Actor, batch_id: BatchId, checked: Sequence[ImportRow]) -> None:
    """Whether a number is on the list is itself personal data: who asked is written down."""
    shown = list(dict.fromkeys(entry_id for row in checked for entry_id in row.listed_already))
    if shown:
        about = About(kind="import", key=batch_id)
        await audit.record(tx, uploader, audit.READ, about, purpose="listed already", shown=shown)


def _listed_problems(tx: Tx, checked: Checked) -> Sequence[Problem]:
    """What else the list has of the person may forbid a row: a second entry for the same would outlive the
    first one's withdrawal, and a number more would stop whoever holds it.
    """
    if checked.is_double:
        return (LISTED_FOR_THE_SAME,)
    if any(is_stopping(entry.measure) for entry in in_force(checked.listed, tx.at)):
        return (STOPPED_BY_ANOTHER,)
    return ()


async def list_next_rows(tx: Tx, batch: Batch) -> None:
    """Put the next right rows of a locked batch on the list: registered and submitted by who uploaded them,
    approved by who approved the batch, on the lane behind all others.
    """
    if batch.state is not BatchState.LISTING or batch.decided_by is None:
        return
    batch_id = batch.batch_id
    rows = await imports.list_rows(tx, batch_id, RowState.RIGHT, LISTED_AT_ONCE)
    uploader = await people.get_actor(tx, batch.uploaded_by)
    approver = await people.get_actor(tx, batch.decided_by)
    acting = _Acting(uploader=uploader, approver=approver)
    tried = await _list(tx, acting, await _lock_in_order(tx, batch.court_id, rows))
    await imports.record_rows(tx, batch_id, tried)
    listed = sum(row.state is RowState.LISTED for row in tried)
    batch = replace(batch, listed=batch.listed + listed, refused=batch.refused + len(tried) - listed)
    if batch.tried < batch.right:
        await set_due(tx, DueKind.IMPORT_LIST, batch_id, tx.at)
    else:
        batch = await _finish(tx, batch)
    await imports.record_batch(tx, batch)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Acting:
    """On whose word the rows of a batch are put on the list."""

    uploader: Actor
    approver: Actor


async def _lock_in_order(tx: Tx, court_id: CourtId, rows: Sequence[ImportRow]) -> list[ImportRow]:
    """The money of all cases first, then all subjects: several are moved in one transaction, and nobody who
    locks some of them may wait for the others meanwhile. Those of the rows that are about different people;
    whoever stands in a second row comes with a later step.
    """
    documents = {row.number: documents_of(row.form) for row in rows if row.form is not None}
    holders = await subjects.find_subjects(
        tx, court_id, {document for theirs in documents.values() for document in theirs}
    )
    known = set[SubjectId | IdentityDocument]()
    different = []
    for row in rows:
        theirs = {holders.get(document, document) for document in documents[row.number]}
        if known.isdisjoint(theirs):
            known |= theirs
            different.append(row)
    numbers = {parse_case_number(row.form.case_number) for row in different if row.form is not None}
    await cases.lock_cases_numbered(tx, {one for one in numbers if not isinstance(one, CaseNumberRefused)})
    await entry_locks.lock_entries_of_subjects(
        tx, {one for one in known if not isinstance(one, IdentityDocument)}
    )
    return different


async def _list(tx: Tx, acting: _Acting, rows: Sequence[ImportRow]) -> list[ImportRow]:
    """The rows as they are afterwards. Their cases and subjects are locked."""
    # Another file, or a single registration, may have been quicker since the rows were checked.
    checked = await check_forms(tx, acting.uploader, [row.form for row in rows if row.form is not None])
    right, refused = [], []
    for row, found in zip(rows, checked, strict=True):
        problems = _listed_problems(tx, found) or found.problems
        if problems:
            refused.append(replace(row, state=RowState.REFUSED, problems=tuple(problems)))
        else:
            right.append((row, found))
    return [*refused, *(await _put_on_list(tx, acting, right) if right else ())]


async def _put_on_list(tx: Tx, acting: _Acting, rows: Sequence[tuple[ImportRow, Checked]]) -> list[ImportRow]:
    """All together. Where one is refused nothing of that remains, and each half is tried by itself."""
    try:
        async with tx.savepoint():
            entry_ids = await register_entries(tx, acting.uploader, [checked for _, checked in rows])
            await submit_entries(tx, acting.uploader, entry_ids)
            await approve_entries(tx, acting.approver, dict.fromkeys(entry_ids, ()), Lane.BULK)
    except ChangeTheRequest as refusal:
        if len(rows) == 1:
            return [replace(rows[0][0], state=RowState.REFUSED, problems=_told(refusal))]
    else:
        return [
            replace(row, state=RowState.LISTED, entry_id=entry_id)
            for (row, _), entry_id in zip(rows, entry_ids, strict=True)
        ]
    half = len(rows) // 2
    return [
        *await _put_on_list(tx, acting, rows[:half]),
        *await _put_on_list(tx, acting, rows[half:]),
    ]


def _told(refusal: ChangeTheRequest) -> tuple[Problem, ...]:
    match refusal:
        case Invalid(problems=problems):
            return problems
        case Conflict(zh=chinese, en=english):
            return (Problem(field="", zh=chinese, en=english),)
        case _:
            chinese = "上传人或审批人现已无此权限，请由有权限的同事重新登记"
            return (Problem(field="", zh=chinese, en=f"{refusal}; have it registered anew"),)


async def _finish(tx: Tx, batch: Batch) -> Batch:
    await set_due(tx, DueKind.IMPORT_PURGE, batch.batch_id, tx.at + ROWS_KEPT)
    about = About(kind="import", key=batch.batch_id)
    system = system_actor(batch.court_id)
    await audit.record(tx, system, "import listed", about, listed=batch.listed, refused=batch.refused)
    await tell_of_listed(tx, batch)
    return replace(batch, state=BatchState.LISTED)


async def purge_next_rows(tx: Tx, batch: Batch) -> None:
    """Delete the next rows of a locked batch whose time is over; what nobody decided on is over with them."""
    batch_id = batch.batch_id
    if batch.state in UNDECIDED:
        batch = replace(batch, state=BatchState.DISCARDED)
    if await imports.delete_rows(tx, batch_id, PURGED_AT_ONCE):
        await set_due(tx, DueKind.IMPORT_PURGE, batch_id, tx.at)
    else:
        batch = replace(batch, purged_at=tx.at)
        about = About(kind="import", key=batch_id)
        await audit.record(tx, system_actor(batch.court_id), "import purged", about)
    await imports.record_batch(tx, batch)
