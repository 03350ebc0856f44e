"""The web edge of one court: the console, the webhooks, the providers' callbacks, one set of headers."""

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
    drills,
    entries,
    imports,
    ladder_pages,
    live_pages,
    message_pages,
    missed_pages,
    proof_pages,
    providers,
    reconciling,
    registering,
    rosters,
    sign_in,
    stand_downs,
    webhooks,
)
from tracker.web.live import Live
from tracker.web.metrics import Exposition, add_metrics
from tracker.web.pages import Pages
from tracker.web.security import STATIC, add_headers
from tracker.web.settings import EDGE, Edge, WebSettings
from tracker.web.visits import choose_language, show_missing

__all__ = ["WebSettings", "make_app"]

STATIC_FILES: Final = Path(__file__).parent / "static"

# Before the pages of single entries: `/entries/new` is no entry.
ROUTES: Final = (
    *live_pages.ROUTES,
    *sign_in.ROUTES,
    *registering.ROUTES,
    *imports.ROUTES,
    *approvals.ROUTES,
    *amendments.ROUTES,
    *entries.ROUTES,
    *reconciling.ROUTES,
    *case_pages.ROUTES,
    *alerts.ROUTES,
    *proof_pages.ROUTES,
    *stand_downs.ROUTES,
    *agency_pages.ROUTES,
    *drills.ROUTES,
    *message_pages.ROUTES,
    *ladder_pages.ROUTES,
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
    if settings.twilio is not None:
        app.add_routes(providers.TWILIO_ROUTES)
    if isinstance(registry.meter, Exposition):
        add_metrics(app, registry.meter)
    app.router.add_static(STATIC, STATIC_FILES)
    app.on_response_prepare.append(add_headers)
    app.on_shutdown.append(live.close)
    if settings.wake is not None:
        settings.wake.on_commit(live.wake)
    return app
