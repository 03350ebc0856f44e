"""A court's own app behind its webhook, as its maker would write it with the public library."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from standardwebhooks.webhooks import Webhook

from adapters.machine import SystemClock
from schemas.webhooks import SymmetricKey
from tracker.commands.push import signer

SECRET = b"k" * 32


@dataclass(slots=True)
class CourtApp:
    """Answers `status`, once its library believes the signature."""

    url: str = ""
    status: int = 204
    posts: list[dict[str, Any]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)

    def sign(self, message_id: str, body: bytes) -> Mapping[str, str]:
        """What the court signs with."""
        return signer(SymmetricKey(key_id="app-1", secret=SECRET), SystemClock().now)(message_id, body)

    def texts_to(self, account: str) -> list[str]:
        return [post["text"] for post in self.posts if account in post["accounts"]]

    async def receive(self, request: web.Request) -> web.StreamResponse:
        body = await request.text()
        Webhook(SECRET).verify(body, dict(request.headers))
        self.posts.append(json.loads(body))
        self.ids.append(request.headers["webhook-id"])
        return web.Response(status=self.status, headers={"Retry-After": "7", "Location": self.url})


@asynccontextmanager
async def court_app() -> AsyncIterator[CourtApp]:
    app = CourtApp()
    site = web.Application()
    site.add_routes([web.post("/", app.receive)])
    runner = web.AppRunner(site)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    app.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    yield app
    await runner.cleanup()
