"""A court at work behind its own web server: A is wanted at four agencies, B waits for approval."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import aiohttp
from aiohttp import web

from notifications.channels.kannel import KannelSettings
from notifications.channels.outbound import Outbound
from notifications.channels.port import Channel, ChannelKind
from notifications.channels.recorder import Recorder
from notifications.channels.twilio import TwilioSettings
from notifications.channels.twilio_voice import TwilioVoiceSettings
from notifications.channels.web_push import WebPush, WebPushSettings
from notifications.channels.wecom_callback import CallbackKeys
from schemas.webhooks import SymmetricKey
from scripts import cast
from scripts.desk import court_time
from scripts.stage import Opening, Registration, Stage
from scripts.story.props import FIRST_PLAN
from scripts.system import Shifts
from tests.contract.channels.wecom_server import AES_KEY, CORP, FORMER_TOKEN, TOKEN
from tests.contract.web.visitor import Visitor
from tracker.domain.alerts import Alert
from tracker.domain.devices import DeviceProvider
from tracker.domain.ids import EntryId
from tracker.web.app import WebSettings, make_app
from tracker.web.settings import PushWays

MORNING = court_time(2, 24, 9, 12)
SHIFTS = Shifts(first=date(2026, 2, 20), last=date(2026, 3, 20), duty=(date(2026, 2, 20), date(2026, 3, 20)))
PUBLIC_URL = "https://court.example"
PUSH = ChannelKind.PUSH
WEB_PUSH = WebPushSettings(private_key=b"\x01" * 32, contact=PUBLIC_URL)
APP_KEY = SymmetricKey(key_id="app-1", secret=b"k" * 32)
TWILIO = TwilioSettings(
    account_sid="AC0",
    auth_token="token-of-the-tests",
    sender="+12025550100",
    callback_url=f"{PUBLIC_URL}/providers/twilio/status",
)
TWILIO_VOICE = TwilioVoiceSettings(
    account=TWILIO,
    caller="+12025550100",
    status_url=f"{PUBLIC_URL}/providers/twilio/call-status",
    key_url=f"{PUBLIC_URL}/providers/twilio/key",
)
KANNEL = KannelSettings(
    url="https://sms.court.example/cgi-bin/sendsms",
    username="court",
    password="password-of-the-tests",
    token="token-of-the-tests",
    callback_url=f"{PUBLIC_URL}/providers/kannel/report",
    sender="10690000",
)
ALIYUN_TOKEN = "token-of-the-tests"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """The folder of the court, copied for each test, since moving in is slow."""

    data: Path
    listed: EntryId
    waiting: EntryId


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The court, its server, and its people in front of it."""

    stage: Stage
    url: str
    listed: EntryId
    waiting: EntryId
    visitor: Callable[[], Visitor]
    push: PushWays
    closes: Callable[[], Awaitable[None]]
    """Shut the server down; once more does no harm."""

    async def signed_in(self, member: cast.Member) -> Visitor:
        visitor = self.visitor()
        await visitor.signs_in(member)
        return visitor

    async def sees_a(self) -> Alert:
        """A buys a ticket for the night train."""
        await self.stage.railway.sells_ticket(cast.A, FIRST_PLAN)
        await self.stage.settles()
        return await self.stage.alert_of(self.listed)


async def prepare(data: Path) -> Prepared:
    """Let the court move in and list its people."""
    async with Stage.opened(Opening(data=data, begins_at=MORNING, shifts=SHIFTS)) as stage:
        await stage.opens_case(cast.A_CASE, amount_fen=cast.A_DEBT_FEN)
        await stage.opens_case(cast.B_CASE, amount_fen=cast.B_DEBT_FEN)
        listed = await stage.lists(Registration(case=cast.A_CASE, wanted=cast.A, release_fen=cast.A_DEBT_FEN))
        waiting = await stage.registers(
            Registration(case=cast.B_CASE, wanted=cast.B, release_fen=cast.B_DEBT_FEN)
        )
    return Prepared(data=data, listed=listed, waiting=waiting)


@asynccontextmanager
async def open_site(
    prepared: Prepared,
    data: Path,
    public_url: str = "",
    push: PushWays | None = None,
) -> AsyncIterator[Site]:
    """A court of its own in a folder, served on a free port; `public_url` empty: the server's own address.
    `push` None: a recorder takes what goes to devices.
    """
    shutil.copytree(prepared.data, data)
    sessions: list[aiohttp.ClientSession] = []
    opening = Opening(data=data, begins_at=MORNING, shifts=SHIFTS, channels=_channels(push))
    async with Stage.opened(opening) as stage, _ways(stage, push) as ways:
        settings = _settings(stage, public_url, ways)
        runner = web.AppRunner(make_app(stage.registry, settings), access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"

        def visitor() -> Visitor:
            # The jar keeps cookies of addresses too, as a browser does.
            session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
            sessions.append(session)
            return Visitor(session, url)

        try:
            yield Site(
                stage=stage,
                url=url,
                listed=prepared.listed,
                waiting=prepared.waiting,
                visitor=visitor,
                push=ways,
                closes=runner.cleanup,
            )
        finally:
            for session in sessions:
                await session.close()
            await runner.cleanup()


def _settings(stage: Stage, public_url: str, ways: PushWays) -> WebSettings:
    return WebSettings(
        court_id=cast.COURT.court_id,
        public_url=public_url or "http://127.0.0.1",
        wake=stage.system.court.database,
        twilio=TWILIO,
        twilio_voice=TWILIO_VOICE,
        kannel=KANNEL,
        aliyun_tokens=(ALIYUN_TOKEN,),
        push=ways,
        providers=stage.system.court.providers,
    )


def _channels(push: PushWays | None) -> tuple[Channel, ...] | None:
    """A recorder for SMS where real devices get the push messages."""
    if push is None:
        return None
    return (Recorder().channel(ChannelKind.SMS), *push.channels.values())


@asynccontextmanager
async def _ways(stage: Stage, push: PushWays | None) -> AsyncIterator[PushWays]:
    """A recorder for every provider where no real ones are given."""
    outbound = Outbound()
    yield push or PushWays(
        channels=dict.fromkeys(DeviceProvider, stage.recorder.channel(PUSH)),
        web_push=WebPush(WEB_PUSH, outbound),
        outbound=outbound,
        app_keys=(APP_KEY,),
        wecom_keys=tuple(CallbackKeys(corp_id=CORP, token=one, aes=AES_KEY) for one in (TOKEN, FORMER_TOKEN)),
    )
    await outbound.close()
