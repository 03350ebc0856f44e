"""Serves an application at an address for as long as a block lasts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web

LONGEST_ANSWER_S: Final = 1.0
"""How long a request that is under way may still take when the server is ended."""


@asynccontextmanager
async def serving(app: web.Application, host: str, port: int) -> AsyncIterator[int]:
    """Serve inside the block, port 0: a free one; gives the port. Raises OSError when it is taken."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=LONGEST_ANSWER_S)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()
