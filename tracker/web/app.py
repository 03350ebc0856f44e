"""The web edge of one court: the console, the webhooks, the providers' callbacks, one set of headers."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from aiohttp import web

from tracker.storage.registry import Registry
from tracker.web import audit, live_pages, sign_in, webhooks
from tracker.web.agencies import pages as agency_pages
from tracker.web.agencies import refused_messages
from tracker.web.alerts import leads, missed, stand_downs
from tracker.web.alerts import pages as alert_pages
from tracker.web.alerts.taps import add_taps
from tracker.web.callbacks import aliyun, calls, court_app, kannel, wecom
from tracker.web.callbacks.providers import TWILIO_ROUTES
from tracker.web.entries import amendments, approvals, cases, measures, reconciling, registering, revocations
from tracker.web.entries import pages as entry_pages
from tracker.web.entries.imports import batches
from tracker.web.ladders import pages as ladder_pages
from tracker.web.live import Live
from tracker.web.notices import providers, texts
from tracker.web.observability.metrics import Exposition, add_metrics
from tracker.web.people import contacts, devices
from tracker.web.people import pages as people_pages
from tracker.web.proof import drills
from tracker.web.proof import pages as proof_pages
from tracker.web.rendering import Pages
from tracker.web.rosters import calendars
from tracker.web.rosters import pages as roster_pages
from tracker.web.security import STATIC, add_headers
from tracker.web.settings import EDGE, Edge, WebSettings
from tracker.web.visits import choose_language, show_missing

__all__ = ["WebSettings", "make_app"]

STATIC_FILES: Final = Path(__file__).parent / "static"

# Registering stands before the pages of single entries: `/entries/new` is no entry.
ROUTES: Final = (
    *live_pages.ROUTES,
    *sign_in.ROUTES,
    *registering.ROUTES,
    *batches.ROUTES,
    *approvals.ROUTES,
    *amendments.ROUTES,
    *entry_pages.ROUTES,
    *revocations.ROUTES,
    *reconciling.ROUTES,
    *cases.ROUTES,
    *measures.ROUTES,
    *alert_pages.ROUTES,
    *stand_downs.ROUTES,
    *missed.ROUTES,
    *leads.ROUTES,
    *proof_pages.ROUTES,
    *drills.ROUTES,
    *agency_pages.ROUTES,
    *refused_messages.ROUTES,
    *people_pages.ROUTES,
    *contacts.ROUTES,
    *devices.ROUTES,
    *roster_pages.ROUTES,
    *calendars.ROUTES,
    *ladder_pages.ROUTES,
    *texts.ROUTES,
    *providers.ROUTES,
    *audit.ROUTES,
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
        yield TWILIO_ROUTES
    if settings.kannel is not None:
        yield kannel.ROUTES
    if settings.twilio_voice is not None:
        yield calls.ROUTES
    if settings.aliyun_tokens:
        yield aliyun.ROUTES
    if settings.push.app_keys:
        yield court_app.ROUTES
    if settings.push.wecom_keys:
        yield wecom.ROUTES
