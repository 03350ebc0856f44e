"""The watch list: its pages, and the buttons that take an entry out of force and put it back."""

import re
from dataclasses import replace
from typing import Final

from aiohttp import web

from schemas.case_numbers import CaseNumberRefused, paper_number, parse_case_number
from schemas.documents import DocumentKind, IdentityDocument, normalise_document
from tracker.domain.authorisation import Action
from tracker.domain.entries import ENDING_CAUSES, Cause, Entry, EntryState
from tracker.domain.errors import NotFound
from tracker.domain.ids import EntryId, SubjectId
from tracker.services.access import require_on_case
from tracker.services.audit import About
from tracker.services.entries.standing import resume_entry, suspend_entry, withdraw_entry
from tracker.services.entries.validation import validate_entry
from tracker.services.lines.restores import is_anything_to_reconcile
from tracker.storage import cases, entries, subjects
from tracker.storage.entry_search import EntrySearch
from tracker.storage.transaction import Tx
from tracker.web.entries.views import LISTED_AT_MOST, EntryLine, gather_entry, list_lines
from tracker.web.fields import fields_of
from tracker.web.reading import Look, reader_of, record_look
from tracker.web.settings import EDGE
from tracker.web.visits import Visit, back_to, is_own_address, page, signed_in

ENTRY_NUMBER: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
CAUSES = tuple(cause for cause in Cause if cause in ENDING_CAUSES and cause is not Cause.EXPIRED)


async def get_own_entry(tx: Tx, visit: Visit, request: web.Request) -> Entry:
    """The entry of the address, in the reader's own court."""
    entry = await entries.get_entry(tx, EntryId(request.match_info["entry_id"]))
    if entry.court_id != visit.actor.court_id:
        raise NotFound("entry")
    return entry


async def _list(request: web.Request, visit: Visit) -> web.StreamResponse:
    asked = request.query.get("state", "")
    state = EntryState(asked) if asked in set(EntryState) else None
    search = EntrySearch(court_id=visit.actor.court_id, state=state)
    async with request.app[EDGE].registry.reading() as tx:
        lines = await list_lines(tx, visit.actor, replace(search, reader=await reader_of(tx, visit.actor)))
    return await _show_list((request, visit), lines, state=state, purpose="entry list")


async def _search(request: web.Request, visit: Visit) -> web.StreamResponse:
    """What is looked for comes in the body: names and numbers have no place in an address."""
    sought = (await fields_of(request)).text("sought")
    async with request.app[EDGE].registry.reading() as tx:
        search = await _search_for(tx, visit, sought)
        lines = await list_lines(tx, visit.actor, replace(search, reader=await reader_of(tx, visit.actor)))
    return await _show_list((request, visit), lines, sought=sought, purpose="entry search")


async def _search_for(tx: Tx, visit: Visit, sought: str) -> EntrySearch:
    """An entry's own number, a case's, a paper's, a document's or a name, each found only as a whole."""
    court_id = visit.actor.court_id
    if ENTRY_NUMBER.fullmatch(sought.strip().lower()):
        return EntrySearch(court_id=court_id, entry_ids=(EntryId(sought.strip().lower()),))
    number = parse_case_number(sought)
    if not isinstance(number, CaseNumberRefused):
        case_id = await cases.find_case(tx, number)
        return EntrySearch(court_id=court_id, case_id=case_id, subject_ids=None if case_id else ())
    standing = await entries.list_standing_on(tx, court_id, paper_number(sought)) if sought else ()
    if standing:
        return EntrySearch(court_id=court_id, entry_ids=standing)
    found: set[SubjectId] = set(await subjects.list_subjects_named(tx, court_id, sought))
    for kind in DocumentKind:
        document = normalise_document(kind, sought)
        if isinstance(document, IdentityDocument):
            holder = await subjects.find_subject(tx, court_id, document)
            found |= {holder} if holder else set()
    return EntrySearch(court_id=court_id, subject_ids=tuple(found))


async def _show_list(
    at: tuple[web.Request, Visit],
    lines: tuple[EntryLine, ...],
    *,
    purpose: str,
    state: EntryState | None = None,
    sought: str = "",
) -> web.StreamResponse:
    request, visit = at
    async with request.app[EDGE].registry.reading() as tx:
        is_restored = await is_anything_to_reconcile(tx, visit.actor.court_id)
    look = Look(
        about=About(kind="list", key="entries"),
        purpose=purpose,
        shown=tuple(line.entry.entry_id for line in lines),
    )
    if lines:
        await record_look(request.app[EDGE].registry, visit.actor, look)
    return page(
        request,
        visit,
        "entries.html",
        lines=lines,
        states=tuple(EntryState),
        is_cut=len(lines) == LISTED_AT_MOST,
        state=state,
        sought=sought,
        is_restored=is_restored,
    )


async def _show(request: web.Request, visit: Visit) -> web.StreamResponse:
    registry = request.app[EDGE].registry
    async with registry.reading() as tx:
        entry = await get_own_entry(tx, visit, request)
        case = await cases.get_case(tx, entry.case_id)
        await require_on_case(tx, visit.actor, Action.READ_PERSONAL_DATA, case)
        shown = await gather_entry(tx, visit, entry)
    look = Look(about=About(kind="entry", key=entry.entry_id), purpose="entry page")
    await record_look(registry, visit.actor, look)
    return page(request, visit, "entry.html", shown=shown, causes=CAUSES)


async def _suspend(request: web.Request, visit: Visit) -> web.StreamResponse:
    async with request.app[EDGE].registry.transaction() as tx:
        entry = await get_own_entry(tx, visit, request)
        await suspend_entry(tx, visit.actor, entry.entry_id)
    raise await _back_to_where_it_was_asked(request, entry)


async def _back_to_where_it_was_asked(request: web.Request, entry: Entry) -> web.HTTPSeeOther:
    asked_from = (await fields_of(request)).raw("asked_from")
    return back_to(asked_from if is_own_address(asked_from) else f"/entries/{entry.entry_id}")


async def _validate(request: web.Request, visit: Visit) -> web.StreamResponse:
    async with request.app[EDGE].registry.transaction() as tx:
        entry = await get_own_entry(tx, visit, request)
        await validate_entry(tx, visit.actor, entry.entry_id)
    raise await _back_to_where_it_was_asked(request, entry)


async def _resume(request: web.Request, visit: Visit) -> web.StreamResponse:
    async with request.app[EDGE].registry.transaction() as tx:
        entry = await get_own_entry(tx, visit, request)
        await resume_entry(tx, visit.actor, entry.entry_id)
    raise await _back_to_where_it_was_asked(request, entry)


async def _withdraw(request: web.Request, visit: Visit) -> web.StreamResponse:
    fields = await fields_of(request)
    cause = fields.choice("cause", CAUSES)
    fields.require()
    async with request.app[EDGE].registry.transaction() as tx:
        entry = await get_own_entry(tx, visit, request)
        await withdraw_entry(tx, visit.actor, entry.entry_id, cause)
    raise back_to(f"/entries/{entry.entry_id}")


ROUTES = (
    web.get("/entries", signed_in(_list)),
    web.post("/entries/search", signed_in(_search)),
    web.get("/entries/{entry_id}", signed_in(_show)),
    web.post("/entries/{entry_id}/suspend", signed_in(_suspend)),
    web.post("/entries/{entry_id}/validate", signed_in(_validate)),
    web.post("/entries/{entry_id}/resume", signed_in(_resume)),
    web.post("/entries/{entry_id}/withdraw", signed_in(_withdraw)),
)
