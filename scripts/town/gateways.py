"""Stand-ins on 127.0.0.1 for a gateway that speaks as Kannel's smsbox does, and for a court's own app.

Each request is treated as the whims of the town will it; what was taken is kept, and what is to be reported
of it waits to be posted.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Final

from aiohttp import web
from yarl import URL

from schemas.webhooks import SymmetricKey, sign_webhook
from scripts.town.whims import Treatment

USERNAME: Final = "court"
PASSWORD: Final = "of-the-gateway"
TOKEN: Final = "a-token-of-the-gateway"
APP_KEY: Final = SymmetricKey(key_id="app-1", secret=b"k" * 32)
RETRY_AFTER: Final = {"Retry-After": "1"}
_DELIVERED: Final = "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A message as it was taken; `report`: the address to which its delivery is reported, if there is one."""

    to: str
    body: str
    attempt_id: str
    report: URL | None = None


@dataclass(slots=True, kw_only=True)
class Gateway:
    """`treats` is asked at every request; `reads` makes a message of one."""

    treats: Callable[[], Treatment]
    reads: Callable[[web.Request, str], Taken]
    answer: str
    messages: list[Taken] = field(default_factory=list)
    reports: list[Taken] = field(default_factory=list)
    """Waiting to be posted."""
    address: str = ""
    _closing: asyncio.Event = field(default_factory=asyncio.Event)
    _runner: web.AppRunner | None = None

    async def __aenter__(self) -> "Gateway":
        app = web.Application()
        app.router.add_post("/", self._take)
        self._runner = web.AppRunner(app, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.address = f"http://{host}:{port}/"
        return self

    async def __aexit__(self, *problem: object) -> None:
        self._closing.set()
        if self._runner:
            await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.StreamResponse:
        message = self.reads(request, await request.text())
        treatment = self.treats()
        if treatment is Treatment.IS_BUSY:
            return web.Response(status=HTTPStatus.TOO_MANY_REQUESTS, headers=RETRY_AFTER)
        if treatment is Treatment.IS_AWAY:
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
        self.messages.append(message)
        if treatment is Treatment.DOES_NOT_ANSWER:
            await self._closing.wait()
        if treatment is Treatment.TAKES:
            self.reports.append(message)
        return web.Response(status=HTTPStatus.ACCEPTED, text=self.answer)


def kannel(treats: Callable[[], Treatment]) -> Gateway:
    """It says of what it took "0: Accepted for delivery"."""
    return Gateway(treats=treats, reads=_sms, answer="0: Accepted for delivery")


def court_app(treats: Callable[[], Treatment]) -> Gateway:
    """Its answers are not read."""
    return Gateway(treats=treats, reads=_push, answer="")


def signed_by_app(message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers of an event that the app posts."""
    return {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": sign_webhook(message_id, at, body, APP_KEY),
    }


def _sms(request: web.Request, text: str) -> Taken:
    """A text as it comes to the gateway, which fills the type of the report into its address."""
    report = URL(request.headers["X-Kannel-DLR-URL"].replace("%d", _DELIVERED), encoded=True)
    return Taken(
        to=request.headers["X-Kannel-To"], body=text, attempt_id=report.query["attempt"], report=report
    )


def _push(_request: web.Request, text: str) -> Taken:
    told = json.loads(text)
    return Taken(to=told["accounts"][0], body=told["text"], attempt_id=told["attempt_id"])
