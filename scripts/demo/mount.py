"""Mounts the demonstration's pages on the console's application."""

from aiohttp import web

from scripts.demo import agency_pages, phone_pages
from scripts.demo.pages import DEMONSTRATION, HERE, Demonstration, follow

STATIC = "/demo/static/"


def add_demonstration(app: web.Application, demonstration: Demonstration) -> None:
    """Before the application starts; its headers and its language hold for these pages too."""
    app[DEMONSTRATION] = demonstration
    app.add_routes([*phone_pages.ROUTES, *agency_pages.ROUTES, web.get("/demo/live", follow)])
    app.add_routes([web.get("/demo", _front_door)])
    app.router.add_static(STATIC, HERE / "static")
    app.on_shutdown.append(demonstration.live.close)


async def _front_door(_request: web.Request) -> web.StreamResponse:
    raise web.HTTPSeeOther("/demo/phones")
