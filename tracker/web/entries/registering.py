"""Registering an entry: the form, its instant checks while it is filled in, and the one step that submits it.

What was typed goes only in bodies, never in an address, and comes back in the form when something is wrong.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from schemas.documents import DocumentKind
from schemas.measures import Measure
from tracker.domain.authorisation import Action
from tracker.domain.court_time import court_day
from tracker.domain.entries import CAPACITY_ZH, Entry
from tracker.domain.errors import Invalid, NotAllowed, Problem
from tracker.domain.evidence import EvidenceKind
from tracker.domain.ids import CaseId, EntryId
from tracker.domain.measures import MeasureRule, PaperKind
from tracker.domain.people import Actor
from tracker.domain.registration import EntryForm, all_problems
from tracker.services.access import require_on_case
from tracker.services.audit import About
from tracker.services.entries.checking import check_form
from tracker.services.entries.registration import preview_form, register_entry, submit_entry
from tracker.services.entries.warnings import warn_of
from tracker.storage import agencies, cases, entries, rules
from tracker.storage.agencies import Agency
from tracker.storage.registry import Registry
from tracker.storage.transaction import Tx
from tracker.web.entries.disclosures import SeenBy, seen_by
from tracker.web.entries.form import document_rows, read_entry_form
from tracker.web.fields import Fields, fields_of
from tracker.web.reading import Look, record_look
from tracker.web.settings import EDGE
from tracker.web.visits import Visit, back_to, is_shown_again, page, signed_in
from tracker.web.words.labels import label


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An entry that the subject is listed with already."""

    entry: Entry
    case_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is said of a form as it was typed. `warnings` refuse nothing; `sheets`: what each agency will see,
    once nothing is wrong.
    """

    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    listed: tuple[Listed, ...] = ()
    sheets: tuple[SeenBy, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the form offers."""

    measures: Sequence[Measure]
    rules: Mapping[Measure, MeasureRule]
    papers: Sequence[PaperKind]
    agencies: Sequence[Agency]
    document_kinds: Sequence[DocumentKind]
    evidence: Sequence[EvidenceKind]
    capacities: Sequence[str]


NOT_CHECKED: Final = Told()


def _require_registrar(visit: Visit) -> None:
    if not visit.registers:
        raise NotAllowed(Action.REGISTER.value, "your roles do not cover this, ask somebody who may")


async def _choices(tx: Tx, visit: Visit) -> Choices:
    found = {measure: await rules.find_rule(tx, visit.actor.court_id, measure) for measure in Measure}
    in_force = {measure: rule for measure, rule in found.items() if rule is not None}
    needed = {kind for rule in in_force.values() for kind in rule.papers}
    return Choices(
        measures=tuple(in_force),
        rules=in_force,
        papers=tuple(kind for kind in PaperKind if kind in needed),
        agencies=await agencies.list_agencies(tx, visit.actor.court_id),
        document_kinds=tuple(DocumentKind),
        evidence=tuple(EvidenceKind),
        capacities=tuple(CAPACITY_ZH),
    )


async def _show(request: web.Request, visit: Visit) -> web.StreamResponse:
    _require_registrar(visit)
    return await _form(request, visit, Fields(await _begun(request, visit)))


async def _begun(request: web.Request, visit: Visit) -> dict[str, tuple[str, ...]]:
    """The number of the case that was opened just now, where one was."""
    opened = request.query.get("case")
    if opened is None:
        return {}
    async with request.app[EDGE].registry.reading() as tx:
        case = await cases.get_case(tx, CaseId(opened))
        await require_on_case(tx, visit.actor, Action.REGISTER, case)
    return {"case_number": (case.number.full,)}


async def _form(request: web.Request, visit: Visit, fields: Fields, told: Told = NOT_CHECKED) -> web.Response:
    async with request.app[EDGE].registry.reading() as tx:
        choices = await _choices(tx, visit)
    return page(
        request,
        visit,
        "register.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if told.problems else HTTPStatus.OK,
        choices=choices,
        fields=fields,
        is_new=not fields.raw("document_rows"),
        rows=document_rows(fields),
        told=told,
    )


async def _check(request: web.Request, visit: Visit) -> web.StreamResponse:
    """What is wrong with the form so far, as JSON, while it is being filled in."""
    _require_registrar(visit)
    fields = await fields_of(request)
    _form_read, told = await _checked(request, visit, fields)
    answer = {
        "problems": [asdict(problem) for problem in told.problems],
        "warnings": [asdict(warning) for warning in told.warnings],
        "listed_already": [_as_json(one, visit.language) for one in told.listed],
        "preview": [asdict(sheet) for sheet in told.sheets],
    }
    return web.json_response(answer)


def _as_json(listed: Listed, language: str) -> dict[str, Any]:
    return {
        "case_number": listed.case_number,
        "measure": label(listed.entry.measure, language),
        "state": label(listed.entry.state, language),
        "address": f"/entries/{listed.entry.entry_id}",
    }


async def _checked(request: web.Request, visit: Visit, fields: Fields) -> tuple[EntryForm, Told]:
    registry = request.app[EDGE].registry
    async with registry.reading() as tx:
        read = read_entry_form(fields, court_day(tx.at))
        checked = await check_form(tx, visit.actor, read.form)
        (warnings,) = await warn_of(tx, [checked])
        listed = tuple([await describe_listed(tx, entry_id) for entry_id in checked.listed_already])
        problems = all_problems(read.problems, checked.problems)
        previews = () if read.problems else await preview_form(tx, visit.actor, checked)
    await _record_listed(registry, visit.actor, checked.listed_already)
    told = Told(
        problems=problems,
        warnings=warnings,
        listed=listed,
        sheets=seen_by(previews, visit.language),
    )
    return read.form, told


async def remember_listed(tx: Tx, entry_ids: Sequence[EntryId]) -> None:
    """Read several at once, for `describe_listed`."""
    await entries.remember_entries(tx, dict.fromkeys(entry_ids))
    found = [await entries.get_entry(tx, entry_id) for entry_id in entry_ids]
    await cases.remember_cases(tx, {entry.case_id for entry in found})


async def describe_listed(tx: Tx, entry_id: EntryId) -> Listed:
    """The entry as it is told to whoever registers its subject once more."""
    entry = await entries.get_entry(tx, entry_id)
    return Listed(entry=entry, case_number=(await cases.get_case(tx, entry.case_id)).number.short)


async def _record_listed(registry: Registry, actor: Actor, listed: Sequence[EntryId]) -> None:
    """Whether a number is on the list is itself personal data."""
    if listed:
        about = About(kind="list", key="registration")
        await record_look(registry, actor, Look(about=about, purpose="listed already", shown=tuple(listed)))


async def _register(request: web.Request, visit: Visit) -> web.StreamResponse:
    _require_registrar(visit)
    fields = await fields_of(request)
    if fields.raw("more") == "documents":
        return await _form(request, visit, fields)
    form, told = await _checked(request, visit, fields)
    if told.problems or fields.raw("more") or is_shown_again(request):
        return await _form(request, visit, fields, told)
    try:
        async with request.app[EDGE].registry.transaction() as tx:
            entry_id = await register_entry(tx, visit.actor, form)
            await submit_entry(tx, visit.actor, entry_id)
    except Invalid as invalid:
        return await _form(request, visit, fields, replace(told, problems=invalid.problems, sheets=()))
    raise back_to(f"/entries/{entry_id}")


ROUTES = (
    web.get("/entries/new", signed_in(_show)),
    web.post("/entries/check", signed_in(_check, keeps=False)),
    web.post("/entries", signed_in(_register)),
)
