"""`GET /edge/feeds/EPOCH/INCARNATION/packets?after=SEQUENCE`: what an adapter has missed of its own list.

One signed packet a line, in their order, as they went over the broker; none when there is nothing newer. 303
where packets do not lead on from there, or not as fast as the snapshot that it names.
"""

from http import HTTPStatus
from typing import Final

import structlog
from aiohttp import web

from schemas.catch_up import PACKETS_TYPE, join_packets
from schemas.certificates import Holder
from schemas.snapshots import manifest_path
from tracker.services.feeds.catch_up import SnapshotDue, Wanted, packets_after
from tracker.web.edge.site import EDGE_SITE, for_holders
from tracker.web.problems import Refusal

NO_SEQUENCE: Final = Refusal(
    kind="no-sequence",
    status=HTTPStatus.BAD_REQUEST,
    title="The sequence is missing or is no number",
    detail="Say with ?after=SEQUENCE which change was the last that you have; 0 for none.",
)
DIGITS: Final = 18

log = structlog.get_logger(__name__)


@for_holders("packets-refused")
async def give_packets(request: web.Request, holder: Holder) -> web.StreamResponse:
    site = request.app[EDGE_SITE]
    after = request.query.get("after", "")
    if not (after.isascii() and after.isdigit() and len(after) <= DIGITS):
        return NO_SEQUENCE.answer()
    wanted = Wanted(
        epoch=int(request.match_info["epoch"]),
        incarnation=int(request.match_info["incarnation"]),
        after=int(after),
    )
    caller = {"agency": holder.agency, "instance": holder.instance}
    async with site.registry.reading() as tx:
        packets = await packets_after(tx, site.court_id, holder, wanted)
    if isinstance(packets, SnapshotDue):
        log.info("snapshot-due", **caller, sequence=wanted.after)
        where = manifest_path(wanted.epoch, wanted.incarnation)
        return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": where})
    log.info("packets-fetched", **caller, sequence=wanted.after, messages=len(packets))
    return web.Response(body=join_packets(packets), content_type=PACKETS_TYPE)
