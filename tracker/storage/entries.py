"""Watch entries, read with their papers and agencies."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Row

from schemas.measures import Measure
from tracker.domain.due import DueKind
from tracker.domain.entries import Cause, Entry, EntryState
from tracker.domain.errors import NotFound
from tracker.domain.ids import AgencyId, CaseId, CourtId, EntryId, PaperId, PersonId, SubjectId, TeamId
from tracker.storage.engine.memory import read_once
from tracker.storage.engine.sets import by_column, is_one_of
from tracker.storage.papers import paper_of
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
    entries = await _read(tx, _BY_IDS, ids=[entry_id])
    if not entries:
        raise NotFound("entry")
    return entries[0]


async def remember_entries(tx: Tx, entry_ids: Collection[EntryId]) -> None:
    """Read those not known yet of several at once, for `get_entry`."""
    unknown = tx.memory.unknown(get_entry, entry_ids)
    for entry in await _read(tx, _BY_IDS, ids=unknown) if unknown else ():
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
    return await _read(tx, _OF_SUBJECTS, subject_ids=[subject_id])


async def list_entries_of_subjects(
    tx: Tx, subject_ids: Collection[SubjectId]
) -> dict[SubjectId, tuple[Entry, ...]]:
    """All entries of several; what this transaction has locked is not read again."""
    known, unknown = _known_to_be_locked(tx, subject_ids)
    listed = await _read(tx, _OF_SUBJECTS, subject_ids=unknown) if unknown else ()
    return known | _by_subject(listed)


def _by_subject(listed: Sequence[Entry]) -> dict[SubjectId, tuple[Entry, ...]]:
    found: dict[SubjectId, list[Entry]] = {}
    for one in listed:
        found.setdefault(one.subject_id, []).append(one)
    return {subject_id: tuple(theirs) for subject_id, theirs in found.items()}


async def lock_entries_of_subject(tx: Tx, subject_id: SubjectId) -> tuple[Entry, ...]:
    """The same, locked until the transaction ends: who decides on them decides on the latest. Once locked
    they are not read again: nobody else moves them.

    All entries of a subject are its lock, which is taken before its alert's and after its case's.
    """
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
        return _keep_locked(tx, await _with_what_they_stand_on(tx, self._rows))


async def lock_subjects(tx: Tx, subject_ids: Collection[SubjectId]) -> Locked:
    """Lock the entries of several subjects, in the one order."""
    return Locked(await tx.rows(_LOCKED, subject_ids=list(subject_ids)) if subject_ids else ())


async def lock_entries_of_subjects(
    tx: Tx, subject_ids: Collection[SubjectId]
) -> dict[SubjectId, tuple[Entry, ...]]:
    """The entries of several subjects, those not locked yet locked in the one order."""
    known, unknown = _known_to_be_locked(tx, subject_ids)
    return known | await (await lock_subjects(tx, unknown)).read(tx)


def _known_to_be_locked(
    tx: Tx, subject_ids: Collection[SubjectId]
) -> tuple[dict[SubjectId, tuple[Entry, ...]], list[SubjectId]]:
    """The entries of those that this transaction has locked, and the others."""
    found = {one: tx.memory.find((lock_entries_of_subject.__name__, one)) for one in subject_ids}
    known = {subject_id: tuple(theirs[0]) for subject_id, theirs in found.items() if theirs is not None}
    return known, [subject_id for subject_id in found if subject_id not in known]


def _keep_locked(tx: Tx, locked: Sequence[Entry]) -> dict[SubjectId, tuple[Entry, ...]]:
    """All entries of some subjects."""
    theirs = _by_subject(locked)
    for listed in theirs.values():
        _remember_locked(tx, listed)
    return theirs


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
_THEIR_SUBJECTS: Final = sa.select(_ITSELF.subject_id).where(is_one_of(_ITSELF.id, "entry_ids"))
_LOCKED_WITH: Final = _IN_ORDER.where(t.watch_entry.c.subject_id.in_(_THEIR_SUBJECTS))


async def lock_entry(tx: Tx, entry_id: EntryId) -> Entry:
    """An entry as it stands now, its subject locked until the transaction ends."""
    return (await lock_entries_named(tx, [entry_id]))[0]


async def lock_entries_named(tx: Tx, entry_ids: Sequence[EntryId]) -> tuple[Entry, ...]:
    """The same of several, in their order."""
    known = [tx.memory.find_locked((get_entry.__name__, entry_id)) for entry_id in entry_ids]
    if None not in known:
        return tuple(one[0] for one in known if one is not None)
    locked = await _read(tx, _LOCKED_WITH, entry_ids=list(entry_ids))
    _keep_locked(tx, locked)
    now = {one.entry_id: one for one in locked}
    if not now.keys() >= set(entry_ids):
        raise NotFound("entry")
    return tuple(now[entry_id] for entry_id in entry_ids)


async def lock_entries(tx: Tx, listed: Sequence[Entry]) -> tuple[Entry, ...]:
    """The same entries as they stand now, all their subjects locked until the transaction ends."""
    locked = await lock_entries_of_subjects(tx, {one.subject_id for one in listed})
    now = {one.entry_id: one for theirs in locked.values() for one in theirs}
    return tuple(now[one.entry_id] for one in listed)


async def list_entries_of_case(tx: Tx, case_id: CaseId) -> tuple[Entry, ...]:
    entry = t.watch_entry.c
    return await _read(tx, sa.select(t.watch_entry).where(entry.case_id == case_id).order_by(entry.id))


async def list_entries_of_papers(tx: Tx, paper_ids: Collection[PaperId]) -> tuple[Entry, ...]:
    """The entries that stand on one of the papers."""
    standing = sa.select(t.entry_paper.c.entry_id).where(t.entry_paper.c.paper_id.in_(paper_ids))
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
    changed = await tx.run(_MOVED, **_move(entry))
    if changed and locked is not None:
        _remember_moved(tx, locked[0], {entry.entry_id: entry})
    return changed == 1


async def record_entries(tx: Tx, moved: Sequence[Entry]) -> None:
    """Write several moved entries, all locked by this transaction: nobody can have moved them first."""
    locked = await lock_entries_of_subjects(tx, {entry.subject_id for entry in moved})
    await tx.run_many(_MOVED, [_move(entry) for entry in moved])
    now = {entry.entry_id: entry for entry in moved}
    for theirs in locked.values():
        _remember_moved(tx, theirs, now)


def _remember_moved(tx: Tx, locked: Sequence[Entry], now: Mapping[EntryId, Entry]) -> None:
    """The others of the subject, and what an entry stands on, are as they were."""
    _remember_locked(tx, tuple(now.get(one.entry_id, one) for one in locked))


def _move(entry: Entry) -> dict[str, Any]:
    """The parameters of one move."""
    return {"of_entry": entry.entry_id, "from_version": entry.version - 1} | {
        f"to_{column}": getattr(entry, column) for column in _MOVES
    }


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
