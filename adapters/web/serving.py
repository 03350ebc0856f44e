"""Serves an application of the adapter's for as long as a block lasts."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web

from schemas.settings import Address

LONGEST_ANSWER_S: Final = 1.0
"""How long a request that is under way may still take when the adapter is ended."""


@asynccontextmanager
async def serving(app: web.Application, listen: Address) -> AsyncIterator[int]:
    """Serve inside the block; gives the port."""
    async with serving_at(app, lambda runner: web.TCPSite(runner, listen.host, listen.port)) as runner:
        yield runner.addresses[0][1]


@asynccontextmanager
async def serving_at(
    app: web.Application, site: Callable[[web.AppRunner], web.BaseSite]
) -> AsyncIterator[web.AppRunner]:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=LONGEST_ANSWER_S)
    await runner.setup()
    try:
        await site(runner).start()
        yield runner
    finally:
        await runner.cleanup()
