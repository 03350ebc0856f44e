"""The local API as a screener serves it: what it cannot answer by itself is asked of the keeper, as it came.

What must not break: whatever becomes of the keeper, a use is not called clear and a stop is not in order.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Final

import aiohttp
from aiohttp import web

from adapters.screeners.screener import Screener
from adapters.web.answers import MOST_BYTES, problems_only, read_batch, read_card_use, screened, sifted
from adapters.web.problems import keeper_away

KEEPER_ANSWERS_WITHIN_S: Final = 5.0
SCREENER: Final = web.AppKey("screener", Screener)
KEEPER: Final = web.AppKey("keeper", aiohttp.ClientSession)
ANY_HOST: Final = "http://keeper"
"""Names nobody: the connection is a socket in the adapter's folder."""


PASSED_ON: Final = ("Content-Type", "Cache-Control", "Allow")


class _KeeperAway(Exception):
    """The keeper has not answered."""


@asynccontextmanager
async def screener_api(screener: Screener, keeper: str) -> AsyncIterator[web.Application]:
    """`keeper`: path of the socket on which the keeper serves the whole local API."""
    app = web.Application(client_max_size=MOST_BYTES, middlewares=[problems_only])
    app[SCREENER] = screener
    app.add_routes(
        [
            web.get("/livez", _livez),
            web.get("/readyz", _readyz),
            web.post("/screen", _screen),
            web.post("/sift", _sift),
            web.route("*", "/{path:.*}", _any_other),
        ]
    )
    timeout = aiohttp.ClientTimeout(total=KEEPER_ANSWERS_WITHIN_S)
    async with aiohttp.ClientSession(connector=aiohttp.UnixConnector(keeper), timeout=timeout) as session:
        app[KEEPER] = session
        yield app


async def _livez(_request: web.Request) -> web.StreamResponse:
    return web.json_response({"alive": True})


async def _screen(request: web.Request) -> web.StreamResponse:
    screener = request.app[SCREENER]
    answer = screener.screen(await read_card_use(request))
    if answer is not None:
        return screened(answer)
    try:
        return await _ask_keeper(request)
    except _KeeperAway:
        return screened(screener.keeper_away())


async def _sift(request: web.Request) -> web.StreamResponse:
    screener = request.app[SCREENER]
    answer = screener.sift(await read_batch(request))
    if answer is not None:
        return sifted(answer)
    try:
        return await _ask_keeper(request)
    except _KeeperAway:
        return screened(screener.keeper_away())


async def _readyz(request: web.Request) -> web.StreamResponse:
    try:
        return await _ask_keeper(request)
    except _KeeperAway:
        reason = {"what": "keeper-away", "detail": "the process that keeps the list does not answer"}
        answer = {"ready": False, "reasons": [reason], "list": None}
        return web.json_response(answer, status=HTTPStatus.SERVICE_UNAVAILABLE)


async def _any_other(request: web.Request) -> web.StreamResponse:
    try:
        return await _ask_keeper(request)
    except _KeeperAway:
        return keeper_away(request.app[SCREENER].keeper_away().phone_24h).answer()


async def _ask_keeper(request: web.Request) -> web.StreamResponse:
    """The keeper's own answer to the same request; raises _KeeperAway."""
    if not request.app[SCREENER].hears_keeper:
        raise _KeeperAway
    asked = request.app[KEEPER].request(
        request.method,
        ANY_HOST + request.raw_path,
        data=await request.read(),
        headers={"Content-Type": request.headers.get("Content-Type", "")},
        allow_redirects=False,
    )
    try:
        async with asked as answer:
            headers = {name: answer.headers[name] for name in PASSED_ON if name in answer.headers}
            return web.Response(status=answer.status, body=await answer.read(), headers=headers)
    except (aiohttp.ClientError, OSError, TimeoutError):
        raise _KeeperAway from None
