"""The court's people and how they are reached: who cannot be relied on to get an alert stands first. An
administrator changes numbers here.
"""

from http import HTTPStatus
from typing import Final

from aiohttp import web

from notifications.reachability import LEAST_WAYS
from tracker.domain.authorisation import Action
from tracker.domain.errors import Conflict, Invalid
from tracker.domain.ids import PersonId
from tracker.services.access import require_in_court
from tracker.services.audit import About
from tracker.services.people.reach import change_number, list_reach
from tracker.web.errors import told
from tracker.web.fields import fields_of
from tracker.web.reading import Look, record_look
from tracker.web.settings import EDGE
from tracker.web.visits import Visit, back_to, page, signed_in

PAGE: Final = "/people"


async def _list(request: web.Request, visit: Visit) -> web.StreamResponse:
    return await _page(request, visit)


async def _page(
    request: web.Request, visit: Visit, refused: str = "", about: PersonId | None = None
) -> web.Response:
    edge = request.app[EDGE]
    async with edge.registry.reading() as tx:
        await require_in_court(tx, visit.actor, Action.SEE_REACH)
        staff = await list_reach(tx, visit.actor.court_id, edge.settings.set_up)
    shown = tuple(one.person.person_id for one in staff)
    look = Look(about=About(kind="list", key="people"), purpose="people page", shown=shown)
    await record_look(edge.registry, visit.actor, look)
    return page(
        request,
        visit,
        "people.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK,
        staff=staff,
        gaps=sum(one.is_gap for one in staff),
        least=LEAST_WAYS,
        refused=refused,
        about=about,
    )


async def _change_number(request: web.Request, visit: Visit) -> web.StreamResponse:
    fields = await fields_of(request)
    person_id, typed = PersonId(fields.raw("person")), fields.raw("phone")
    try:
        async with request.app[EDGE].registry.transaction() as tx:
            await change_number(tx, visit.actor, person_id, typed)
    except (Invalid, Conflict) as refusal:
        detail = told(refusal, visit.language).detail
        return await _page(request, visit, refused=detail, about=person_id)
    raise back_to(PAGE)


ROUTES = (
    web.get(PAGE, signed_in(_list)),
    web.post(PAGE, signed_in(_change_number)),
)
