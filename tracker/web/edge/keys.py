"""`GET /edge/keys`: the keys of the caller's own list. No key comes near a log."""

from http import HTTPStatus
from typing import Final

import structlog
from aiohttp import web

from schemas.certificates import Holder
from tracker.domain.errors import NotFound
from tracker.domain.people import system_actor
from tracker.services.agencies.enrolment import hand_out_keys
from tracker.web.edge.site import EDGE_SITE, for_holders
from tracker.web.problems import Refusal

NO_FEED: Final = Refusal(
    kind="no-feed",
    status=HTTPStatus.SERVICE_UNAVAILABLE,
    title="The agency has no list yet",
    detail="The court has not begun a list for this agency: ask the court's operator, then try again.",
)

log = structlog.get_logger(__name__)


@for_holders("keys-refused")
async def give_keys(request: web.Request, holder: Holder) -> web.StreamResponse:
    site = request.app[EDGE_SITE]
    caller = {"agency": holder.agency, "instance": holder.instance}
    try:
        async with site.registry.transaction() as tx:
            handout = await hand_out_keys(tx, system_actor(site.court_id), holder)
    except NotFound:
        log.error("keys-missing", **caller)
        return NO_FEED.answer()
    log.info("keys-handed-out", **caller, epochs=len(handout.epochs))
    return web.Response(
        text=handout.model_dump_json(), content_type="application/json", headers={"Cache-Control": "no-store"}
    )
