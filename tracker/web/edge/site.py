"""What the answers on the edge listener have in common: the books, and whom the certificate names."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from aiohttp import web

from schemas.certificates import CertificateRefused, Holder, holder_in
from tracker.domain.errors import NotAllowed
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


def holder_of(request: web.Request) -> Holder | None:
    """Whom the caller's certificate names."""
    connection = request.get_extra_info("ssl_object")
    certificate = connection.getpeercert(binary_form=True) if connection is not None else None
    try:
        return None if certificate is None else holder_in(certificate)
    except CertificateRefused:
        return None


def not_admitted(refused: NotAllowed) -> Refusal:
    return Refusal(
        kind="not-admitted",
        status=HTTPStatus.FORBIDDEN,
        title="The court does not admit this instance",
        detail=refused.why,
    )
