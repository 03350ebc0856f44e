"""One engine of each kind, behind the same handle, so that one suite runs over all of them."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest

from notifications.channels.app_webhook import AppWebhook, AppWebhookSettings
from notifications.channels.outbound import Outbound
from notifications.channels.port import Channel, ChannelKind, FindResult, Outgoing, SendResult
from notifications.channels.recorder import Recorder
from notifications.channels.twilio import TwilioSettings, TwilioSms
from notifications.channels.web_push import WebPush, WebPushSettings
from notifications.channels.wecom import WeCom, WeComSettings
from scripts.town.twilio_server import ACCOUNT, TOKEN, Deliver, FakeTwilio
from tests.contract.channels.court_app import court_app
from tests.contract.channels.wecom_server import AGENT, CORP, SECRET, WeComServer, wecom_server
from tests.push_service.service import Browser, PushService, push_service_started

OPENED_AT = datetime(2026, 2, 25, 11, 42, 7, tzinfo=UTC)
LOCAL = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
WEB_PUSH = WebPushSettings(private_key=b"\x01" * 32, contact="https://court.example")
CALLBACKS = "https://court.example/callbacks/twilio/status"


@dataclass(slots=True, kw_only=True)
class Clock:
    at: datetime = OPENED_AT

    def now(self) -> datetime:
        return self.at

    def passes(self, seconds: int) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """A channel, and what came out at its far end."""

    channel: Channel
    kind: ChannelKind
    arrived: Callable[[str], list[str]]
    clock: Clock = field(default_factory=Clock)


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


def settings_for(server: FakeTwilio, **changes: object) -> TwilioSettings:
    known: dict[str, object] = {
        "account_sid": ACCOUNT,
        "auth_token": TOKEN,
        "sender": "+12025550100",
        "callback_url": CALLBACKS,
        "base_url": server.address,
    }
    return TwilioSettings(**(known | changes))  # type: ignore[arg-type]


@asynccontextmanager
async def _recorder(kind: ChannelKind) -> AsyncIterator[Engine]:
    recorder = Recorder()
    channel = recorder.channel(kind)
    yield Engine(
        channel=channel,
        kind=kind,
        arrived=lambda to: [recorded.message.text for recorded in recorder.sent_to(to)],
    )
    await channel.close()


@asynccontextmanager
async def _twilio() -> AsyncIterator[Engine]:
    clock = Clock()
    async with FakeTwilio(now=clock.now) as server:
        server.scripts = {f"+120255501{last:02}": Deliver() for last in range(100)}
        channel = TwilioSms(settings_for(server))
        yield Engine(channel=channel, kind=ChannelKind.SMS, arrived=server.texts_to, clock=clock)
        await channel.close()
        assert server.unexpected == []


@asynccontextmanager
async def _web_push(service: PushService) -> AsyncIterator[Engine]:
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
async def _app_webhook() -> AsyncIterator[Engine]:
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
async def _wecom() -> AsyncIterator[Engine]:
    async with wecom_server() as server:
        channel = WeCom(wecom_settings(server), lambda: 0.0)
        yield Engine(channel=Addressed(channel, str), kind=ChannelKind.PUSH, arrived=server.texts_to)
        await channel.close()


ENGINES: dict[str, Callable[[], AbstractAsyncContextManager[Engine]]] = {
    "recorded sms": lambda: _recorder(ChannelKind.SMS),
    "recorded push": lambda: _recorder(ChannelKind.PUSH),
    "recorded voice": lambda: _recorder(ChannelKind.VOICE),
    "twilio": _twilio,
}
UNASKABLE: dict[str, Callable[[], AbstractAsyncContextManager[Engine]]] = {
    "app webhook": _app_webhook,
    "wecom": _wecom,
}
"""Their providers tell nothing of what they have taken; nor does that of Web Push, a server of its own."""
WEB_PUSH_ENGINE = "web push"


class PushServices:
    """Starts the push service when it is first asked for."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self._stack = stack
        self._service: PushService | None = None

    async def service(self) -> PushService:
        if self._service is None:
            self._service = await self._stack.enter_async_context(push_service_started())
        return self._service


@pytest.fixture(scope="session")
async def push_services() -> AsyncIterator[PushServices]:
    async with AsyncExitStack() as stack:
        yield PushServices(stack)


@pytest.fixture
async def push_service(push_services: PushServices) -> PushService:
    return await push_services.service()


@pytest.fixture(params=[*ENGINES, *UNASKABLE, WEB_PUSH_ENGINE])
async def engine(request: pytest.FixtureRequest, push_services: PushServices) -> AsyncIterator[Engine]:
    """Any engine."""
    makers = ENGINES | UNASKABLE
    if request.param == WEB_PUSH_ENGINE:
        service = await push_services.service()
        makers = {WEB_PUSH_ENGINE: lambda: _web_push(service)}
    async with makers[request.param]() as engine:
        yield engine


@pytest.fixture(params=list(ENGINES))
async def askable(request: pytest.FixtureRequest) -> AsyncIterator[Engine]:
    """An engine whose provider can be asked what it has taken."""
    async with ENGINES[request.param]() as engine:
        yield engine


@pytest.fixture
async def server() -> AsyncIterator[FakeTwilio]:
    async with FakeTwilio(now=lambda: OPENED_AT) as server:
        yield server
        assert server.unexpected == []


@pytest.fixture
async def open_twilio(server: FakeTwilio) -> AsyncIterator[Callable[..., Awaitable[TwilioSms]]]:
    opened: list[TwilioSms] = []

    async def open_with(**changes: object) -> TwilioSms:
        opened.append(TwilioSms(settings_for(server, **changes)))
        return opened[-1]

    yield open_with
    for channel in opened:
        await channel.close()
