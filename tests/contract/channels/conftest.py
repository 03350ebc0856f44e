"""One engine of each kind, behind the same handle, so that one suite runs over all of them."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest

from notifications.channels.outbound import Outbound
from notifications.channels.port import Channel, ChannelKind, FindResult, Outgoing, SendResult
from notifications.channels.recorder import Recorder
from notifications.channels.twilio import TwilioSettings, TwilioSms
from notifications.channels.web_push import WebPush, WebPushSettings
from scripts.town.twilio_server import ACCOUNT, TOKEN, Deliver, FakeTwilio
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


ENGINES: dict[str, Callable[[], AbstractAsyncContextManager[Engine]]] = {
    "recorded sms": lambda: _recorder(ChannelKind.SMS),
    "recorded push": lambda: _recorder(ChannelKind.PUSH),
    "recorded voice": lambda: _recorder(ChannelKind.VOICE),
    "twilio": _twilio,
}
UNASKABLE = ("web push",)
"""Their providers tell nothing of what they have taken."""


@pytest.fixture(scope="session")
async def push_service() -> AsyncIterator[PushService]:
    async with push_service_started() as service:
        yield service


@pytest.fixture(params=[*ENGINES, *UNASKABLE])
async def engine(request: pytest.FixtureRequest) -> AsyncIterator[Engine]:
    """Any engine."""
    async with _opened(request) as engine:
        yield engine


@pytest.fixture(params=list(ENGINES))
async def askable(request: pytest.FixtureRequest) -> AsyncIterator[Engine]:
    """An engine whose provider can be asked what it has taken."""
    async with _opened(request) as engine:
        yield engine


def _opened(request: pytest.FixtureRequest) -> AbstractAsyncContextManager[Engine]:
    if request.param == "web push":
        return _web_push(request.getfixturevalue("push_service"))
    return ENGINES[request.param]()


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
