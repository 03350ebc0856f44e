"""A later end or a wider measure for an entry in force: the form that asks for it, and the page where a
second person approves it or turns it down.

What must not break: no page of this module shows a document number, not even masked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web

from schemas.measures import Measure, weight
from tracker.domain.amendments import Amendment, AmendmentForm, AmendmentState, amended
from tracker.domain.authorisation import Action
from tracker.domain.court_time import court_day
from tracker.domain.entries import Entry
from tracker.domain.errors import Invalid, NotAllowed, NotFound, Problem
from tracker.domain.ids import AmendmentId
from tracker.domain.measures import MeasureRule, PaperKind
from tracker.domain.terms import PaperName
from tracker.services.access import require_on_case
from tracker.services.agencies.disclosure import preview_entry
from tracker.services.audit import About
from tracker.services.entries.amendments import approve_amendment, ask_for_amendment, drop_amendment
from tracker.services.entries.approval import must_type_again
from tracker.storage import amendments, cases, entries, papers, rules, subjects
from tracker.storage.cases import Case
from tracker.storage.subjects import Subject
from tracker.storage.transaction import Tx
from tracker.web.entries.amendment_views import may_approve_amendment, may_drop_amendment
from tracker.web.entries.disclosures import SeenBy, seen_by
from tracker.web.entries.form import read_papers
from tracker.web.entries.pages import get_own_entry
from tracker.web.entries.views import DocumentLine, list_document_lines
from tracker.web.fields import Fields, fields_of
from tracker.web.reading import Look, record_look
from tracker.web.settings import EDGE
from tracker.web.titles import title_of
from tracker.web.visits import Visit, back_to, is_shown_again, page, signed_in


@dataclass(frozen=True, slots=True, kw_only=True)
class AskingPage:
    """What may be asked for an entry: measures as heavy as its own and heavier, each by its rule."""

    entry: Entry
    case: Case
    subject: Subject
    rules: Mapping[Measure, MeasureRule]
    papers: Sequence[PaperKind]


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendmentPage:
    """What an approver weighs; `may_approve` False: it is another's turn, or the entry is not in force.
    `revoked`: the papers that were revoked in the case.
    """

    entry: Entry
    amendment: Amendment
    case: Case
    subject: Subject
    documents: tuple[DocumentLine, ...]
    rule: MeasureRule | None
    asked_by: str
    may_approve: bool
    may_drop: bool
    types_again: bool
    revoked: frozenset[PaperName]
    sheets: tuple[SeenBy, ...]


async def _ask(request: web.Request, visit: Visit) -> web.StreamResponse:
    return await _show_asking(request, visit, Fields({}))


async def _show_asking(
    request: web.Request, visit: Visit, fields: Fields, problems: tuple[Problem, ...] = ()
) -> web.StreamResponse:
    registry = request.app[EDGE].registry
    async with registry.reading() as tx:
        shown = await _gather_asking(tx, visit, await get_own_entry(tx, visit, request))
    look = Look(about=About(kind="entry", key=shown.entry.entry_id), purpose="amendment form")
    await record_look(registry, visit.actor, look)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problems else HTTPStatus.OK
    return page(request, visit, "amend.html", status=status, shown=shown, fields=fields, problems=problems)


async def _gather_asking(tx: Tx, visit: Visit, entry: Entry) -> AskingPage:
    case = await cases.get_case(tx, entry.case_id)
    await require_on_case(tx, visit.actor, Action.REGISTER, case)
    found = {measure: await rules.find_rule(tx, entry.court_id, measure) for measure in Measure}
    open_to_it = {
        measure: rule
        for measure, rule in found.items()
        if rule is not None and weight(measure) >= weight(entry.measure)
    }
    needed = {kind for rule in open_to_it.values() for kind in rule.papers}
    return AskingPage(
        entry=entry,
        case=case,
        subject=await subjects.get_subject(tx, entry.subject_id),
        rules=open_to_it,
        papers=tuple(kind for kind in PaperKind if kind in needed),
    )


async def _send(request: web.Request, visit: Visit) -> web.StreamResponse:
    fields = await fields_of(request)
    if is_shown_again(request):
        return await _show_asking(request, visit, fields)
    try:
        async with request.app[EDGE].registry.transaction() as tx:
            entry = await get_own_entry(tx, visit, request)
            today = court_day(tx.at)
            form = AmendmentForm(
                measure=fields.choice("measure", tuple(Measure)),
                valid_until=fields.day_or_none("valid_until", today),
                papers=read_papers(fields, today),
            )
            fields.require()
            await ask_for_amendment(tx, visit.actor, entry.entry_id, form)
    except Invalid as invalid:
        return await _show_asking(request, visit, fields, invalid.problems)
    raise back_to(f"/entries/{entry.entry_id}")


async def _get_own(tx: Tx, visit: Visit, request: web.Request) -> tuple[Amendment, Entry]:
    """The amendment of the address, with its entry, in the reader's own court."""
    amendment = await amendments.get_amendment(tx, AmendmentId(request.match_info["amendment_id"]))
    entry = await entries.get_entry(tx, amendment.entry_id)
    if entry.court_id != visit.actor.court_id:
        raise NotFound("amendment")
    return amendment, entry


async def _show(request: web.Request, visit: Visit) -> web.StreamResponse:
    return await _show_amendment(request, visit, (), HTTPStatus.OK)


async def _show_amendment(
    request: web.Request, visit: Visit, problems: tuple[Problem, ...], status: HTTPStatus
) -> web.StreamResponse:
    registry = request.app[EDGE].registry
    async with registry.reading() as tx:
        amendment, entry = await _get_own(tx, visit, request)
        if amendment.state is not AmendmentState.WAITING:
            raise back_to(f"/entries/{entry.entry_id}")
        shown = await _gather(tx, visit, amendment, entry)
    look = Look(about=About(kind="entry", key=entry.entry_id), purpose="approval page")
    await record_look(registry, visit.actor, look)
    return page(request, visit, "amendment.html", status=status, shown=shown, problems=problems)


async def _gather(tx: Tx, visit: Visit, amendment: Amendment, entry: Entry) -> AmendmentPage:
    case = await cases.get_case(tx, entry.case_id)
    mine = await may_approve_amendment(tx, visit.actor, amendment, entry)
    if not mine:
        await require_on_case(tx, visit.actor, Action.READ_PERSONAL_DATA, case)
    wanted = amended(entry, amendment)
    return AmendmentPage(
        entry=entry,
        amendment=amendment,
        case=case,
        subject=await subjects.get_subject(tx, entry.subject_id),
        documents=await list_document_lines(tx, entry),
        rule=await rules.find_rule(tx, entry.court_id, amendment.measure),
        asked_by=await title_of(tx, amendment.asked_by, visit.language),
        may_approve=mine,
        may_drop=await may_drop_amendment(tx, visit.actor, amendment, entry),
        types_again=await must_type_again(tx, wanted),
        revoked=frozenset((await papers.list_revoked(tx, [case.case_id])).get(case.case_id, ())),
        sheets=seen_by(await preview_entry(tx, wanted), visit.language),
    )


async def _approve(request: web.Request, visit: Visit) -> web.StreamResponse:
    fields = await fields_of(request)
    try:
        async with request.app[EDGE].registry.transaction() as tx:
            amendment, entry = await _get_own(tx, visit, request)
            count = len(await subjects.list_entry_documents(tx, entry))
            typed = tuple(fields.raw(f"typed_numbers[{position}]") for position in range(count))
            await approve_amendment(tx, visit.actor, amendment.amendment_id, typed)
    except Invalid as invalid:
        return await _show_amendment(request, visit, invalid.problems, HTTPStatus.UNPROCESSABLE_ENTITY)
    except NotAllowed:
        # The page says who may, which is more than a refusal does.
        return await _show_amendment(request, visit, (), HTTPStatus.FORBIDDEN)
    raise back_to(f"/entries/{entry.entry_id}")


async def _drop(request: web.Request, visit: Visit) -> web.StreamResponse:
    async with request.app[EDGE].registry.transaction() as tx:
        amendment, entry = await _get_own(tx, visit, request)
        await drop_amendment(tx, visit.actor, amendment.amendment_id)
    raise back_to(f"/entries/{entry.entry_id}")


ROUTES = (
    web.get("/entries/{entry_id}/amend", signed_in(_ask)),
    web.post("/entries/{entry_id}/amend", signed_in(_send)),
    web.get("/amendments/{amendment_id}", signed_in(_show)),
    web.post("/amendments/{amendment_id}/approve", signed_in(_approve)),
    web.post("/amendments/{amendment_id}/drop", signed_in(_drop)),
)
