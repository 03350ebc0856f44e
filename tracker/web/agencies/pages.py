"""The partners at a glance: the head of each feed, what each replica holds, and what came back last; the act
that closes the line to one of them, and the number of its duty desk.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web

from tracker.domain.authorisation import Action
from tracker.domain.errors import Invalid, Problem
from tracker.domain.ids import AgencyId
from tracker.domain.line_closing import ClosingReason
from tracker.services.access import require_in_court
from tracker.services.agencies.phones import change_agency_phone
from tracker.services.lines.closing import close_line, open_line
from tracker.services.lines.status import list_statuses
from tracker.storage.agency_phones import list_agency_phones
from tracker.web.fields import fields_of
from tracker.web.reading import is_allowed
from tracker.web.settings import EDGE
from tracker.web.titles import title_of
from tracker.web.visits import Visit, back_to, page, signed_in


@dataclass(frozen=True, slots=True, kw_only=True)
class LineActs:
    """Which buttons the reader gets; who closed a line is not offered to open it."""

    close: bool
    open: bool
    call: bool
    """Keeps the numbers that the desk calls."""


async def _list(request: web.Request, visit: Visit) -> web.StreamResponse:
    return await _show(request, visit, ())


async def _show(request: web.Request, visit: Visit, problems: Sequence[Problem]) -> web.Response:
    async with request.app[EDGE].registry.reading() as tx:
        statuses = await list_statuses(tx, visit.actor.court_id)
        phones = await list_agency_phones(tx, visit.actor.court_id)
        closed = [one.agency.closing for one in statuses if one.agency.closing is not None]
        closed_by = {one.by: await title_of(tx, one.by, visit.language) for one in closed}
        acts = LineActs(
            close=await is_allowed(require_in_court(tx, visit.actor, Action.CLOSE_LINE)),
            open=await is_allowed(require_in_court(tx, visit.actor, Action.OPEN_LINE)),
            call=await is_allowed(require_in_court(tx, visit.actor, Action.SET_AGENCY_PHONES)),
        )
    return page(
        request,
        visit,
        "agencies.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if problems else HTTPStatus.OK,
        agencies=statuses,
        acts=acts,
        phones=phones,
        closed_by=closed_by,
        reasons=tuple(ClosingReason),
        problems=problems,
    )


async def _close(request: web.Request, visit: Visit) -> web.StreamResponse:
    fields = await fields_of(request)
    agency_id = AgencyId(request.match_info["agency_id"])
    if fields.raw("reason") not in set(ClosingReason):
        problem = Problem(
            field=f"reason.{agency_id}", zh="请选择关闭的原因", en="choose why the line is closed"
        )
        return await _show(request, visit, (problem,))
    async with request.app[EDGE].registry.transaction() as tx:
        await close_line(tx, visit.actor, agency_id, ClosingReason(fields.raw("reason")))
    raise back_to("/agencies")


async def _open(request: web.Request, visit: Visit) -> web.StreamResponse:
    async with request.app[EDGE].registry.transaction() as tx:
        await open_line(tx, visit.actor, AgencyId(request.match_info["agency_id"]))
    raise back_to("/agencies")


async def _change_phone(request: web.Request, visit: Visit) -> web.StreamResponse:
    fields = await fields_of(request)
    agency_id = AgencyId(request.match_info["agency_id"])
    try:
        async with request.app[EDGE].registry.transaction() as tx:
            await change_agency_phone(tx, visit.actor, agency_id, fields.text("phone"))
    except Invalid as refusal:
        return await _show(request, visit, refusal.problems)
    raise back_to("/agencies")


ROUTES = (
    web.get("/agencies", signed_in(_list)),
    web.post("/agencies/{agency_id}/close", signed_in(_close)),
    web.post("/agencies/{agency_id}/open", signed_in(_open)),
    web.post("/agencies/{agency_id}/phone", signed_in(_change_phone)),
)
