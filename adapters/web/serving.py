"""Serves an application of the adapter's for as long as a block lasts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from socket import socket
from typing import Final, TypeAlias

from aiohttp import web

from schemas.settings import Address

LONGEST_ANSWER_S: Final = 1.0
"""How long a request that is under way may still take when the adapter is ended."""
Api: TypeAlias = web.Application


@asynccontextmanager
async def serving(api: Api, listen: Address) -> AsyncIterator[int]:
    """At an address; gives the port."""
    async with _set_up(api) as runner:
        await web.TCPSite(runner, listen.host, listen.port).start()
        yield runner.addresses[0][1]


@asynccontextmanager
async def serving_on(api: Api, listening: socket) -> AsyncIterator[None]:
    """On a socket that is bound already, perhaps beside other processes."""
    async with _set_up(api) as runner:
        await web.SockSite(runner, listening).start()
        yield


@asynccontextmanager
async def serving_at(api: Api, path: str) -> AsyncIterator[None]:
    """On a socket in a folder."""
    async with _set_up(api) as runner:
        await web.UnixSite(runner, path).start()
        yield


@asynccontextmanager
async def _set_up(api: Api) -> AsyncIterator[web.AppRunner]:
    runner = web.AppRunner(api, access_log=None, shutdown_timeout=LONGEST_ANSWER_S)
    await runner.setup()
    try:
        yield runner
    finally:
        await runner.cleanup()
