"""Where adapters fetch the keys of their lists and what they missed of them: a listener of its own, behind
mutual TLS.

What must not break: nobody gets as far as an answer without a certificate of the court's own authority, and
the certificate alone says whose list it is.
"""

import ssl
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from http import HTTPStatus
from typing import Final

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from schemas.settings import Address
from tracker.domain.ids import CourtId
from tracker.services.agencies.certificates import KEY_BYTES, SERIAL_BYTES, Authority, sign_listener
from tracker.services.feeds.snapshots import Shelf
from tracker.storage.registry import Registry
from tracker.web.edge.keys import give_keys
from tracker.web.edge.packets import give_packets
from tracker.web.edge.site import EDGE_SITE, EdgeSite
from tracker.web.edge.snapshots import give_manifest, give_snapshot
from tracker.web.problems import Refusal

KEYS_PATH: Final = "/edge/keys"
FEED_PATH: Final = r"/edge/feeds/{epoch:\d{1,9}}/{incarnation:\d{1,9}}"
PACKETS_PATH: Final = FEED_PATH + "/packets"
MANIFEST_PATH: Final = FEED_PATH + "/snapshot"
SNAPSHOT_PATH: Final = FEED_PATH + r"/snapshots/{sequence:\d{1,18}}"
LONGEST_ANSWER_S: Final = 1.0
"""How long a request that is under way may still take when the listener is ended."""

log = structlog.get_logger(__name__)

NOTHING_HERE: Final = Refusal.nothing_here(
    "The edge listener answers adapters only, below /edge: correct ADAPTER_COURT_URL."
)
OUR_FAULT: Final = Refusal(
    kind="our-fault",
    status=HTTPStatus.SERVICE_UNAVAILABLE,
    title="The court cannot answer now",
    detail="Try again in a while; if it lasts, tell the court's operator.",
)


def make_edge_app(registry: Registry, court_id: CourtId, shelf: Shelf) -> web.Application:
    """The application; serve it with `edge_listener`: the certificate is all it knows of a caller."""
    app = web.Application(middlewares=[_problems_only])
    app[EDGE_SITE] = EdgeSite(registry=registry, court_id=court_id, shelf=shelf)
    app.add_routes(
        [
            web.get(KEYS_PATH, give_keys),
            web.get(PACKETS_PATH, give_packets),
            web.get(MANIFEST_PATH, give_manifest),
            web.get(SNAPSHOT_PATH, give_snapshot),
        ]
    )
    return app


def edge_ssl_context(
    authority: Authority, names: Sequence[str], *, at: datetime, random_bytes: Callable[[int], bytes]
) -> ssl.SSLContext:
    """A server context that demands a certificate of the court's authority, with a fresh one of its own."""
    own = sign_listener(authority, names, at=at, chance=random_bytes(KEY_BYTES + SERIAL_BYTES))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=authority.pem)
    # The module takes a path only; the file is the owner's (0600) and gone before anything listens.
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as chain:
        chain.write(own.certificate + own.private)
        chain.flush()
        context.load_cert_chain(chain.name)
    return context


@asynccontextmanager
async def edge_listener(app: web.Application, listen: Address, context: ssl.SSLContext) -> AsyncIterator[int]:
    """Serve inside the block; gives the port."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=LONGEST_ANSWER_S)
    await runner.setup()
    try:
        await web.TCPSite(runner, listen.host, listen.port, ssl_context=context).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


@web.middleware
async def _problems_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException:
        return NOTHING_HERE.answer()
    except Exception as error:
        # The kind only: the error's own text may repeat what a row says.
        log.error("edge-request-failed", error=type(error).__name__)
        return OUR_FAULT.answer()
