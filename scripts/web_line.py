"""The court's web server on a free local port, and outsiders who post signed webhooks to it. It listens from
the first post on.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import aiohttp
from aiohttp import web

from schemas.signing import SigningKey
from schemas.webhooks import SymmetricKey, sign_webhook
from scripts.system import System
from scripts.webhook_keys import WebhookKeys
from tracker.web.app import WebSettings, make_app

LOCAL = "127.0.0.1"
TIMEOUT = aiohttp.ClientTimeout(total=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookAnswer:
    """What the court answered."""

    status: int
    body: dict[str, Any]


class WebLine:
    """A running web server of the court and a client in front of it."""

    def __init__(self, system: System, keys: WebhookKeys) -> None:
        self._system = system
        self._keys = keys
        self._runner: web.AppRunner | None = None
        self._client: aiohttp.ClientSession | None = None
        self._url = ""

    async def open(self) -> str:
        """Listen on a free port, unless it does already; the server's address."""
        if self._runner is not None:
            return self._url
        court = self._system.court
        settings = WebSettings(court_id=court.court_id, public_url=f"http://{LOCAL}")
        self._runner = web.AppRunner(make_app(court.registry, settings), access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, LOCAL, 0).start()
        port = self._runner.addresses[0][1]
        self._url = f"http://{LOCAL}:{port}"
        self._client = aiohttp.ClientSession(timeout=TIMEOUT)
        return self._url

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()
        if self._runner is not None:
            await self._runner.cleanup()

    async def post_payment(self, case: str, amount_fen: int, receipt_number: str) -> WebhookAnswer:
        """The account system says that money has arrived."""
        event = {
            "event": "payment.received",
            "case_number": case,
            "receipt_number": receipt_number,
            "amount_fen": amount_fen,
            "occurred_at": self._now().isoformat(),
        }
        return await self.post("/webhooks/case-events", f"money-{receipt_number}", event)

    async def post_sighting(self, agency_id: str, message_id: str, body: dict[str, Any]) -> WebhookAnswer:
        """An agency without an adapter posts one use of a document."""
        return await self.post(f"/webhooks/sightings/{agency_id}", message_id, body, agency_id)

    async def post(
        self, path: str, message_id: str, body: dict[str, Any], agency_id: str | None = None
    ) -> WebhookAnswer:
        """Post a body, signed by the agency or by the account system."""
        raw = json.dumps(body, ensure_ascii=False).encode()
        key = self._keys.case_system if agency_id is None else self._keys.of_agency(agency_id)
        return await self.post_raw(path, raw, self.headers(message_id, raw, key))

    def headers(self, message_id: str, raw: bytes, key: SymmetricKey | SigningKey) -> dict[str, str]:
        """The three headers of a signed webhook, for now."""
        now = self._now()
        return {
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": sign_webhook(message_id, now, raw, key),
        }

    async def post_raw(self, path: str, raw: bytes, headers: dict[str, str]) -> WebhookAnswer:
        """Post bytes as they are."""
        url = await self.open()
        assert self._client is not None
        async with self._client.post(f"{url}{path}", data=raw, headers=headers) as response:
            return WebhookAnswer(status=response.status, body=json.loads(await response.text()))

    def _now(self) -> datetime:
        return self._system.world.clock.now()
