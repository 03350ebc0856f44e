"""The audit log, for the auditor: the latest events, and the proof that none was changed."""

from dataclasses import dataclass

from aiohttp import web

from tracker.domain.authorisation import Action
from tracker.services.access import require_in_court
from tracker.services.audit import ChainBroken, ChainWhole, verify
from tracker.storage import audit
from tracker.storage.audit import AuditEvent
from tracker.web.settings import EDGE
from tracker.web.titles import title_of
from tracker.web.visits import Visit, page, signed_in

EVENTS_SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLine:
    event: AuditEvent
    who: str


async def _list(request: web.Request, visit: Visit) -> web.StreamResponse:
    return await _show(request, visit, None)


async def _verify(request: web.Request, visit: Visit) -> web.StreamResponse:
    async with request.app[EDGE].registry.reading() as tx:
        await require_in_court(tx, visit.actor, Action.READ_AUDIT)
        proof = await verify(tx)
    return await _show(request, visit, proof)


async def _show(
    request: web.Request, visit: Visit, proof: ChainWhole | ChainBroken | None
) -> web.StreamResponse:
    async with request.app[EDGE].registry.reading() as tx:
        await require_in_court(tx, visit.actor, Action.READ_AUDIT)
        events = await audit.list_latest_events(tx, visit.actor.court_id, EVENTS_SHOWN)
        lines = [EventLine(event=one, who=await title_of(tx, one.actor, visit.language)) for one in events]
    return page(
        request,
        visit,
        "audit.html",
        lines=lines,
        is_whole=isinstance(proof, ChainWhole),
        links=proof.links if isinstance(proof, ChainWhole) else 0,
        broken_at=proof.position if isinstance(proof, ChainBroken) else None,
    )


ROUTES = (web.get("/audit", signed_in(_list)), web.post("/audit/verify", signed_in(_verify)))
