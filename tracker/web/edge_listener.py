"""Where adapters fetch the keys of their lists: `GET /edge/keys`, behind mutual TLS, on its own listener.

What must not break: nobody gets as far as a handler without a certificate of the court's own authority, the
certificate alone says whose keys are given, and no key comes near a log.
"""

import ssl
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Final

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from schemas.certificates import CertificateRefused, Holder, holder_in
from schemas.settings import Address
from tracker.domain.errors import NotAllowed, NotFound
from tracker.domain.ids import CourtId
from tracker.domain.people import system_actor
from tracker.services.certificates import KEY_BYTES, SERIAL_BYTES, Authority, sign_listener
from tracker.services.enrolment import hand_out_keys
from tracker.storage.registry import Registry
from tracker.web.problems import Refusal

PATH: Final = "/edge/keys"
LONGEST_ANSWER_S: Final = 1.0
"""How long a request that is under way may still take when the listener is ended."""

log = structlog.get_logger(__name__)

NO_CERTIFICATE: Final = Refusal(
    kind="no-certificate",
    status=HTTPStatus.FORBIDDEN,
    title="The certificate names no instance",
    detail="Use the certificate of the instance's own credential.",
)
NO_FEED: Final = Refusal(
    kind="no-feed",
    status=HTTPStatus.SERVICE_UNAVAILABLE,
    title="The agency has no list yet",
    detail="The court has not begun a list for this agency: ask the court's operator, then try again.",
)
NOTHING_HERE: Final = Refusal.nothing_here(
    f"The edge listener answers GET {PATH} only: correct ADAPTER_COURT_URL."
)
OUR_FAULT: Final = Refusal(
    kind="our-fault",
    status=HTTPStatus.SERVICE_UNAVAILABLE,
    title="The court cannot answer now",
    detail="Try again in a while; if it lasts, tell the court's operator.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeSite:
    """The books behind the listener, and whose they are."""

    registry: Registry
    court_id: CourtId


EDGE_SITE: Final = web.AppKey("edge_site", EdgeSite)


def make_edge_app(registry: Registry, court_id: CourtId) -> web.Application:
    """The application; serve it with `edge_listener`: the certificate is all it knows of a caller."""
    app = web.Application(middlewares=[_problems_only])
    app[EDGE_SITE] = EdgeSite(registry=registry, court_id=court_id)
    app.add_routes([web.get(PATH, _give_keys)])
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


async def _give_keys(request: web.Request) -> web.StreamResponse:
    site = request.app[EDGE_SITE]
    holder = _holder(request)
    if holder is None:
        return NO_CERTIFICATE.answer()
    caller = {"agency": holder.agency, "instance": holder.instance}
    try:
        async with site.registry.transaction() as tx:
            handout = await hand_out_keys(tx, system_actor(site.court_id), holder)
    except NotAllowed as refused:
        log.warning("keys-refused", **caller)
        return _refused(refused).answer()
    except NotFound:
        log.error("keys-missing", **caller)
        return NO_FEED.answer()
    log.info("keys-handed-out", **caller, epochs=len(handout.epochs))
    return web.Response(
        text=handout.model_dump_json(), content_type="application/json", headers={"Cache-Control": "no-store"}
    )


def _holder(request: web.Request) -> Holder | None:
    connection = request.get_extra_info("ssl_object")
    certificate = connection.getpeercert(binary_form=True) if connection is not None else None
    try:
        return None if certificate is None else holder_in(certificate)
    except CertificateRefused:
        return None


def _refused(refused: NotAllowed) -> Refusal:
    return Refusal(
        kind="not-admitted",
        status=HTTPStatus.FORBIDDEN,
        title="The court does not admit this instance",
        detail=refused.why,
    )


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
