"""No client keeps a request waiting in a pool of its own: there it would age after its last check."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from notifications.channels.http import HttpPost
from notifications.channels.outbound import Outbound
from notifications.channels.port import Outgoing
from notifications.channels.twilio import TwilioSettings, TwilioSms
from notifications.channels.wecom import WeCom, WeComSettings
from tests.contract.channels.pushes import LOCAL

MANY = 120
MESSAGE = Outgoing(attempt_id="attempt-1", to="+12025550100", text="暂停行动")


@dataclass(slots=True)
class Busy:
    """A provider that answers nobody before all have asked."""

    url: str = ""
    asked: int = 0
    all_asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: web.Request) -> web.Response:
        if request.path.endswith("gettoken"):
            return web.json_response({"errcode": 0, "access_token": "token", "expires_in": 7200})
        self.asked += 1
        if self.asked == MANY:
            self.all_asked.set()
        await self.all_asked.wait()
        return web.json_response({})


@pytest.fixture
async def busy() -> AsyncIterator[Busy]:
    busy = Busy()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", busy.answer)
    async with TestServer(app) as server:
        busy.url = str(server.make_url("")).rstrip("/")
        yield busy


async def all_ask(busy: Busy, ask: Callable[[], Awaitable[object]]) -> None:
    async with asyncio.timeout(10):
        await asyncio.gather(*(ask() for _ in range(MANY)))


async def test_of_those_without_a_library(busy: Busy) -> None:
    client = HttpPost(timeout_s=60)
    await all_ask(busy, lambda: client.post(busy.url, {}, b""))
    await client.close()


async def test_of_addresses_that_people_set(busy: Busy) -> None:
    client = Outbound(LOCAL, timeout_s=60)
    await all_ask(busy, lambda: client.post(busy.url, data=b"", headers={}))
    await client.close()


async def test_of_twilio(busy: Busy) -> None:
    settings = TwilioSettings(
        account_sid="AC1",
        auth_token="invented",
        sender="+12025550100",
        callback_url="https://court.example/status",
        timeout_s=60,
        base_url=busy.url,
    )
    client = TwilioSms(settings)
    await all_ask(busy, lambda: client.send(MESSAGE))
    await client.close()


async def test_of_wecom(busy: Busy) -> None:
    settings = WeComSettings(
        corp_id="corp",
        agent_id=1,
        secret="invented",
        console_url="https://court.example",
        base_url=busy.url,
        timeout_s=60,
    )
    client = WeCom(settings, lambda: 0.0)
    await all_ask(busy, lambda: client.send(Outgoing(attempt_id="attempt-1", to='["gao"]', text="暂停行动")))
    await client.close()
