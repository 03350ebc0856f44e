"""The engines of push messages, each with a provider to send to."""

import json
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from ipaddress import ip_network

from notifications.channels.app_webhook import AppWebhook, AppWebhookSettings
from notifications.channels.outbound import Outbound
from notifications.channels.port import Channel, ChannelKind, FindResult, Outgoing, SendResult
from notifications.channels.web_push import WebPush, WebPushSettings
from notifications.channels.wecom import WeCom, WeComSettings
from tests.contract.channels.court_app import court_app
from tests.contract.channels.engine import Engine
from tests.contract.channels.wecom_server import AGENT, CORP, SECRET, WeComServer, wecom_server
from tests.engines import Servers
from tests.push_service.service import Browser

LOCAL = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
WEB_PUSH = WebPushSettings(private_key=b"\x01" * 32, contact="https://court.example")


class Addressed:
    """A push channel with an address for each number, so that one suite speaks of numbers to all engines."""

    def __init__(self, channel: Channel, address_of: Callable[[str], str]) -> None:
        self._channel = channel
        self._address_of = address_of

    @property
    def name(self) -> str:
        return self._channel.name

    @property
    def kind(self) -> ChannelKind:
        return self._channel.kind

    async def send(self, message: Outgoing) -> SendResult:
        return await self._channel.send(self._addressed(message))

    async def find_sent(self, message: Outgoing, *, since: datetime, but: Collection[str] = ()) -> FindResult:
        return await self._channel.find_sent(self._addressed(message), since=since, but=but)

    async def close(self) -> None:
        await self._channel.close()

    def _addressed(self, message: Outgoing) -> Outgoing:
        return replace(message, to=json.dumps([self._address_of(message.to)]))


@asynccontextmanager
async def web_push(servers: Servers) -> AsyncIterator[Engine]:
    service = await servers.push_service()
    outbound = Outbound(LOCAL)
    channel = WebPush(WEB_PUSH, outbound)
    browsers: dict[str, Browser] = {}

    def browser_of(number: str) -> Browser:
        if number not in browsers:
            browsers[number] = service.subscribes(channel.public_key)
        return browsers[number]

    yield Engine(
        channel=Addressed(channel, lambda number: json.dumps(browser_of(number).subscription)),
        kind=ChannelKind.PUSH,
        arrived=lambda number: [shown["body"] for shown in service.received(browser_of(number))],
    )
    await outbound.close()


@asynccontextmanager
async def app_webhook() -> AsyncIterator[Engine]:
    outbound = Outbound(LOCAL)
    async with court_app() as app:
        channel = AppWebhook(AppWebhookSettings(url=app.url, sign=app.sign), outbound)
        yield Engine(channel=Addressed(channel, str), kind=ChannelKind.PUSH, arrived=app.texts_to)
    await outbound.close()


def wecom_settings(server: WeComServer) -> WeComSettings:
    return WeComSettings(
        corp_id=CORP,
        agent_id=AGENT,
        secret=SECRET,
        console_url="https://court.example",
        base_url=server.url,
    )


@asynccontextmanager
async def wecom() -> AsyncIterator[Engine]:
    async with wecom_server() as server:
        channel = WeCom(wecom_settings(server), lambda: 0.0)
        yield Engine(channel=Addressed(channel, str), kind=ChannelKind.PUSH, arrived=server.texts_to)
        await channel.close()
