"""A court with one judge whose phone a live provider reaches; everybody else has a demo phone."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import datetime

from aiohttp import web

from notifications.channels.port import Channel, ChannelKind, FindResult, Outgoing, SendResult
from notifications.channels.recorder import Recorder
from notifications.delivery import AttemptState
from scripts.cast import A_CASE, A, Member
from scripts.stage import Registration
from tests.acceptance.court import CourtStage, refuse_inside_transaction
from tracker.domain.ids import EntryId, TeamId
from tracker.domain.people import Role
from tracker.storage import attempts, notices
from tracker.web.app import make_app
from tracker.web.settings import WebSettings

PUBLIC = "https://court.example"
PHONE = "+12025550101"
"""Of the range that the North American plan keeps for fiction."""
JUDGE = Member(login="fang", name="方远", role=Role.JUDGE, number=20, in_team=True)
TEAM = TeamId("team-abroad")
PLANNED = "【云河法院】行踪预警：26执1357佟某，Z38次7车12下，28日06:59到北京西。接手请回40718"


class OutsideTransactions:
    """A channel that is never awaited while a transaction is held."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self.name = channel.name
        self.kind = channel.kind

    async def send(self, message: Outgoing) -> SendResult:
        refuse_inside_transaction()
        return await self._channel.send(message)

    async def find_sent(self, message: Outgoing, *, since: datetime, but: Collection[str] = ()) -> FindResult:
        refuse_inside_transaction()
        return await self._channel.find_sent(message, since=since, but=but)

    async def close(self) -> None:
        await self._channel.close()


def with_live(channel: Channel) -> tuple[Channel, ...]:
    """A live provider for its kind of message, and recorders for the others."""
    recorder = Recorder()
    others = tuple(recorder.channel(kind) for kind in ChannelKind if kind is not channel.kind)
    return (OutsideTransactions(channel), *others)


async def seek_a(stage: CourtStage) -> EntryId:
    """A is on the list for a case of judge 方."""
    await stage.engages_judge(JUDGE, TEAM, PHONE)
    await stage.opens_case_of(JUDGE, TEAM, A_CASE)
    entry_id = await stage.registers(Registration(case=A_CASE, wanted=A), by=JUDGE)
    await stage.approves(entry_id, A.number)
    return entry_id


async def attempts_of_judge(
    stage: CourtStage, entry_id: EntryId, kind: ChannelKind = ChannelKind.SMS
) -> list[tuple[AttemptState, bool]]:
    """The judge's messages of a kind: how each try stands, and whether it was a repeat."""
    alert = await stage.alert_of(entry_id)
    async with stage.registry.reading() as tx:
        listed = await notices.list_notices(tx, alert.alert_id)
        mine = [one.notice_id for one in listed if (one.person_id, one.channel) == (JUDGE.person_id, kind)]
        tried = await attempts.list_attempts(tx, mine)
    return [(one.state, one.is_repeat) for one in tried]


@asynccontextmanager
async def called_back(stage: CourtStage, settings: WebSettings, port: int = 0) -> AsyncIterator[str]:
    """The court's web server on a port of this machine; gives its address there."""
    runner = web.AppRunner(make_app(stage.registry, settings), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()
