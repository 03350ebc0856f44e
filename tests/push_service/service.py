"""A push service of its own program: it subscribes browsers, checks signatures, and decrypts with their keys.

`./scripts/test` installs it; without it the tests that need it fail.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.request import Request, urlopen

from scripts.engines.processes import Command, end_of_log, free_port, start, stop

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / ".venv/push-service/node_modules/web-push-testing/src/bin/server.js"
STARTS_WITHIN_S = 30.0
LOOKS_EVERY_S = 0.02
ANSWERS_WITHIN_S = 10.0


@dataclass(slots=True, kw_only=True)
class Browser:
    """One subscription, and who it is to the service."""

    subscription: dict[str, Any]
    client: str


@dataclass(slots=True, kw_only=True)
class PushService:
    url: str

    def subscribes(self, key: str) -> Browser:
        """A browser subscribes with the court's public key."""
        told = self._post("/subscribe", {"userVisibleOnly": "true", "applicationServerKey": key})["data"]
        client = told.pop("clientHash")
        return Browser(subscription=told, client=client)

    def received(self, browser: Browser) -> list[dict[str, Any]]:
        """What the browser read of the messages to it."""
        told = self._post("/get-notifications", {"clientHash": browser.client})
        return [json.loads(message) for message in told["data"]["messages"]]

    def expires(self, browser: Browser) -> None:
        self._post(f"/expire-subscription/{browser.client}", {})

    def _post(self, path: str, body: dict[str, str]) -> Any:
        request = Request(  # noqa: S310 - an address of ours
            self.url + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urlopen(request, timeout=ANSWERS_WITHIN_S) as answered:  # noqa: S310
            text = answered.read().decode()
        return json.loads(text) if text.startswith("{") else {}


@asynccontextmanager
async def push_service_started() -> AsyncIterator[PushService]:
    """Runs it at a free port for as long as the block lasts."""
    assert PROGRAM.is_file(), "the push service is not installed: run the tests by ./scripts/test"
    port = free_port()
    with TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        command = Command(
            arguments=("node", PROGRAM, str(port)), environment=os.environ, folder=Path(folder), log=log
        )
        process = await start(command)
        try:
            async with asyncio.timeout(STARTS_WITHIN_S):
                while "running" not in end_of_log(log):
                    assert process.returncode is None, end_of_log(log)
                    await asyncio.sleep(LOOKS_EVERY_S)
            yield PushService(url=f"http://localhost:{port}")
        finally:
            await stop(process)
