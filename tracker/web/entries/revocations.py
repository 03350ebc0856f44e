"""Saying that a paper is revoked: the page that shows whom it lets go, and the act that does.

Looking at what follows is a step of its own, because nothing brings the entries back: whoever is still wanted
is registered anew on another paper.
"""

from dataclasses import dataclass
from datetime import date
from http import HTTPStatus

from aiohttp import web

from tracker.domain.authorisation import Action
from tracker.domain.court_time import court_day
from tracker.domain.entries import Entry, Paper, is_sought
from tracker.domain.errors import Conflict, Invalid, NotFound, Problem
from tracker.domain.revocations import Revocation, RevocationReason
from tracker.services.access import require_on_case
from tracker.services.audit import About
from tracker.services.entries.revocations import holding_papers, revoke_paper
from tracker.storage import cases, entries, subjects
from tracker.storage.cases import Case
from tracker.storage.transaction import Tx
from tracker.web.entries.pages import get_own_entry
from tracker.web.fields import Fields, fields_of
from tracker.web.reading import Look, record_look
from tracker.web.settings import EDGE
from tracker.web.visits import Visit, back_to, page, signed_in


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingEntry:
    """An entry that stands on the paper. `is_let_go`: it leaves the agencies with it."""

    entry: Entry
    subject_name: str
    is_let_go: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationPage:
    """What follows once the paper is revoked."""

    entry: Entry
    case: Case
    paper: Paper
    standing: tuple[StandingEntry, ...]
    today: date


async def _show(request: web.Request, visit: Visit) -> web.StreamResponse:
    return await _form(request, visit, Fields({}))


async def _form(
    request: web.Request, visit: Visit, fields: Fields, problems: tuple[Problem, ...] = ()
) -> web.StreamResponse:
    registry = request.app[EDGE].registry
    async with registry.reading() as tx:
        entry, paper = await _get_own(tx, visit, request)
        shown = await _gather(tx, visit, entry, paper)
    names = tuple(one.entry.entry_id for one in shown.standing)
    look = Look(about=About(kind="entry", key=entry.entry_id), purpose="revocation page", shown=names)
    await record_look(registry, visit.actor, look)
    return page(
        request,
        visit,
        "revoke.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if problems else HTTPStatus.OK,
        shown=shown,
        fields=fields,
        problems=problems,
        reasons=tuple(RevocationReason),
    )


async def _get_own(tx: Tx, visit: Visit, request: web.Request) -> tuple[Entry, Paper]:
    """The paper of the address, on which the entry of the address stands."""
    entry = await get_own_entry(tx, visit, request)
    paper_id = request.match_info["paper_id"]
    paper = next((one for one in entry.papers if one.paper_id == paper_id), None)
    if paper is None:
        raise NotFound("paper")
    return entry, paper


async def _gather(tx: Tx, visit: Visit, entry: Entry, paper: Paper) -> RevocationPage:
    case = await cases.get_case(tx, entry.case_id)
    await require_on_case(tx, visit.actor, Action.REVOKE_PAPER, case)
    if paper.revoked_at is not None:
        raise Conflict("该文书已登记撤销", "the paper is recorded as revoked already: look at its entries")
    holding = [one.paper_id for one in await holding_papers(tx, paper.paper_id)]
    standing = await entries.list_entries_of_papers(tx, holding)
    return RevocationPage(
        entry=entry,
        case=case,
        paper=paper,
        standing=tuple([await _standing(tx, one) for one in standing]),
        today=court_day(tx.at),
    )


async def _standing(tx: Tx, entry: Entry) -> StandingEntry:
    subject = await subjects.get_subject(tx, entry.subject_id)
    return StandingEntry(entry=entry, subject_name=subject.name, is_let_go=is_sought(entry))


async def _revoke(request: web.Request, visit: Visit) -> web.StreamResponse:
    fields = await fields_of(request)
    try:
        async with request.app[EDGE].registry.transaction() as tx:
            entry, paper = await _get_own(tx, visit, request)
            revocation = Revocation(
                reason=fields.choice("reason", tuple(RevocationReason)),
                revoked_on=fields.day("revoked_on", court_day(tx.at)),
            )
            fields.require()
            await revoke_paper(tx, visit.actor, paper.paper_id, revocation)
    except Invalid as invalid:
        return await _form(request, visit, fields, invalid.problems)
    raise back_to(f"/entries/{entry.entry_id}")


ROUTES = (
    web.get("/entries/{entry_id}/papers/{paper_id}/revoke", signed_in(_show)),
    web.post("/entries/{entry_id}/papers/{paper_id}/revoke", signed_in(_revoke)),
)
