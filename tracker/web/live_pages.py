"""The front door, and the stream that tells open pages to look again."""

from http import HTTPStatus

from aiohttp import web

from tracker.web.settings import EDGE
from tracker.web.visits import Visit, back_to, find_visit, signed_in


async def _front_door(_request: web.Request, _visit: Visit) -> web.StreamResponse:
    raise back_to("/alerts")


async def _follow(request: web.Request) -> web.StreamResponse:
    """Without a session nothing is streamed, and `204` tells the browser not to come back."""
    if await find_visit(request) is None:
        return web.Response(status=HTTPStatus.NO_CONTENT)
    stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await stream.prepare(request)
    await request.app[EDGE].live.follow(stream)
    return stream


ROUTES = (web.get("/", signed_in(_front_door)), web.get("/live", _follow))
