"""Looks for watch entries."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from schemas.measures import Measure
from tracker.domain.entries import Cause, Entry, EntryState
from tracker.domain.ids import CaseId, CourtId, EntryId, SubjectId
from tracker.storage.cases import TeamReader, is_read_by
from tracker.storage.entries import read_entries
from tracker.storage.tables import cases as t
from tracker.storage.transaction import Tx


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


async def search_entries(tx: Tx, search: EntrySearch, limit: int) -> tuple[Entry, ...]:
    """The newest entries that a search finds."""
    found = _found_by(search, sa.select(t.watch_entry))
    return await read_entries(tx, found.order_by(t.watch_entry.c.id.desc()).limit(limit))


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
