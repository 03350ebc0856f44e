"""Watch entries, read with their papers and agencies."""

from collections.abc import Collection, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Row

from schemas.measures import Measure
from tracker.domain.due import DueKind
from tracker.domain.entries import Cause, Entry, EntryState
from tracker.domain.errors import NotFound
from tracker.domain.ids import AgencyId, CaseId, CourtId, EntryId, PaperId, PersonId, SubjectId
from tracker.storage.engine.memory import read_once
from tracker.storage.engine.sets import by_column, is_one_of
from tracker.storage.papers import paper_of
from tracker.storage.tables import cases as t
from tracker.storage.tables.alerts import due_work
from tracker.storage.transaction import Tx

ENTRY_TABLES = (t.watch_entry, t.paper, t.entry_paper, t.entry_agency)
LOCKED: Final = "entries of a locked subject"
"""As what a transaction remembers them."""


async def add_entry(tx: Tx, entry: Entry) -> None:
    """Add the entry with its links; its papers must exist."""
    await tx.insert(
        t.watch_entry,
        id=entry.entry_id,
        court_id=entry.court_id,
        case_id=entry.case_id,
        subject_id=entry.subject_id,
        capacity=entry.capacity,
        measure=entry.measure,
        state=entry.state,
        valid_until=entry.valid_until,
        release_amount_fen=entry.release_amount_fen,
        registered_by=entry.registered_by,
        registered_at=entry.registered_at,
        version=entry.version,
    )
    for paper in entry.papers:
        await tx.insert(t.entry_paper, entry_id=entry.entry_id, paper_id=paper.paper_id)
    for agency_id in entry.agency_ids:
        await tx.insert(t.entry_agency, entry_id=entry.entry_id, agency_id=agency_id)


_BY_IDS: Final = sa.select(t.watch_entry).where(is_one_of(t.watch_entry.c.id, "ids"))


@read_once(*ENTRY_TABLES)
async def get_entry(tx: Tx, entry_id: EntryId) -> Entry:
    entries = await read_entries(tx, _BY_IDS, ids=[entry_id])
    if not entries:
        raise NotFound("entry")
    return entries[0]


async def remember_entries(tx: Tx, entry_ids: Collection[EntryId]) -> None:
    """Read those not known yet of several at once, for `get_entry`."""
    unknown = tx.memory.unknown(get_entry, entry_ids)
    for entry in await read_entries(tx, _BY_IDS, ids=unknown) if unknown else ():
        tx.memory.keep((get_entry.__name__, entry.entry_id), ENTRY_TABLES, entry)


async def list_without_validation(tx: Tx, court_id: CourtId) -> tuple[EntryId, ...]:
    """The entries in force that nobody is ever asked to validate."""
    entry, due = t.watch_entry.c, due_work.c
    is_asked = sa.exists().where(due.about == entry.id, due.kind == DueKind.ENTRY_VALIDATION)
    query = sa.select(entry.id).where(
        entry.court_id == court_id,
        entry.state == EntryState.ACTIVE,
        entry.validate_by.is_(None),
        ~is_asked,
    )
    return tuple(EntryId(row.id) for row in await tx.rows(query))


_OF_SUBJECTS: Final = (
    sa.select(t.watch_entry)
    .where(is_one_of(t.watch_entry.c.subject_id, "subject_ids"))
    .order_by(t.watch_entry.c.id)
)


async def list_entries_of_subject(tx: Tx, subject_id: SubjectId) -> tuple[Entry, ...]:
    """All entries of a subject."""
    return await read_entries(tx, _OF_SUBJECTS, subject_ids=[subject_id])


async def list_entries_of_subjects(
    tx: Tx, subject_ids: Collection[SubjectId]
) -> dict[SubjectId, tuple[Entry, ...]]:
    """All entries of several; what this transaction has locked is not read again."""
    known, unknown = known_to_be_locked(tx, subject_ids)
    listed = await read_entries(tx, _OF_SUBJECTS, subject_ids=unknown) if unknown else ()
    return known | by_subject(listed)


def known_to_be_locked(
    tx: Tx, subject_ids: Collection[SubjectId]
) -> tuple[dict[SubjectId, tuple[Entry, ...]], list[SubjectId]]:
    """The entries of those subjects that this transaction has locked, and the other subjects."""
    found = {one: tx.memory.find((LOCKED, one)) for one in subject_ids}
    known = {subject_id: tuple(theirs[0]) for subject_id, theirs in found.items() if theirs is not None}
    return known, [subject_id for subject_id in found if subject_id not in known]


def by_subject(listed: Sequence[Entry]) -> dict[SubjectId, tuple[Entry, ...]]:
    found: dict[SubjectId, list[Entry]] = {}
    for one in listed:
        found.setdefault(one.subject_id, []).append(one)
    return {subject_id: tuple(theirs) for subject_id, theirs in found.items()}


async def list_entries_of_case(tx: Tx, case_id: CaseId) -> tuple[Entry, ...]:
    entry = t.watch_entry.c
    return await read_entries(tx, sa.select(t.watch_entry).where(entry.case_id == case_id).order_by(entry.id))


async def list_entries_of_papers(tx: Tx, paper_ids: Collection[PaperId]) -> tuple[Entry, ...]:
    """The entries that stand on one of the papers."""
    standing = sa.select(t.entry_paper.c.entry_id).where(t.entry_paper.c.paper_id.in_(paper_ids))
    entry = t.watch_entry.c
    return await read_entries(tx, sa.select(t.watch_entry).where(entry.id.in_(standing)).order_by(entry.id))


async def list_standing_on(tx: Tx, court_id: CourtId, paper_number: str) -> tuple[EntryId, ...]:
    """The entries that stand on a paper of this number; each paper has its number in the one normal form."""
    query = (
        sa.select(t.watch_entry.c.id)
        .join(t.entry_paper, t.entry_paper.c.entry_id == t.watch_entry.c.id)
        .join(t.paper, t.paper.c.id == t.entry_paper.c.paper_id)
        .where(t.paper.c.number == paper_number, t.watch_entry.c.court_id == court_id)
        .distinct()
        .order_by(t.watch_entry.c.id)
    )
    return tuple(EntryId(row.id) for row in await tx.rows(query))


_STANDS_ON: Final = (
    sa.select(t.watch_entry.c.id.label("entry_id"), t.entry_agency.c.agency_id, t.paper)
    .join(t.entry_agency, t.entry_agency.c.entry_id == t.watch_entry.c.id, isouter=True)
    .join(t.entry_paper, t.entry_paper.c.entry_id == t.watch_entry.c.id, isouter=True)
    .join(t.paper, t.paper.c.id == t.entry_paper.c.paper_id, isouter=True)
    .where(is_one_of(t.watch_entry.c.id, "entry_ids"))
    .order_by(t.entry_agency.c.agency_id, t.paper.c.id)
)


async def read_entries(tx: Tx, query: sa.Select[tuple[object, ...]], **values: object) -> tuple[Entry, ...]:
    return await with_what_they_stand_on(tx, await tx.rows(query, **values))


async def with_what_they_stand_on(tx: Tx, rows: Sequence[Row[Any]]) -> tuple[Entry, ...]:
    if not rows:
        return ()
    # After the rows, which may have been waited for: each agency with each paper, of which there are few.
    stands_on = by_column(await tx.rows(_STANDS_ON, entry_ids=[row.id for row in rows]), "entry_id")
    return tuple(_entry(tx, row, stands_on[row.id]) for row in rows)


def _entry(tx: Tx, row: Row[Any], stands_on: Sequence[Row[Any]]) -> Entry:
    agency_ids = dict.fromkeys(one.agency_id for one in stands_on if one.agency_id is not None)
    papers = {one.id: one for one in stands_on if one.id is not None}
    return Entry(
        entry_id=EntryId(row.id),
        court_id=CourtId(row.court_id),
        case_id=CaseId(row.case_id),
        subject_id=SubjectId(row.subject_id),
        capacity=row.capacity,
        measure=Measure(row.measure),
        state=EntryState(row.state),
        valid_until=row.valid_until,
        release_amount_fen=row.release_amount_fen,
        agency_ids=tuple(map(AgencyId, agency_ids)),
        papers=tuple(paper_of(tx, one) for one in papers.values()),
        registered_by=PersonId(row.registered_by),
        registered_at=row.registered_at,
        approved_by=row.approved_by,
        approved_at=row.approved_at,
        validate_by=row.validate_by,
        suspended_by=row.suspended_by,
        cause=Cause(row.cause) if row.cause else None,
        stopped_at=row.stopped_at,
        version=row.version,
    )
