"""The partners at a glance: the head of each feed, what each replica holds, and when it was last heard."""

from dataclasses import dataclass

from aiohttp import web

from tracker.storage import agencies
from tracker.web.entry_views import AgencyLine, Reach, agency_line
from tracker.web.settings import EDGE
from tracker.web.visits import Visit, page, signed_in


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyCount:
    """How many adapters hold exactly what the court holds."""

    line: AgencyLine
    equal: int


async def _list(request: web.Request, visit: Visit) -> web.StreamResponse:
    async with request.app[EDGE].registry.reading() as tx:
        partners = await agencies.list_agencies(tx, visit.actor.court_id)
        lines = [await agency_line(tx, agency, Reach.NOT_SENT, None) for agency in partners]
    counted = [AgencyCount(line=line, equal=sum(one.is_equal for one in line.instances)) for line in lines]
    return page(request, visit, "agencies.html", agencies=counted)


ROUTES = (web.get("/agencies", signed_in(_list)),)
