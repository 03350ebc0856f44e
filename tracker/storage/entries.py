"""Watch entries with their papers and agencies."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Row

from schemas.measures import Measure
from tracker.domain.due import DueKind
from tracker.domain.entries import Cause, Entry, EntryState, Paper
from tracker.domain.errors import NotFound
from tracker.domain.ids import AgencyId, CaseId, CourtId, EntryId, PaperId, PersonId, SubjectId, TeamId
from tracker.domain.measures import PaperKind
from tracker.storage.memory import read_once
from tracker.storage.sets import by_column, is_one_of
from tracker.storage.tables import cases as t
from tracker.storage.tables.alerts import due_work
from tracker.storage.transaction import Tx

ENTRY_TABLES = (t.watch_entry, t.paper, t.entry_paper, t.entry_agency)


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamReader:
    """Somebody who sees the cases of some teams and those they are the judge of."""

    person_id: PersonId
    team_ids: tuple[TeamId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntrySearch:
    """What is looked for; None leaves it open. `reader` None: sees the whole court."""

    court_id: CourtId
    state: EntryState | None = None
    causes: frozenset[Cause] | None = None
    subject_ids: tuple[SubjectId, ...] | None = None
    case_id: CaseId | None = None
    entry_ids: tuple[EntryId, ...] | None = None
    reader: TeamReader | None = None


async def add_paper(tx: Tx, case_id: CaseId, paper: Paper) -> None:
    await tx.insert(
        t.paper,
        id=paper.paper_id,
        case_id=case_id,
        kind=paper.kind,
        number=paper.number,
        issued_on=paper.issued_on,
        signer=tx.seal(paper.signer, f"paper.signer:{paper.paper_id}"),
        valid_until=paper.valid_until,
    )


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


@read_once(*ENTRY_TABLES)
async def get_entry(tx: Tx, entry_id: EntryId) -> Entry:
    entries = await _read(tx, sa.select(t.watch_entry).where(t.watch_entry.c.id == entry_id))
    if not entries:
        raise NotFound("entry")
    return entries[0]


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


async def list_entries_of_subject(tx: Tx, subject_id: SubjectId) -> tuple[Entry, ...]:
    """All entries of a subject."""
    entry = t.watch_entry.c
    theirs = sa.select(t.watch_entry).where(entry.subject_id == subject_id)
    return await _read(tx, theirs.order_by(entry.id))


async def lock_entries_of_subject(tx: Tx, subject_id: SubjectId) -> tuple[Entry, ...]:
    """The same, locked until the transaction ends: who decides on them decides on the latest. Once locked
    they are not read again: nobody else moves them.

    All entries of a subject are its lock, which is taken before its alert's and after its case's.
    """
    locked = tx.memory.find((lock_entries_of_subject.__name__, subject_id))
    if locked is not None:
        return tuple(locked[0])
    return (await lock_entries_of_subjects(tx, [subject_id])).get(subject_id, ())


# One statement in one order: two who lock several subjects each do not wait for one another.
_IN_ORDER: Final = sa.select(t.watch_entry).order_by(t.watch_entry.c.id).with_for_update(key_share=True)
_LOCKED: Final = _IN_ORDER.where(is_one_of(t.watch_entry.c.subject_id, "subject_ids"))


@dataclass(frozen=True, slots=True)
class Locked:
    """The entries of some subjects, locked until the transaction ends; what they stand on is unread yet."""

    _rows: Sequence[Row[Any]]

    @property
    def subject_ids(self) -> frozenset[SubjectId]:
        return frozenset(SubjectId(row.subject_id) for row in self._rows)

    @property
    def case_ids(self) -> frozenset[CaseId]:
        return frozenset(CaseId(row.case_id) for row in self._rows)

    @property
    def court_ids(self) -> frozenset[CourtId]:
        return frozenset(CourtId(row.court_id) for row in self._rows)

    async def read(self, tx: Tx) -> dict[SubjectId, tuple[Entry, ...]]:
        """The entries of each."""
        by_subject: dict[SubjectId, tuple[Entry, ...]] = {}
        for one in await _with_what_they_stand_on(tx, self._rows):
            by_subject[one.subject_id] = (*by_subject.get(one.subject_id, ()), one)
        for theirs in by_subject.values():
            _remember_locked(tx, theirs)
        return by_subject


async def lock_subjects(tx: Tx, subject_ids: Collection[SubjectId]) -> Locked:
    """Lock the entries of several subjects, in the one order."""
    return Locked(await tx.rows(_LOCKED, subject_ids=list(subject_ids)) if subject_ids else ())


async def lock_entries_of_subjects(
    tx: Tx, subject_ids: Collection[SubjectId]
) -> dict[SubjectId, tuple[Entry, ...]]:
    """The same, and the entries."""
    return await (await lock_subjects(tx, subject_ids)).read(tx)


def _remember_locked(tx: Tx, theirs: tuple[Entry, ...]) -> None:
    """All entries of a subject."""
    of_subject = (lock_entries_of_subject.__name__, theirs[0].subject_id)
    tx.memory.keep_locked(of_subject, ENTRY_TABLES, theirs)
    for one in theirs:
        tx.memory.keep_locked((get_entry.__name__, one.entry_id), ENTRY_TABLES, one)


async def find_locked_entry(tx: Tx, entry_id: EntryId) -> Entry | None:
    """The same, or None where there is no such entry."""
    try:
        return await lock_entry(tx, entry_id)
    except NotFound:
        return None


_ITSELF: Final = t.watch_entry.alias("itself").c
_ITS_SUBJECT: Final = sa.select(_ITSELF.subject_id).where(_ITSELF.id == sa.bindparam("of_entry"))
_LOCKED_WITH: Final = _IN_ORDER.where(t.watch_entry.c.subject_id == _ITS_SUBJECT.scalar_subquery())


async def lock_entry(tx: Tx, entry_id: EntryId) -> Entry:
    """An entry as it stands now, its subject locked until the transaction ends."""
    theirs = await _read(tx, _LOCKED_WITH, of_entry=entry_id)
    if not theirs:
        raise NotFound("entry")
    _remember_locked(tx, theirs)
    return next(one for one in theirs if one.entry_id == entry_id)


async def lock_entries(tx: Tx, listed: Sequence[Entry]) -> tuple[Entry, ...]:
    """The same entries as they stand now, all their subjects locked until the transaction ends."""
    locked = await lock_entries_of_subjects(tx, {one.subject_id for one in listed})
    now = {one.entry_id: one for theirs in locked.values() for one in theirs}
    return tuple(now[one.entry_id] for one in listed)


async def list_entries_of_case(tx: Tx, case_id: CaseId) -> tuple[Entry, ...]:
    entry = t.watch_entry.c
    return await _read(tx, sa.select(t.watch_entry).where(entry.case_id == case_id).order_by(entry.id))


async def list_entries_of_paper(tx: Tx, paper_id: PaperId) -> tuple[Entry, ...]:
    """The entries that stand on a paper."""
    standing = sa.select(t.entry_paper.c.entry_id).where(t.entry_paper.c.paper_id == paper_id)
    entry = t.watch_entry.c
    return await _read(tx, sa.select(t.watch_entry).where(entry.id.in_(standing)).order_by(entry.id))


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


async def search_entries(tx: Tx, search: EntrySearch, limit: int) -> tuple[Entry, ...]:
    """The newest entries that a search finds."""
    found = _found_by(search, sa.select(t.watch_entry))
    return await _read(tx, found.order_by(t.watch_entry.c.id.desc()).limit(limit))


async def count_by_measure(tx: Tx, search: EntrySearch) -> dict[Measure, int]:
    """How many entries a search finds, by measure."""
    measure = t.watch_entry.c.measure
    found = _found_by(search, sa.select(measure, sa.func.count().label("found")))
    return {Measure(row.measure): row.found for row in await tx.rows(found.group_by(measure))}


def _found_by(search: EntrySearch, query: sa.Select[Any]) -> sa.Select[Any]:
    entry, case = t.watch_entry.c, t.case.c
    query = query.select_from(t.watch_entry).join(t.case, case.id == entry.case_id)
    query = query.where(entry.court_id == search.court_id)
    if search.state is not None:
        query = query.where(entry.state == search.state)
    if search.causes is not None:
        query = query.where(entry.cause.in_(search.causes))
    if search.subject_ids is not None:
        query = query.where(entry.subject_id.in_(search.subject_ids))
    if search.case_id is not None:
        query = query.where(entry.case_id == search.case_id)
    if search.entry_ids is not None:
        query = query.where(entry.id.in_(search.entry_ids))
    if search.reader is not None:
        query = query.where(is_read_by(search.reader))
    return query


def is_read_by(reader: TeamReader) -> sa.ColumnElement[bool]:
    """Whether a case, which the statement joins, is one that the reader sees."""
    case = t.case.c
    return sa.or_(case.team_id.in_(reader.team_ids), case.judge_id == reader.person_id)


_MOVES: Final = (
    "state",
    "measure",
    "valid_until",
    "approved_by",
    "approved_at",
    "validate_by",
    "suspended_by",
    "cause",
    "stopped_at",
    "version",
)
_MOVED: Final = (
    sa.update(t.watch_entry)
    .where(t.watch_entry.c.id == sa.bindparam("of_entry"))
    .where(t.watch_entry.c.version == sa.bindparam("from_version"))
    .values({column: sa.bindparam(f"to_{column}") for column in _MOVES})
)


async def record_entry(tx: Tx, entry: Entry) -> bool:
    """Write the moved entry; False when another transaction moved it first (its version went on)."""
    locked = tx.memory.find((lock_entries_of_subject.__name__, entry.subject_id))
    changed = await tx.run(
        _MOVED,
        of_entry=entry.entry_id,
        from_version=entry.version - 1,
        **{f"to_{column}": getattr(entry, column) for column in _MOVES},
    )
    if changed and locked is not None:
        # Those of the others, and what an entry stands on, are as they were.
        moved = (entry if one.entry_id == entry.entry_id else one for one in locked[0])
        _remember_locked(tx, tuple(moved))
    return changed == 1


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


async def replace_papers(tx: Tx, entry: Entry) -> None:
    """The entry stands on its papers as they are now, and on no other; they must exist."""
    await tx.run(sa.delete(t.entry_paper).where(t.entry_paper.c.entry_id == entry.entry_id))
    for paper in entry.papers:
        await tx.insert(t.entry_paper, entry_id=entry.entry_id, paper_id=paper.paper_id)


async def record_paper_revoked(tx: Tx, paper_id: PaperId) -> None:
    await tx.run(sa.update(t.paper).where(t.paper.c.id == paper_id).values(revoked_at=tx.at))


_STANDS_ON: Final = (
    sa.select(t.watch_entry.c.id.label("entry_id"), t.entry_agency.c.agency_id, t.paper)
    .join(t.entry_agency, t.entry_agency.c.entry_id == t.watch_entry.c.id, isouter=True)
    .join(t.entry_paper, t.entry_paper.c.entry_id == t.watch_entry.c.id, isouter=True)
    .join(t.paper, t.paper.c.id == t.entry_paper.c.paper_id, isouter=True)
    .where(is_one_of(t.watch_entry.c.id, "entry_ids"))
    .order_by(t.entry_agency.c.agency_id, t.paper.c.id)
)


async def _read(tx: Tx, query: sa.Select[tuple[object, ...]], **values: object) -> tuple[Entry, ...]:
    return await _with_what_they_stand_on(tx, await tx.rows(query, **values))


async def _with_what_they_stand_on(tx: Tx, rows: Sequence[Row[Any]]) -> tuple[Entry, ...]:
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


def paper_of(tx: Tx, row: Row[Any]) -> Paper:
    """The paper of a row of its table."""
    return Paper(
        paper_id=PaperId(row.id),
        kind=PaperKind(row.kind),
        number=row.number,
        issued_on=row.issued_on,
        signer=tx.unseal(row.signer, f"paper.signer:{row.id}"),
        valid_until=row.valid_until,
        revoked_at=row.revoked_at,
    )
