"""What came in and was refused, for those who look after it: no body, only its receipt and the reason."""

from aiohttp import web

from tracker.services.lines.refused_messages import list_refused_messages
from tracker.web.settings import EDGE
from tracker.web.visits import Visit, page, signed_in


async def _list(request: web.Request, visit: Visit) -> web.StreamResponse:
    async with request.app[EDGE].registry.reading() as tx:
        refused = await list_refused_messages(tx, visit.actor)
    return page(request, visit, "messages.html", refused=refused)


ROUTES = (web.get("/messages", signed_in(_list)),)
