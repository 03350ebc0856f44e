"""The papers of case files, and which entries stand on them."""

from collections.abc import Collection
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Row

from tracker.domain.entries import Entry, Paper
from tracker.domain.errors import NotFound
from tracker.domain.ids import CaseId, PaperId
from tracker.domain.measures import PaperKind
from tracker.domain.terms import PaperName
from tracker.storage.engine.sets import is_one_of
from tracker.storage.tables import cases as t
from tracker.storage.transaction import Tx


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


async def replace_papers(tx: Tx, entry: Entry) -> None:
    """The entry stands on its papers as they are now, and on no other; they must exist."""
    await tx.run(sa.delete(t.entry_paper).where(t.entry_paper.c.entry_id == entry.entry_id))
    for paper in entry.papers:
        await tx.insert(t.entry_paper, entry_id=entry.entry_id, paper_id=paper.paper_id)


async def get_case_of_paper(tx: Tx, paper_id: PaperId) -> CaseId:
    row = await tx.row(sa.select(t.paper.c.case_id).where(t.paper.c.id == paper_id))
    if row is None:
        raise NotFound("paper")
    return CaseId(row.case_id)


async def list_same_papers(tx: Tx, paper_id: PaperId) -> tuple[Paper, ...]:
    """A paper as often as its case has it: each entry is registered with papers of its own, and the same
    paper (its kind, number and date) is entered with each.
    """
    itself, same = t.paper.alias("itself").c, t.paper.c
    is_same = sa.and_(
        same.case_id == itself.case_id,
        same.kind == itself.kind,
        same.number == itself.number,
        same.issued_on == itself.issued_on,
    )
    query = sa.select(t.paper).join(itself.id.table, is_same).where(itself.id == paper_id).order_by(same.id)
    return tuple(paper_of(tx, row) for row in await tx.rows(query))


async def record_papers_revoked(tx: Tx, paper_ids: Collection[PaperId]) -> None:
    await tx.run(sa.update(t.paper).where(t.paper.c.id.in_(paper_ids)).values(revoked_at=tx.at))


_REVOKED: Final = sa.select(t.paper.c.case_id, t.paper.c.kind, t.paper.c.number, t.paper.c.issued_on).where(
    is_one_of(t.paper.c.case_id, "case_ids"), t.paper.c.revoked_at.is_not(None)
)


async def list_revoked(tx: Tx, case_ids: Collection[CaseId]) -> dict[CaseId, set[PaperName]]:
    """What was revoked in cases, of those in which anything was."""
    revoked: dict[CaseId, set[PaperName]] = {}
    for row in await tx.rows(_REVOKED, case_ids=list(case_ids)):
        name = PaperName(kind=PaperKind(row.kind), number=row.number, issued_on=row.issued_on)
        revoked.setdefault(CaseId(row.case_id), set()).add(name)
    return revoked


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
