"""Four eyes: what waits for a second person, and the page where that person types each number again, blind,
or turns it down.

What must not break: no page of this module shows a document number, not even masked.
"""

from dataclasses import dataclass, replace
from http import HTTPStatus

from aiohttp import web

from tracker.domain.authorisation import Action
from tracker.domain.entries import Entry, EntryState
from tracker.domain.errors import Invalid, NotAllowed, Problem
from tracker.domain.ids import EntryId
from tracker.domain.imports import BatchState
from tracker.domain.measures import MeasureRule
from tracker.domain.terms import PaperName
from tracker.services.access import require_on_case
from tracker.services.agencies.disclosure import preview_entry
from tracker.services.audit import About
from tracker.services.entries.approval import (
    LONGEST_REASON,
    approve_entry,
    must_type_again,
    turn_down_entry,
)
from tracker.storage import cases, papers, people, rules, subjects
from tracker.storage.cases import Case
from tracker.storage.entry_search import EntrySearch
from tracker.storage.subjects import Subject
from tracker.storage.transaction import Tx
from tracker.web.entries.amendment_views import list_amendment_lines
from tracker.web.entries.disclosures import SeenBy, seen_by
from tracker.web.entries.imports.batches import list_lines as list_batch_lines
from tracker.web.entries.pages import get_own_entry
from tracker.web.entries.views import DocumentLine, list_document_lines, list_lines, may_approve
from tracker.web.fields import fields_of
from tracker.web.reading import Look, reader_of, record_look
from tracker.web.settings import EDGE
from tracker.web.titles import title, title_of
from tracker.web.visits import Visit, back_to, page, signed_in


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalPage:
    """What an approver weighs; `may_approve` False: the reader sees why it is another's turn. `revoked`: the
    papers that were revoked in the case.
    """

    entry: Entry
    case: Case
    judge: str
    subject: Subject
    documents: tuple[DocumentLine, ...]
    rule: MeasureRule | None
    registered_by: str
    may_approve: bool
    types_again: bool
    revoked: frozenset[PaperName]
    sheets: tuple[SeenBy, ...]


async def _list(request: web.Request, visit: Visit) -> web.StreamResponse:
    registry = request.app[EDGE].registry
    async with registry.reading() as tx:
        reader = await reader_of(tx, visit.actor)
        search = EntrySearch(court_id=visit.actor.court_id, state=EntryState.SUBMITTED)
        lines = await list_lines(tx, visit.actor, replace(search, reader=reader))
        mine = {
            line.entry.entry_id for line in lines if await may_approve(tx, visit.actor, line.entry, line.case)
        }
        batches = await list_batch_lines(tx, visit, BatchState.SUBMITTED)
        amendments = await list_amendment_lines(tx, visit.actor, reader)
    shown = (*[line.entry.entry_id for line in lines], *[line.entry.entry_id for line in amendments])
    look = Look(about=About(kind="list", key="approvals"), purpose="approval list", shown=shown)
    if shown:
        await record_look(registry, visit.actor, look)
    return page(
        request, visit, "approvals.html", lines=lines, mine=mine, batches=batches, amendments=amendments
    )


async def _show(request: web.Request, visit: Visit) -> web.StreamResponse:
    return await _show_form(request, visit)


async def _show_form(
    request: web.Request,
    visit: Visit,
    status: HTTPStatus = HTTPStatus.OK,
    problems: tuple[Problem, ...] = (),
    reason: str = "",
) -> web.StreamResponse:
    registry = request.app[EDGE].registry
    async with registry.reading() as tx:
        shown = await _gather(tx, visit, await get_own_entry(tx, visit, request))
    entry_id: EntryId = shown.entry.entry_id
    look = Look(about=About(kind="entry", key=entry_id), purpose="approval page")
    await record_look(registry, visit.actor, look)
    return page(
        request,
        visit,
        "approve.html",
        status=status,
        shown=shown,
        problems=problems,
        reason=reason,
        most=LONGEST_REASON,
    )


async def _gather(tx: Tx, visit: Visit, entry: Entry) -> ApprovalPage:
    case = await cases.get_case(tx, entry.case_id)
    mine = await may_approve(tx, visit.actor, entry, case)
    if not mine:
        await require_on_case(tx, visit.actor, Action.READ_PERSONAL_DATA, case)
    return ApprovalPage(
        entry=entry,
        case=case,
        judge=title(await people.get_person(tx, case.judge_id), visit.language),
        subject=await subjects.get_subject(tx, entry.subject_id),
        documents=await list_document_lines(tx, entry),
        rule=await rules.find_rule(tx, entry.court_id, entry.measure),
        registered_by=await title_of(tx, entry.registered_by, visit.language),
        may_approve=mine,
        types_again=await must_type_again(tx, entry),
        revoked=frozenset((await papers.list_revoked(tx, [case.case_id])).get(case.case_id, ())),
        sheets=seen_by(await preview_entry(tx, entry), visit.language),
    )


async def _approve(request: web.Request, visit: Visit) -> web.StreamResponse:
    fields = await fields_of(request)
    try:
        async with request.app[EDGE].registry.transaction() as tx:
            entry = await get_own_entry(tx, visit, request)
            count = len(await subjects.list_entry_documents(tx, entry))
            typed = tuple(fields.raw(f"typed_numbers[{position}]") for position in range(count))
            await approve_entry(tx, visit.actor, entry.entry_id, typed)
    except Invalid as invalid:
        return await _show_form(request, visit, HTTPStatus.UNPROCESSABLE_ENTITY, invalid.problems)
    except NotAllowed:
        # The page says who may, which is more than a refusal does.
        return await _show_form(request, visit, HTTPStatus.FORBIDDEN)
    raise back_to(f"/entries/{entry.entry_id}")


async def _turn_down(request: web.Request, visit: Visit) -> web.StreamResponse:
    fields = await fields_of(request)
    try:
        reason = fields.text("reason", LONGEST_REASON)
        fields.require()
        async with request.app[EDGE].registry.transaction() as tx:
            entry = await get_own_entry(tx, visit, request)
            await turn_down_entry(tx, visit.actor, entry.entry_id, reason)
    except Invalid as invalid:
        typed = fields.raw("reason")
        return await _show_form(request, visit, HTTPStatus.UNPROCESSABLE_ENTITY, invalid.problems, typed)
    except NotAllowed:
        return await _show_form(request, visit, HTTPStatus.FORBIDDEN)
    raise back_to(f"/entries/{entry.entry_id}")


ROUTES = (
    web.get("/approvals", signed_in(_list)),
    web.get("/entries/{entry_id}/approve", signed_in(_show)),
    web.post("/entries/{entry_id}/approve", signed_in(_approve)),
    web.post("/entries/{entry_id}/turn-down", signed_in(_turn_down)),
)
