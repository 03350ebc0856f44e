"""One engine of each kind, behind the same handle, so that one suite runs over all of them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from notifications.channels.port import Channel, ChannelKind
from notifications.channels.recorder import Recorder
from notifications.channels.twilio import TwilioSettings, TwilioSms
from scripts.town.twilio_server import ACCOUNT, TOKEN, Deliver, FakeTwilio
from tests.scripted_channel import ScriptedChannel

OPENED_AT = datetime(2026, 2, 25, 11, 42, 7, tzinfo=UTC)
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
async def _scripted() -> AsyncIterator[Engine]:
    channel = ScriptedChannel("recorder")
    yield Engine(
        channel=channel,
        kind=ChannelKind.SMS,
        arrived=lambda to: [one.text for one in channel.arrived if one.to == to],
    )


ENGINES: dict[str, Callable[[], AbstractAsyncContextManager[Engine]]] = {
    "recorded sms": lambda: _recorder(ChannelKind.SMS),
    "recorded push": lambda: _recorder(ChannelKind.PUSH),
    "recorded voice": lambda: _recorder(ChannelKind.VOICE),
    "twilio": _twilio,
    "scripted": _scripted,
}


@pytest.fixture(params=list(ENGINES))
async def engine(request: pytest.FixtureRequest) -> AsyncIterator[Engine]:
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
