"""The rival of `alert-latency`: Prometheus Alertmanager, from the moment an alert is due to the moment its
webhook has arrived, at the same rate and in the same run.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import aiohttp
from aiohttp import web

from scripts.benches.floor import Stamps
from scripts.benches.timing import seconds
from scripts.engines.alertmanager import alertmanager
from scripts.engines.processes import LOCAL, free_port

NUMBER: Final = "number"
ANSWERS_WITHIN: Final = aiohttp.ClientTimeout(total=30)


class Rival(Stamps):
    """Takes alerts; `wired` holds by position when the webhook of each arrived."""

    def __init__(self, client: aiohttp.ClientSession, address: str) -> None:
        super().__init__()
        self._client = client
        self._address = address

    @classmethod
    @asynccontextmanager
    async def opened(cls, folder: Path) -> AsyncIterator["Rival"]:
        """With an Alertmanager of its own, until the end of the block."""
        port = free_port()
        async with (
            aiohttp.ClientSession(timeout=ANSWERS_WITHIN) as client,
            alertmanager(folder, f"http://{LOCAL}:{port}/") as address,
        ):
            rival = cls(client, address)
            app = web.Application()
            app.router.add_post("/", rival._hear)
            runner = web.AppRunner(app, access_log=None)
            await runner.setup()
            await web.TCPSite(runner, LOCAL, port).start()
            try:
                yield rival
            finally:
                await runner.cleanup()

    async def hit(self, position: int) -> None:
        """Another alert than all others."""
        alert = {"labels": {"alertname": "sighting", NUMBER: str(position)}}
        async with self._client.post(self._address, json=[alert]) as answer:
            answer.raise_for_status()
        self.committed.setdefault(position, seconds())

    async def _hear(self, request: web.Request) -> web.Response:
        told = await request.json()
        self.wire([int(one["labels"][NUMBER]) for one in told["alerts"]])
        return web.Response()
