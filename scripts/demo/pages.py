"""The demonstration's own pages, on the console's application and under its headers.

What must not break: these pages act for invented people only, and none takes a post that another site sent.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Any, Final

from aiohttp import web
from jinja2 import Environment

from schemas.measures import AgencyKind
from scripts.demo import words
from scripts.demo.phones import Phones
from scripts.demo.windows import Window
from tracker.storage.registry import Registry
from tracker.web.live import Live
from tracker.web.rendering import LANGUAGES, templates_in
from tracker.web.security import comes_from_own_page
from tracker.web.settings import EDGE
from tracker.web.visits import language_of
from tracker.web.words import formats

HERE: Final = Path(__file__).parent
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Demonstration:
    """What the pages show and act on. `rate`: simulated card uses per second."""

    registry: Registry
    phones: Phones
    windows: Mapping[AgencyKind, Window]
    rate: float
    started_at: datetime
    live: Live = field(default_factory=Live)


DEMONSTRATION: Final = web.AppKey("demonstration", Demonstration)


def _environment(language: str) -> Environment:
    environment = templates_in(HERE / "templates", language)
    environment.globals |= {
        "label": lambda member: words.label(member, language),
        "kind_of": lambda value: type(value).__name__,
    }
    environment.filters |= {
        "moment": formats.moment,
        "to_the_second": formats.moment_to_the_second,
        "clock": formats.clock,
        "field_moment": formats.field_moment,
    }
    return environment


_ENVIRONMENTS: Final = {language: _environment(language) for language in LANGUAGES}


def show(request: web.Request, template: str, **shown: Any) -> web.Response:
    """A page in the reader's language."""
    demonstration = request.app[DEMONSTRATION]
    page = _ENVIRONMENTS[language_of(request)].get_template(template)
    text = page.render(path=request.path, started_at=demonstration.started_at, **shown)
    return web.Response(text=text, content_type="text/html")


def own_posts_only(handler: Handler) -> Handler:
    """Refuse what no page of this server sent."""

    @wraps(handler)
    async def handle(request: web.Request) -> web.StreamResponse:
        if not comes_from_own_page(request.headers, request.app[EDGE].settings.public_url):
            raise web.HTTPForbidden(text="This did not come from a page of this server.")
        return await handler(request)

    return handle


async def follow(request: web.Request) -> web.StreamResponse:
    """Tells open pages to look again."""
    stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await stream.prepare(request)
    await request.app[DEMONSTRATION].live.follow(stream)
    return stream
