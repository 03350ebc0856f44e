"""The papers of case files, and which entries stand on them."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Row

from tracker.domain.entries import Entry, Paper
from tracker.domain.ids import CaseId, PaperId
from tracker.domain.measures import PaperKind
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


async def record_paper_revoked(tx: Tx, paper_id: PaperId) -> None:
    await tx.run(sa.update(t.paper).where(t.paper.c.id == paper_id).values(revoked_at=tx.at))


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
