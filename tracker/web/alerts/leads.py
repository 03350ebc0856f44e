"""The page of leads: how long before the act point people set out, by place."""

from collections.abc import Sequence
from datetime import timedelta
from http import HTTPStatus
from typing import Final

from aiohttp import web

from tracker.domain.authorisation import Action
from tracker.domain.errors import Invalid, Problem
from tracker.domain.plans import DEFAULT_LEAD, LONGEST_LEAD
from tracker.services.access import require_in_court
from tracker.services.alerts.leads import drop_lead, set_lead
from tracker.storage.leads import list_leads
from tracker.web.fields import fields_of
from tracker.web.reading import is_allowed
from tracker.web.settings import EDGE
from tracker.web.visits import Visit, back_to, page, signed_in

PAGE: Final = "/leads"
A_MINUTE: Final = timedelta(minutes=1)
LONGEST_PLACE: Final = 24
"""As long as an act point may be named."""


async def _show(request: web.Request, visit: Visit) -> web.StreamResponse:
    return await _page(request, visit)


async def _page(request: web.Request, visit: Visit, problems: Sequence[Problem] = ()) -> web.Response:
    async with request.app[EDGE].registry.reading() as tx:
        by_place = await list_leads(tx, visit.actor.court_id)
        may_edit = await is_allowed(require_in_court(tx, visit.actor, Action.EDIT_LADDERS))
    return page(
        request,
        visit,
        "leads.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if problems else HTTPStatus.OK,
        minutes={place: lead // A_MINUTE for place, lead in by_place.items()},
        default_min=DEFAULT_LEAD // A_MINUTE,
        may_edit=may_edit,
        problems=problems,
    )


async def _save(request: web.Request, visit: Visit) -> web.StreamResponse:
    fields = await fields_of(request)
    place = fields.needed_text("place", LONGEST_PLACE)
    lead = fields.number("lead", most=LONGEST_LEAD // A_MINUTE) * A_MINUTE
    try:
        fields.require()
        async with request.app[EDGE].registry.transaction() as tx:
            await set_lead(tx, visit.actor, place, lead)
    except Invalid as refusal:
        return await _page(request, visit, refusal.problems)
    raise back_to(PAGE)


async def _remove(request: web.Request, visit: Visit) -> web.StreamResponse:
    place = (await fields_of(request)).raw("place")
    async with request.app[EDGE].registry.transaction() as tx:
        await drop_lead(tx, visit.actor, place)
    raise back_to(PAGE)


ROUTES = (
    web.get(PAGE, signed_in(_show)),
    web.post(PAGE, signed_in(_save)),
    web.post("/leads/remove", signed_in(_remove)),
)
