"""The desk's page: the stand-downs of the last day, whom it still has to call, and its ticks."""

from aiohttp import web

from tracker.domain.errors import NotFound
from tracker.domain.ids import AgencyId, AlertId, PersonId
from tracker.services.alerts.stand_down_board import tick_agency, tick_person
from tracker.services.audit import About
from tracker.storage import alerts
from tracker.storage.transaction import Tx
from tracker.web.alerts.acts import may_read
from tracker.web.alerts.stand_down_views import BoardShown, list_ended_lately, show_board
from tracker.web.fields import fields_of
from tracker.web.reading import Look, record_look
from tracker.web.settings import EDGE
from tracker.web.visits import Visit, back_to, is_own_address, page, signed_in


async def _list(request: web.Request, visit: Visit) -> web.StreamResponse:
    registry = request.app[EDGE].registry
    async with registry.reading() as tx:
        boards = await _list_boards(tx, visit)
    if boards:
        shown = tuple(one.alert.alert_id for one in boards)
        look = Look(about=About(kind="list", key="stand-downs"), purpose="stand-down page", shown=shown)
        await record_look(registry, visit.actor, look)
    return page(request, visit, "stand_downs.html", boards=boards)


async def _list_boards(tx: Tx, visit: Visit) -> tuple[BoardShown, ...]:
    """Who has yet to be called comes first."""
    readable = [
        alert for alert in await list_ended_lately(tx, visit) if await may_read(tx, visit.actor, alert)
    ]
    boards = [await show_board(tx, visit, alert) for alert in readable]
    return tuple(sorted((one for one in boards if one is not None), key=lambda one: one.board.is_answered))


async def _tick(request: web.Request, visit: Visit) -> web.StreamResponse:
    fields = await fields_of(request)
    async with request.app[EDGE].registry.transaction() as tx:
        alert = await alerts.lock_alert(tx, AlertId(request.match_info["alert_id"]))
        if alert.court_id != visit.actor.court_id:
            raise NotFound("alert")
        if fields.raw("agency"):
            await tick_agency(tx, visit.actor, alert, AgencyId(fields.raw("agency")))
        else:
            await tick_person(tx, visit.actor, alert, PersonId(fields.raw("person")))
    asked_from = fields.raw("asked_from")
    raise back_to(asked_from if is_own_address(asked_from) else "/stand-downs")


ROUTES = (
    web.get("/stand-downs", signed_in(_list)),
    web.post("/stand-downs/{alert_id}/tick", signed_in(_tick)),
)
