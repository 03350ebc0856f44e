"""Revokes papers: what stands on one leaves the agencies."""

from collections.abc import Sequence

from tracker.domain.authorisation import Action
from tracker.domain.court_time import court_day
from tracker.domain.entries import (
    Cause,
    Paper,
    is_sought,
)
from tracker.domain.errors import Conflict, Invalid
from tracker.domain.ids import PaperId
from tracker.domain.people import Actor
from tracker.domain.revocations import Revocation, revocation_problems
from tracker.services import audit
from tracker.services.access import require_on_case
from tracker.services.audit import About
from tracker.services.entries.standing import Stop, stop_entries
from tracker.storage import cases, entries, entry_locks, papers
from tracker.storage.transaction import Tx


async def revoke_paper(tx: Tx, actor: Actor, paper_id: PaperId, revocation: Revocation) -> None:
    """A paper was revoked: every entry that stands on it leaves the agencies and waits for its judge. Raises
    `Invalid` where the day cannot be right.
    """
    case_id = await papers.get_case_of_paper(tx, paper_id)
    # With its case locked no entry comes to stand on it while those that do are stopped.
    await cases.lock_case(tx, case_id)
    await require_on_case(tx, actor, Action.REVOKE_PAPER, await cases.get_case(tx, case_id))
    holding = await holding_papers(tx, paper_id)
    if paper_id not in {paper.paper_id for paper in holding}:
        raise Conflict("该文书已登记撤销", "the paper is recorded as revoked already: look at its entries")
    problems = tuple(revocation_problems(holding[0], revocation, court_day(tx.at)))
    if problems:
        raise Invalid(problems)
    revoked = [paper.paper_id for paper in holding]
    standing = await entry_locks.lock_entries(tx, await entries.list_entries_of_papers(tx, revoked))
    await papers.record_papers_revoked(tx, revoked)
    # What nothing stands on yet, as a paper that waits with other terms, is told of its case.
    abouts = [About(kind="entry", key=entry.entry_id) for entry in standing]
    for about in abouts or [About(kind="case", key=case_id)]:
        await _record_revocation(tx, actor, about, revoked, revocation)
    sought = [entry for entry in standing if is_sought(entry)]
    await stop_entries(tx, actor, sought, Stop(cause=Cause.PAPER_REVOKED, ends=False))


async def holding_papers(tx: Tx, paper_id: PaperId) -> tuple[Paper, ...]:
    """A paper, as often as its case has it, without what is revoked already."""
    return tuple(paper for paper in await papers.list_same_papers(tx, paper_id) if paper.revoked_at is None)


async def _record_revocation(
    tx: Tx, actor: Actor, about: About, paper_ids: Sequence[PaperId], revocation: Revocation
) -> None:
    await audit.record(
        tx,
        actor,
        "paper revoked",
        about,
        papers=list(paper_ids),
        reason=revocation.reason.value,
        revoked_on=revocation.revoked_on.isoformat(),
    )
