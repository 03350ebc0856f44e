"""Amendments of entries: new terms that wait for a second person, and what became of them."""

from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa

from schemas.measures import Measure
from tracker.domain.amendments import Amendment, AmendmentState
from tracker.domain.entries import EntryState
from tracker.domain.errors import NotFound
from tracker.domain.ids import AmendmentId, CourtId, EntryId, PersonId
from tracker.storage.cases import TeamReader, is_read_by
from tracker.storage.engine.sets import by_column, is_one_of
from tracker.storage.papers import paper_of
from tracker.storage.tables import cases as t
from tracker.storage.transaction import Tx


async def add_amendment(tx: Tx, court_id: CourtId, amendment: Amendment) -> None:
    """Its papers must exist; `one_waiting_amendment_per_entry` refuses a second that waits."""
    await tx.insert(
        t.entry_amendment,
        id=amendment.amendment_id,
        court_id=court_id,
        entry_id=amendment.entry_id,
        state=amendment.state,
        measure=amendment.measure,
        valid_until=amendment.valid_until,
        asked_by=amendment.asked_by,
        asked_at=amendment.asked_at,
    )
    for paper in amendment.papers:
        await tx.insert(t.amendment_paper, amendment_id=amendment.amendment_id, paper_id=paper.paper_id)


async def get_amendment(tx: Tx, amendment_id: AmendmentId) -> Amendment:
    found = await _read(tx, sa.select(t.entry_amendment).where(t.entry_amendment.c.id == amendment_id))
    if not found:
        raise NotFound("amendment")
    return found[0]


async def find_waiting(tx: Tx, entry_id: EntryId) -> Amendment | None:
    """The one that waits for a second person."""
    column = t.entry_amendment.c
    waiting = sa.select(t.entry_amendment).where(
        column.entry_id == entry_id, column.state == AmendmentState.WAITING
    )
    return next(iter(await _read(tx, waiting)), None)


async def list_waiting(
    tx: Tx, court_id: CourtId, reader: TeamReader | None, limit: int
) -> tuple[Amendment, ...]:
    """The oldest that wait, of entries that are active. `reader` None: those of the whole court."""
    column, entry = t.entry_amendment.c, t.watch_entry.c
    query = (
        sa.select(t.entry_amendment)
        .join(t.watch_entry, entry.id == column.entry_id)
        .join(t.case, t.case.c.id == entry.case_id)
        .where(
            column.court_id == court_id,
            column.state == AmendmentState.WAITING,
            entry.state == EntryState.ACTIVE,
        )
    )
    if reader is not None:
        query = query.where(is_read_by(reader))
    return await _read(tx, query.order_by(column.id).limit(limit))


async def record_decided(tx: Tx, amendment_id: AmendmentId, to: AmendmentState, decided_by: PersonId) -> bool:
    """What became of one that waits; False when that was decided already."""
    column = t.entry_amendment.c
    decided = await tx.run(
        sa.update(t.entry_amendment)
        .where(column.id == amendment_id, column.state == AmendmentState.WAITING)
        .values(state=to, decided_by=decided_by, decided_at=tx.at)
    )
    return decided == 1


_PAPERS: Final = (
    sa.select(t.paper, t.amendment_paper.c.amendment_id)
    .join(t.amendment_paper, t.amendment_paper.c.paper_id == t.paper.c.id)
    .where(is_one_of(t.amendment_paper.c.amendment_id, "amendment_ids"))
    .order_by(t.paper.c.id)
)


async def _read(tx: Tx, query: sa.Select[tuple[object, ...]]) -> tuple[Amendment, ...]:
    rows = await tx.rows(query)
    papers = by_column(await tx.rows(_PAPERS, amendment_ids=[row.id for row in rows]), "amendment_id")
    return tuple(_amendment(tx, row, papers[row.id]) for row in rows)


def _amendment(tx: Tx, row: sa.Row[Any], papers: Sequence[sa.Row[Any]]) -> Amendment:
    return Amendment(
        amendment_id=AmendmentId(row.id),
        entry_id=EntryId(row.entry_id),
        state=AmendmentState(row.state),
        measure=Measure(row.measure),
        valid_until=row.valid_until,
        papers=tuple(paper_of(tx, one) for one in papers),
        asked_by=PersonId(row.asked_by),
        asked_at=row.asked_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
    )
