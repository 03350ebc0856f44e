"""The audit log, for the auditor: who did what about which thing, page by page, and the proof that nothing of
it was changed.

What must not break: what is looked for stands in the address as ids and words of the tables alone; a case
number is read from the body, and a name nowhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from schemas.case_numbers import CaseNumberRefused, parse_case_number
from tracker.domain.authorisation import Action
from tracker.domain.court_time import day_begins, day_ends
from tracker.domain.errors import NotFound, Problem
from tracker.domain.ids import CaseId
from tracker.domain.people import SYSTEM
from tracker.services.access import require_in_court
from tracker.services.audit import About, ChainBroken, ChainWhole, verify
from tracker.storage import audit, cases, entries, people
from tracker.storage.audit import AuditEvent, EventSearch
from tracker.storage.cases import Case
from tracker.storage.people import Person
from tracker.storage.transaction import Tx
from tracker.web.entries.pages import ENTRY_NUMBER
from tracker.web.fields import fields_of
from tracker.web.reading import Look, record_look
from tracker.web.settings import EDGE
from tracker.web.titles import title_of
from tracker.web.visits import Visit, back_to, page, signed_in
from tracker.web.words.audit import KNOWN_ACTIONS
from tracker.web.words.formats import day_of

AUDIT: Final = "/audit"
EVENTS_ON_A_PAGE: Final = 50
YEARS: Final = range(2016, 3000)
NO_SUCH_NUMBER: Final = Problem(
    field="about",
    zh="请填写本院案号，或条目、预警的编号（见下表“对象”栏）",
    en="enter a case number of this court, or the number of an entry or an alert, as it stands below",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What the reader looks for; empty leaves it open. `about`: the number of a thing, be it a case."""

    actor: str = ""
    action: str = ""
    about: str = ""
    day: str = ""

    def address(self, before: int | None = None) -> str:
        """Of the page with what is found; of the one after it, `before` the last event of this one."""
        asked = {"actor": self.actor, "action": self.action, "about": self.about, "day": self.day}
        asked |= {} if before is None else {"before": str(before)}
        filled = {name: value for name, value in asked.items() if value}
        return f"{AUDIT}?{urlencode(filled)}" if filled else AUDIT


NOTHING: Final = Filter()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """`before`: the page with what is older than this event; `typed_about`: a number that is none, as it was
    typed.
    """

    filter: Filter = NOTHING
    before: int | None = None
    typed_about: str | None = None
    problems: tuple[Problem, ...] = ()
    proof: ChainWhole | ChainBroken | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLine:
    event: AuditEvent
    who: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPage:
    """`case`: whose events are shown, where the reader looks for one. `older`: the address of the next page;
    None: this is the last.
    """

    filter: Filter
    case: Case | None
    lines: tuple[EventLine, ...]
    older: str | None
    staff: Sequence[Person]


async def _list(request: web.Request, visit: Visit) -> web.StreamResponse:
    asked = Asked(filter=_filter_in(request.query), before=_before_in(request.query))
    return await _show(request, visit, asked)


async def _search(request: web.Request, visit: Visit) -> web.StreamResponse:
    """A case number has no place in an address: its case's own number has."""
    fields = await fields_of(request)
    typed = _filter_in(fields.single_values())
    async with request.app[EDGE].registry.reading() as tx:
        await require_in_court(tx, visit.actor, Action.READ_AUDIT)
        about = await _about_of(tx, visit, fields.raw("about"))
    if about is None:
        refused = Asked(filter=typed, typed_about=fields.raw("about"), problems=(NO_SUCH_NUMBER,))
        return await _show(request, visit, refused)
    raise back_to(replace(typed, about=about).address())


async def _about_of(tx: Tx, visit: Visit, typed: str) -> str | None:
    """The number of the thing that was typed; empty where nothing was, None where it is no number."""
    plain = typed.strip().lower()
    if not plain or ENTRY_NUMBER.fullmatch(plain):
        return plain
    number = parse_case_number(typed)
    case_id = None if isinstance(number, CaseNumberRefused) else await cases.find_case(tx, number)
    case = None if case_id is None else await cases.get_case(tx, case_id)
    return case.case_id if case is not None and case.court_id == visit.actor.court_id else None


async def _verify(request: web.Request, visit: Visit) -> web.StreamResponse:
    async with request.app[EDGE].registry.reading() as tx:
        await require_in_court(tx, visit.actor, Action.READ_AUDIT)
        proof = await verify(tx)
    return await _show(request, visit, Asked(proof=proof))


def _filter_in(asked: Mapping[str, str]) -> Filter:
    """What can be read of what was asked for."""
    actor, action, about = (asked.get(name, "").strip() for name in ("actor", "action", "about"))
    day = day_of(asked.get("day", ""))
    return Filter(
        actor=actor,
        action=action if action in KNOWN_ACTIONS else "",
        about=about if ENTRY_NUMBER.fullmatch(about) else "",
        day=day.isoformat() if day and day.year in YEARS else "",
    )


def _before_in(asked: Mapping[str, str]) -> int | None:
    before = asked.get("before", "")
    return int(before) if before.isascii() and before.isdecimal() and len(before) <= len(str(2**62)) else None


async def _show(request: web.Request, visit: Visit, asked: Asked) -> web.StreamResponse:
    registry = request.app[EDGE].registry
    async with registry.reading() as tx:
        await require_in_court(tx, visit.actor, Action.READ_AUDIT)
        shown = await _gather(tx, visit, asked)
    await record_look(registry, visit.actor, _look(shown.filter, asked.before))
    proof = asked.proof
    return page(
        request,
        visit,
        "audit.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if asked.problems else HTTPStatus.OK,
        shown=shown,
        asked=asked,
        actions=KNOWN_ACTIONS,
        is_whole=isinstance(proof, ChainWhole),
        links=proof.links if isinstance(proof, ChainWhole) else 0,
        broken_at=proof.position if isinstance(proof, ChainBroken) else None,
    )


def _look(looked_for: Filter, before: int | None) -> Look:
    """Who looks for whose acts is itself worth knowing."""
    return Look(
        about=About(kind="list", key="audit"),
        purpose="audit log",
        shown=(looked_for.actor, looked_for.action, looked_for.about, looked_for.day, str(before or "")),
    )


async def _gather(tx: Tx, visit: Visit, asked: Asked) -> AuditPage:
    staff = await people.list_people(tx, visit.actor.court_id)
    is_known = asked.filter.actor in {SYSTEM, *(one.person_id for one in staff)}
    looked_for = asked.filter if is_known else replace(asked.filter, actor="")
    case = await _find_own_case(tx, visit, looked_for.about)
    search = replace(await _search_for(tx, visit, looked_for, case), before=asked.before)
    found = await audit.search_events(tx, search, EVENTS_ON_A_PAGE + 1)
    events = found[:EVENTS_ON_A_PAGE]
    has_more = len(found) > len(events)
    return AuditPage(
        filter=looked_for,
        case=case,
        lines=tuple([await _line(tx, visit, event) for event in events]),
        older=looked_for.address(before=events[-1].event_id) if has_more else None,
        staff=staff,
    )


async def _line(tx: Tx, visit: Visit, event: AuditEvent) -> EventLine:
    return EventLine(event=event, who=await title_of(tx, event.actor, visit.language))


async def _find_own_case(tx: Tx, visit: Visit, about: str) -> Case | None:
    """The case of this number, where it is one's."""
    try:
        case = await cases.get_case(tx, CaseId(about))
    except NotFound:
        return None
    return case if case.court_id == visit.actor.court_id else None


async def _search_for(tx: Tx, visit: Visit, looked_for: Filter, case: Case | None) -> EventSearch:
    """Of a case: what happened to it and to its entries."""
    about: tuple[str, ...] | None = (looked_for.about,) if looked_for.about else None
    if case is not None:
        listed = await entries.list_entries_of_case(tx, case.case_id)
        about = (case.case_id, *(one.entry_id for one in listed))
    day = date.fromisoformat(looked_for.day) if looked_for.day else None
    return EventSearch(
        court_id=visit.actor.court_id,
        actor=looked_for.actor or None,
        action=looked_for.action or None,
        about=about,
        since=day_begins(day) if day else None,
        until=day_ends(day) if day else None,
    )


ROUTES = (
    web.get(AUDIT, signed_in(_list)),
    web.post(AUDIT, signed_in(_search)),
    web.post("/audit/verify", signed_in(_verify)),
)
