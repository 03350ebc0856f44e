"""A page goes through a real gateway to a phone, and the phone's answer comes back through it."""

from pathlib import Path

from notifications.channels.kannel import KannelSettings, KannelSms
from notifications.delivery import AttemptState
from scripts.cast import COURT, A
from scripts.engines.kannel import SENDER, KannelServer
from scripts.engines.port import Engines
from scripts.story.props import FIRST_PLAN
from scripts.town.waiting import until
from tests.acceptance.abroad import (
    PHONE,
    PLANNED,
    PUBLIC,
    attempts_of_judge,
    called_back,
    seek_a,
    with_live,
)
from tests.acceptance.court import CourtStage, Opening, open_stage
from tests.engines import Servers
from tracker.domain.alerts import Stage as AlertStage
from tracker.domain.ids import EntryId
from tracker.web.settings import WebSettings


def settings_for(server: KannelServer) -> KannelSettings:
    return KannelSettings(
        url=server.url,
        username="court",
        password=server.password,
        token=server.password,
        callback_url=f"http://127.0.0.1:{server.court_port}/providers/kannel/report",
        sender=SENDER,
    )


async def not_delivered(stage: CourtStage, entry_id: EntryId) -> str | None:
    """What is still missing before the judge's message counts as delivered."""
    found = await attempts_of_judge(stage, entry_id)
    return None if found == [(AttemptState.DELIVERED, False)] else f"the message is {found}"


async def not_taken(stage: CourtStage, entry_id: EntryId) -> str | None:
    found = await stage.stage_of(entry_id)
    return None if found is AlertStage.TAKEN else f"the alert is {found}"


async def test_the_judge_is_told_and_takes_it_by_reply(
    data: Path, engines: Engines, servers: Servers
) -> None:
    kannel = await servers.kannel()
    settings = settings_for(kannel)
    sms = KannelSms(settings)
    web_settings = WebSettings(court_id=COURT.court_id, public_url=PUBLIC, kannel=settings)
    async with (
        open_stage(Opening(data=data, channels=with_live(sms), engines=engines)) as stage,
        called_back(stage, web_settings, kannel.court_port),
    ):
        entry_id = await seek_a(stage)
        await stage.railway.sells_ticket(A, FIRST_PLAN)
        await stage.settles()

        assert (await kannel.arrived())[-1] == (PHONE, PLANNED)
        await until(lambda: not_delivered(stage, entry_id))

        await kannel.phone_sends(PHONE, "40718")
        await until(lambda: not_taken(stage, entry_id))
    await sms.close()
