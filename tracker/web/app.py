"""The web edge of one court: the console, the webhooks, the providers' callbacks, one set of headers."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from aiohttp import web

from tracker.storage.registry import Registry
from tracker.web import (
    agency_pages,
    alerts,
    amendments,
    approvals,
    audit_pages,
    calendar_pages,
    case_pages,
    contacts,
    devices,
    drills,
    entries,
    ladder_pages,
    lead_pages,
    live_pages,
    measure_pages,
    message_pages,
    missed_pages,
    people_pages,
    proof_pages,
    provider_pages,
    reconciling,
    registering,
    revocations,
    rosters,
    sign_in,
    stand_downs,
    text_pages,
    webhooks,
)
from tracker.web.callbacks import aliyun, calls, court_app, kannel, providers, wecom
from tracker.web.imports import batches
from tracker.web.live import Live
from tracker.web.metrics import Exposition, add_metrics
from tracker.web.pages import Pages
from tracker.web.security import STATIC, add_headers
from tracker.web.settings import EDGE, Edge, WebSettings
from tracker.web.taps import add_taps
from tracker.web.visits import choose_language, show_missing

__all__ = ["WebSettings", "make_app"]

STATIC_FILES: Final = Path(__file__).parent / "static"

# Before the pages of single entries: `/entries/new` is no entry.
ROUTES: Final = (
    *live_pages.ROUTES,
    *sign_in.ROUTES,
    *registering.ROUTES,
    *batches.ROUTES,
    *approvals.ROUTES,
    *amendments.ROUTES,
    *entries.ROUTES,
    *revocations.ROUTES,
    *reconciling.ROUTES,
    *case_pages.ROUTES,
    *alerts.ROUTES,
    *proof_pages.ROUTES,
    *stand_downs.ROUTES,
    *agency_pages.ROUTES,
    *drills.ROUTES,
    *message_pages.ROUTES,
    *contacts.ROUTES,
    *people_pages.ROUTES,
    *provider_pages.ROUTES,
    *devices.ROUTES,
    *ladder_pages.ROUTES,
    *text_pages.ROUTES,
    *lead_pages.ROUTES,
    *measure_pages.ROUTES,
    *missed_pages.ROUTES,
    *audit_pages.ROUTES,
    *rosters.ROUTES,
    *calendar_pages.ROUTES,
    *webhooks.ROUTES,
)


def make_app(registry: Registry, settings: WebSettings) -> web.Application:
    """The application; whoever runs it closes the registry's database afterwards."""
    live = Live()
    app = web.Application(client_max_size=webhooks.MOST_BYTES, middlewares=[show_missing, choose_language])
    app[EDGE] = Edge(registry=registry, settings=settings, pages=Pages(), live=live)
    app.add_routes(ROUTES)
    add_taps(app)
    for routes in _callbacks(settings):
        app.add_routes(routes)
    if isinstance(registry.meter, Exposition):
        add_metrics(app, registry.meter)
    app.router.add_static(STATIC, STATIC_FILES)
    app.on_response_prepare.append(add_headers)
    app.on_shutdown.append(live.close)
    if settings.wake is not None:
        settings.wake.on_commit(live.wake)
    return app


def _callbacks(settings: WebSettings) -> Iterator[Sequence[web.RouteDef]]:
    """Where providers call back: those that the court has set up."""
    if settings.twilio is not None:
        yield providers.TWILIO_ROUTES
    if settings.kannel is not None:
        yield kannel.ROUTES
    if settings.twilio_voice is not None:
        yield calls.ROUTES
    if settings.aliyun_token is not None:
        yield aliyun.ROUTES
    if settings.push.app_keys:
        yield court_app.ROUTES
    if settings.push.wecom_keys is not None:
        yield wecom.ROUTES
