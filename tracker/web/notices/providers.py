"""The providers by which messages go out: how each works just now, and what became of its last probe."""

from typing import Final

from aiohttp import web

from tracker.domain.authorisation import Action
from tracker.services.access import require_in_court
from tracker.services.delivery.probes import list_last_probes
from tracker.web.settings import EDGE
from tracker.web.visits import Visit, page, signed_in

PAGE: Final = "/providers"


async def _list(request: web.Request, visit: Visit) -> web.StreamResponse:
    edge = request.app[EDGE]
    async with edge.registry.reading() as tx:
        await require_in_court(tx, visit.actor, Action.SEE_REACH)
        last = await list_last_probes(tx, visit.actor.court_id)
    known = edge.settings.providers
    return page(
        request,
        visit,
        "providers.html",
        standings=tuple(known.standings(edge.registry.now())),
        probed=frozenset(known.probes.numbers),
        every_min=known.probes.every.total_seconds() // 60,
        last=last,
    )


ROUTES = (web.get(PAGE, signed_in(_list)),)
