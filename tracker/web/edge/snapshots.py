"""`GET /edge/feeds/EPOCH/INCARNATION/snapshot`: the signed manifest of the newest snapshot of the caller's
own list, or 202 while it is made; `.../snapshots/SEQUENCE`: its file, by HTTP ranges.
"""

from http import HTTPStatus
from typing import Final

import structlog
from aiohttp import web

from schemas.certificates import Holder
from schemas.snapshots import SNAPSHOT_TYPE
from tracker.services.agencies.enrolment import admitted
from tracker.services.feeds.snapshots import Generation, find_current
from tracker.storage import feeds
from tracker.storage.feeds import Feed
from tracker.storage.transaction import Tx
from tracker.web.edge.site import EDGE_SITE, EdgeSite, for_holders
from tracker.web.problems import Refusal

NO_SUCH_SNAPSHOT: Final = Refusal(
    kind="no-such-snapshot",
    status=HTTPStatus.NOT_FOUND,
    title="The court does not keep this snapshot any more",
    detail="Ask for the manifest of the newest one.",
)
ASK_AGAIN_S: Final = 5

log = structlog.get_logger(__name__)


@for_holders("snapshot-refused")
async def give_manifest(request: web.Request, holder: Holder) -> web.StreamResponse:
    site = request.app[EDGE_SITE]
    async with site.registry.reading() as tx:
        feed = await _feed(tx, site, holder, request.match_info)
        snapshot = await find_current(tx, site.shelf, feed)
    if snapshot is None:
        return web.Response(status=HTTPStatus.ACCEPTED, headers={"Retry-After": str(ASK_AGAIN_S)})
    log.info("snapshot-named", agency=holder.agency, instance=holder.instance, sequence=snapshot.sequence)
    return web.Response(body=snapshot.manifest(), content_type="application/json")


@for_holders("snapshot-refused")
async def give_snapshot(request: web.Request, holder: Holder) -> web.StreamResponse:
    site = request.app[EDGE_SITE]
    async with site.registry.reading() as tx:
        feed = await _feed(tx, site, holder, request.match_info)
    snapshot = site.shelf.find(Generation.of(feed), int(request.match_info["sequence"]))
    if snapshot is None:
        return NO_SUCH_SNAPSHOT.answer()
    return web.FileResponse(snapshot.entries, headers={"Content-Type": SNAPSHOT_TYPE})


async def _feed(tx: Tx, site: EdgeSite, holder: Holder, asked: web.UrlMappingMatchInfo) -> Feed:
    """The generation of the caller's own list that is asked for. Raises NotAllowed, NotFound."""
    agency = await admitted(tx, site.court_id, holder)
    return await feeds.find_generation(tx, agency.agency_id, int(asked["epoch"]), int(asked["incarnation"]))
