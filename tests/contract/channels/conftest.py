"""One engine of each kind, behind the same handle, so that one suite runs over all of them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import count

import pytest

from notifications.channels.aliyun_api import AliyunAccount
from notifications.channels.aliyun_sms import AliyunSms, AliyunSmsSettings
from notifications.channels.aliyun_voice import AliyunVoice, AliyunVoiceSettings
from notifications.channels.kannel import KannelSettings, KannelSms
from notifications.channels.port import ChannelKind
from notifications.channels.recorder import Recorder
from notifications.channels.twilio import TwilioSettings, TwilioSms
from notifications.channels.twilio_voice import TwilioVoice, TwilioVoiceSettings
from notifications.keys import MENU, language_of
from scripts.engines.kannel import SENDER, KannelServer
from scripts.town.twilio_server import ACCOUNT, TOKEN, Deliver, FakeTwilio
from tests.contract.channels.aliyun_server import KEY_ID, KEY_SECRET, SIGN_NAME, FakeAliyun, Take
from tests.contract.channels.engine import OPENED_AT, Clock, Engine, Kind
from tests.contract.channels.pushes import app_webhook, web_push, wecom
from tests.engines import Servers
from tests.push_service.service import PushService
from tests.scripted_channel import ScriptedChannel

CALLBACKS = "https://court.example/callbacks/twilio/status"


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


def voice_settings_for(server: FakeTwilio) -> TwilioVoiceSettings:
    return TwilioVoiceSettings(
        account=settings_for(server),
        caller="+12025550100",
        status_url="https://court.example/providers/twilio/call-status",
        key_url="https://court.example/providers/twilio/key",
    )


@asynccontextmanager
async def _twilio_voice() -> AsyncIterator[Engine]:
    clock = Clock()
    async with FakeTwilio(now=clock.now) as server:
        server.scripts = {f"+120255501{last:02}": Deliver() for last in range(100)}
        channel = TwilioVoice(voice_settings_for(server))

        def heard(to: str) -> list[str]:
            said = [call.said for call in server.calls if call.to == to]
            return [text.removesuffix(MENU[language_of(text)]) for text in said]

        yield Engine(channel=channel, kind=ChannelKind.VOICE, arrived=heard, clock=clock)
        await channel.close()
        assert server.unexpected == []


def kannel_settings_for(server: KannelServer, **changes: object) -> KannelSettings:
    known: dict[str, object] = {
        "url": server.url,
        "username": "court",
        "password": server.password,
        "token": server.password,
        "callback_url": f"http://127.0.0.1:{server.court_port}/providers/kannel/report",
        "sender": SENDER,
    }
    return KannelSettings(**(known | changes))  # type: ignore[arg-type]


@asynccontextmanager
async def _kannel(servers: Servers) -> AsyncIterator[Engine]:
    server = await servers.kannel()
    before = len(await server.arrived())
    came: list[tuple[str, str]] = []

    async def settles() -> None:
        came[:] = (await server.arrived())[before:]

    nobody = "http://127.0.0.1:1/providers/kannel/report"
    channel = KannelSms(kannel_settings_for(server, callback_url=nobody))
    yield Engine(
        channel=channel,
        kind=ChannelKind.SMS,
        arrived=lambda to: [text for number, text in came if number == to],
        settles=settles,
    )
    await channel.close()


def aliyun_settings_for(server: FakeAliyun, clock: Clock, **changes: object) -> AliyunSmsSettings:
    words = count()
    account: dict[str, object] = {
        "access_key_id": KEY_ID,
        "access_key_secret": KEY_SECRET,
        "now": clock.now,
        "nonce": lambda: f"word-{next(words)}",
    }
    return AliyunSmsSettings(
        account=AliyunAccount(**(account | changes)),  # type: ignore[arg-type]
        sign_name=SIGN_NAME,
        template_code="SMS_0001",
        base_url=server.address,
    )


@asynccontextmanager
async def _aliyun() -> AsyncIterator[Engine]:
    clock = Clock()
    async with FakeAliyun(now=clock.now) as server:
        server.scripts = {f"120255501{last:02}": Take() for last in range(100)}
        channel = AliyunSms(aliyun_settings_for(server, clock))
        yield Engine(
            channel=channel,
            kind=ChannelKind.SMS,
            arrived=lambda to: server.texts_to(to.removeprefix("+")),
            clock=clock,
        )
        await channel.close()
        assert server.unexpected == []


def aliyun_voice_settings_for(server: FakeAliyun, clock: Clock) -> AliyunVoiceSettings:
    return AliyunVoiceSettings(
        account=aliyun_settings_for(server, clock).account,
        caller="05710000",
        template_code="TTS_0001",
        noted_code="TTS_0002",
        base_url=server.address,
    )


@asynccontextmanager
async def _aliyun_voice() -> AsyncIterator[Engine]:
    clock = Clock()
    async with FakeAliyun(now=clock.now) as server:
        server.scripts = {f"120255501{last:02}": Take() for last in range(100)}
        channel = AliyunVoice(aliyun_voice_settings_for(server, clock))

        def heard(to: str) -> list[str]:
            said = server.texts_to(to.removeprefix("+"))
            return [text.removesuffix(MENU[language_of(text)]) for text in said]

        yield Engine(channel=channel, kind=ChannelKind.VOICE, arrived=heard, clock=clock)
        await channel.close()
        assert server.unexpected == []


ENGINES: dict[str, Kind] = {
    "recorded sms": Kind(opens=lambda _: _recorder(ChannelKind.SMS)),
    "recorded push": Kind(opens=lambda _: _recorder(ChannelKind.PUSH)),
    "recorded voice": Kind(opens=lambda _: _recorder(ChannelKind.VOICE)),
    "twilio": Kind(opens=lambda _: _twilio()),
    "twilio voice": Kind(opens=lambda _: _twilio_voice(), lists_texts=False),
    "aliyun": Kind(opens=lambda _: _aliyun()),
    "aliyun voice": Kind(opens=lambda _: _aliyun_voice(), keeps_a_list=False),
    "kannel": Kind(opens=_kannel, keeps_a_list=False),
    "web push": Kind(opens=web_push, keeps_a_list=False),
    "app webhook": Kind(opens=lambda _: app_webhook(), keeps_a_list=False),
    "wecom": Kind(opens=lambda _: wecom(), keeps_a_list=False),
    "scripted": Kind(opens=lambda _: _scripted()),
}


@pytest.fixture(params=list(ENGINES))
async def engine(request: pytest.FixtureRequest, servers: Servers) -> AsyncIterator[Engine]:
    async with ENGINES[request.param].opens(servers) as engine:
        yield engine


@pytest.fixture(params=[name for name, kind in ENGINES.items() if kind.keeps_a_list])
async def listing_engine(request: pytest.FixtureRequest, servers: Servers) -> AsyncIterator[Engine]:
    """An engine whose provider lists what it was sent."""
    async with ENGINES[request.param].opens(servers) as engine:
        yield engine


@pytest.fixture(params=[name for name, kind in ENGINES.items() if kind.keeps_a_list and kind.lists_texts])
async def wordy_engine(request: pytest.FixtureRequest, servers: Servers) -> AsyncIterator[Engine]:
    """An engine whose provider also tells what each message said, or whose it is."""
    async with ENGINES[request.param].opens(servers) as engine:
        yield engine


@pytest.fixture(params=[name for name, kind in ENGINES.items() if not kind.keeps_a_list])
async def silent_engine(request: pytest.FixtureRequest, servers: Servers) -> AsyncIterator[Engine]:
    """An engine whose provider lists nothing."""
    async with ENGINES[request.param].opens(servers) as engine:
        yield engine


@pytest.fixture
async def push_service(servers: Servers) -> PushService:
    return await servers.push_service()


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
