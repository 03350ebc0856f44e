"""The partners at a glance: the head of each feed, what each replica holds, and what came back last."""

from aiohttp import web

from tracker.services.agency_status import list_statuses
from tracker.web.settings import EDGE
from tracker.web.visits import Visit, page, signed_in


async def _list(request: web.Request, visit: Visit) -> web.StreamResponse:
    async with request.app[EDGE].registry.reading() as tx:
        statuses = await list_statuses(tx, visit.actor.court_id)
    return page(request, visit, "agencies.html", agencies=statuses)


ROUTES = (web.get("/agencies", signed_in(_list)),)
