"""Locks watch entries, and moves them.

All entries of a subject are its lock, which is taken before its alert's and after its case's. Who decides on
them decides on the latest; once locked they are not read again: nobody else moves them.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Row

from tracker.domain.entries import Entry
from tracker.domain.errors import NotFound
from tracker.domain.ids import CaseId, CourtId, EntryId, SubjectId
from tracker.storage.engine.sets import is_one_of
from tracker.storage.entries import (
    ENTRY_TABLES,
    LOCKED,
    by_subject,
    get_entry,
    known_to_be_locked,
    read_entries,
    with_what_they_stand_on,
)
from tracker.storage.tables import cases as t
from tracker.storage.transaction import Tx


async def lock_entries_of_subject(tx: Tx, subject_id: SubjectId) -> tuple[Entry, ...]:
    """All entries of a subject, locked until the transaction ends."""
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
        return _keep_locked(tx, await with_what_they_stand_on(tx, self._rows))


async def lock_subjects(tx: Tx, subject_ids: Collection[SubjectId]) -> Locked:
    """Lock the entries of several subjects, in the one order."""
    return Locked(await tx.rows(_LOCKED, subject_ids=list(subject_ids)) if subject_ids else ())


async def lock_entries_of_subjects(
    tx: Tx, subject_ids: Collection[SubjectId]
) -> dict[SubjectId, tuple[Entry, ...]]:
    """The entries of several subjects, those not locked yet locked in the one order."""
    known, unknown = known_to_be_locked(tx, subject_ids)
    return known | await (await lock_subjects(tx, unknown)).read(tx)


def _keep_locked(tx: Tx, locked: Sequence[Entry]) -> dict[SubjectId, tuple[Entry, ...]]:
    """All entries of some subjects."""
    theirs = by_subject(locked)
    for listed in theirs.values():
        _remember_locked(tx, listed)
    return theirs


def _remember_locked(tx: Tx, theirs: tuple[Entry, ...]) -> None:
    """All entries of a subject."""
    of_subject = (LOCKED, theirs[0].subject_id)
    tx.memory.keep_locked(of_subject, ENTRY_TABLES, theirs)
    for one in theirs:
        tx.memory.keep_locked((get_entry.__name__, one.entry_id), ENTRY_TABLES, one)


_ITSELF: Final = t.watch_entry.alias("itself").c
_THEIR_SUBJECTS: Final = sa.select(_ITSELF.subject_id).where(is_one_of(_ITSELF.id, "entry_ids"))
_LOCKED_WITH: Final = _IN_ORDER.where(t.watch_entry.c.subject_id.in_(_THEIR_SUBJECTS))


async def lock_entry(tx: Tx, entry_id: EntryId) -> Entry:
    """An entry as it stands now, its subject locked until the transaction ends."""
    return (await lock_entries_named(tx, [entry_id]))[0]


async def find_locked_entry(tx: Tx, entry_id: EntryId) -> Entry | None:
    """As `lock_entry`, or None where there is no such entry."""
    try:
        return await lock_entry(tx, entry_id)
    except NotFound:
        return None


async def lock_entries_named(tx: Tx, entry_ids: Sequence[EntryId]) -> tuple[Entry, ...]:
    """As `lock_entry` of several, in their order."""
    known = [tx.memory.find_locked((get_entry.__name__, entry_id)) for entry_id in entry_ids]
    if None not in known:
        return tuple(one[0] for one in known if one is not None)
    locked = await read_entries(tx, _LOCKED_WITH, entry_ids=list(entry_ids))
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
    locked = tx.memory.find((LOCKED, entry.subject_id))
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
