"""What the answers on the edge listener have in common: the books, and to whom anything is answered."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from typing import Final, TypeAlias

import structlog
from aiohttp import web

from schemas.certificates import CertificateRefused, Holder, holder_in
from tracker.domain.errors import NotAllowed, NotFound
from tracker.domain.ids import CourtId
from tracker.services.feeds.snapshots import Shelf
from tracker.storage.registry import Registry
from tracker.web.problems import Refusal

NO_CERTIFICATE: Final = Refusal(
    kind="no-certificate",
    status=HTTPStatus.FORBIDDEN,
    title="The certificate names no instance",
    detail="Use the certificate of the instance's own credential.",
)
NO_SUCH_FEED: Final = Refusal(
    kind="no-such-feed",
    status=HTTPStatus.NOT_FOUND,
    title="The court keeps no such feed for this agency",
    detail="Ask for an epoch and incarnation that a packet or heartbeat of the court's has named.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeSite:
    """The books behind the listener, whose they are, and where their snapshots lie."""

    registry: Registry
    court_id: CourtId
    shelf: Shelf


EDGE_SITE: Final = web.AppKey("edge_site", EdgeSite)
Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]
HolderHandler: TypeAlias = Callable[[web.Request, Holder], Awaitable[web.StreamResponse]]

log = structlog.get_logger(__name__)


def for_holders(refused: str) -> Callable[[HolderHandler], Handler]:
    """Answers whom the certificate names and the court admits. `refused`: the event when it does not."""

    def of(answer: HolderHandler) -> Handler:
        @wraps(answer)
        async def handle(request: web.Request) -> web.StreamResponse:
            holder = _holder_of(request)
            if holder is None:
                return NO_CERTIFICATE.answer()
            try:
                return await answer(request, holder)
            except NotAllowed as refusal:
                log.warning(refused, agency=holder.agency, instance=holder.instance)
                return _not_admitted(refusal).answer()
            except NotFound:
                return NO_SUCH_FEED.answer()

        return handle

    return of


def _holder_of(request: web.Request) -> Holder | None:
    """Whom the caller's certificate names."""
    connection = request.get_extra_info("ssl_object")
    certificate = connection.getpeercert(binary_form=True) if connection is not None else None
    try:
        return None if certificate is None else holder_in(certificate)
    except CertificateRefused:
        return None


def _not_admitted(refusal: NotAllowed) -> Refusal:
    return Refusal(
        kind="not-admitted",
        status=HTTPStatus.FORBIDDEN,
        title="The court does not admit this instance",
        detail=refusal.why,
    )
