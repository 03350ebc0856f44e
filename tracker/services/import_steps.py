"""What happens to a bulk import by itself: its rows are checked, put on the list and purged, a few at a time.

Each step is one short transaction, so that nothing waits long behind it, and ends with the due row of the
next: a crash repeats at most the step that it broke off, and no row is taken twice. What is urgent comes
before the next step, because that is due later.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from schemas.case_numbers import CaseNumberRefused, parse_case_number
from schemas.documents import IdentityDocument
from tracker.domain.due import DueKind
from tracker.domain.entries import in_force
from tracker.domain.errors import ChangeTheRequest, Conflict, Invalid, Problem
from tracker.domain.ids import BatchId, CourtId
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
from tracker.domain.registration import all_problems, normalised
from tracker.services import audit
from tracker.services.alerts import set_due
from tracker.services.approval import approve_entry
from tracker.services.audit import About
from tracker.services.import_notices import tell_of_listed
from tracker.services.registration import Checked, check_form, register_entry, submit_entry
from tracker.storage import cases, entries, imports, people, subjects
from tracker.storage.feeds import Lane
from tracker.storage.transaction import Tx

CHECKED_AT_ONCE: Final = 50
# Putting a row on the list is some sixty statements. Whoever withdraws waits for a whole step where the
# person or the case is among its rows (on SQLite always), and is to be through within half a second.
LISTED_AT_ONCE: Final = 5
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
    checked = [await _check(tx, uploader, row, firsts.get(row.number)) for row in rows]
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


async def _check(tx: Tx, uploader: Actor, row: ImportRow, first: ImportRow | None) -> ImportRow:
    if row.form is None:
        return replace(row, state=RowState.WRONG)
    not_in_bulk = tuple(bulk_problems(row.form))
    if not_in_bulk:
        # What else such a measure asks for is asked where it is registered.
        return replace(row, state=RowState.WRONG, problems=all_problems(row.problems, not_in_bulk))
    checked = await check_form(tx, uploader, row.form)
    wrong_in_itself = all_problems(row.problems, checked.problems)
    # A form with other mistakes is no way to learn who is listed.
    listed_already = () if wrong_in_itself else checked.listed_already
    found = [*wrong_in_itself] if wrong_in_itself else [*await _listed_problems(tx, checked)]
    found += double_problems(row.form, first) if first is not None else ()
    problems = all_problems(found, ())
    return replace(
        row,
        state=RowState.WRONG if problems else RowState.RIGHT,
        problems=problems,
        same_as=None if first is None else first.number,
        listed_already=listed_already,
    )


async def _record_looks(tx: Tx, uploader: Actor, batch_id: BatchId, checked: Sequence[ImportRow]) -> None:
    """Whether a number is on the list is itself personal data: who asked is written down."""
    shown = list(dict.fromkeys(entry_id for row in checked for entry_id in row.listed_already))
    if shown:
        about = About(kind="import", key=batch_id)
        await audit.record(tx, uploader, audit.READ, about, purpose="listed already", shown=shown)


async def _listed_problems(tx: Tx, checked: Checked) -> Sequence[Problem]:
    """What else the list has of the person may forbid a row: a second entry for the same would outlive the
    first one's withdrawal, and a number more would stop whoever holds it.
    """
    if checked.is_double:
        return (LISTED_FOR_THE_SAME,)
    listed = [await entries.get_entry(tx, entry_id) for entry_id in checked.listed_already]
    if any(is_stopping(entry.measure) for entry in in_force(listed, tx.at)):
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
    await _lock_in_order(tx, batch.court_id, rows)
    tried = [await _list(tx, uploader, approver, row) for row in rows]
    await imports.record_rows(tx, batch_id, tried)
    listed = sum(row.state is RowState.LISTED for row in tried)
    batch = replace(batch, listed=batch.listed + listed, refused=batch.refused + len(tried) - listed)
    if batch.tried < batch.right:
        await set_due(tx, DueKind.IMPORT_LIST, batch_id, tx.at)
    else:
        batch = await _finish(tx, batch)
    await imports.record_batch(tx, batch)


async def _lock_in_order(tx: Tx, court_id: CourtId, rows: Sequence[ImportRow]) -> None:
    """The money of all cases first, then all subjects: several are moved in one transaction, and nobody who
    locks some of them may wait for the others meanwhile.
    """
    forms = [row.form for row in rows if row.form is not None]
    numbers = [parse_case_number(form.case_number) for form in forms]
    found = [await cases.find_case(tx, one) for one in numbers if not isinstance(one, CaseNumberRefused)]
    await cases.lock_cases(tx, {one for one in found if one is not None})
    documents = [normalised(document) for form in forms for document in form.documents]
    known = [one for one in documents if isinstance(one, IdentityDocument)]
    holders = [await subjects.find_subject(tx, court_id, document) for document in known]
    await entries.lock_entries_of_subjects(tx, {one for one in holders if one is not None})


async def _list(tx: Tx, uploader: Actor, approver: Actor, row: ImportRow) -> ImportRow:
    assert row.form is not None
    try:
        async with tx.savepoint():
            # Another file, or a single registration, may have been quicker since the rows were checked.
            checked = await check_form(tx, uploader, row.form)
            if problems := await _listed_problems(tx, checked):
                raise Invalid(problems)
            entry_id = await register_entry(tx, uploader, row.form, checked)
            await submit_entry(tx, uploader, entry_id)
            await approve_entry(tx, approver, entry_id, lane=Lane.BULK)
    except ChangeTheRequest as refusal:
        return replace(row, state=RowState.REFUSED, problems=_told(refusal))
    return replace(row, state=RowState.LISTED, entry_id=entry_id)


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
