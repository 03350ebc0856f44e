"""Messages through a provider that loses answers, repeats itself and reports late: each is sent once, and at
most once more, marked, when nobody can say whether it went out.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from yarl import URL

from notifications.channels.twilio import TwilioSettings, TwilioSms
from notifications.delivery import AttemptState
from scripts.cast import COURT, A
from scripts.engines.port import Engines
from scripts.story.props import FIRST_PLAN
from scripts.town.twilio_server import (
    ACCOUNT,
    TOKEN,
    AcceptThenHangUp,
    AnswerNonsense,
    Deliver,
    FakeTwilio,
    Refuse,
    Report,
    Script,
    sign,
)
from tests.acceptance.abroad import (
    JUDGE,
    PHONE,
    PLANNED,
    PUBLIC,
    attempts_of_judge,
    called_back,
    seek_a,
    with_live,
)
from tests.acceptance.court import BEGINS, CourtStage, Opening, open_stage
from tracker.domain.alerts import Stage as AlertStage
from tracker.domain.entries import Cause
from tracker.domain.ids import EntryId
from tracker.web.settings import WebSettings

PLANNED_AGAIN = "【云河法院】重发：行踪预警：26执1357佟某，Z38次7车12下，28日06:59到北京西。接手请回40718"
STOP = (
    "【云河法院】停止行动：26执1357佟某25日12:00已撤控，各单位已撤控。"
    "勿查找勿拦截，已控制的立即放行。收到请回40718"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Abroad:
    """A court whose judge 方 has a phone that Twilio reaches."""

    stage: CourtStage
    twilio: FakeTwilio
    entry_id: EntryId

    async def a_buys_a_ticket(self, script: Script) -> None:
        self.twilio.scripts[PHONE] = script
        await self.stage.railway.sells_ticket(A, FIRST_PLAN)
        await self.stage.settles()

    async def judge_replies(self, text: str, provider_id: str, token: str = TOKEN) -> int:
        """Twilio posts an SMS of the judge, signed."""
        form = {"From": PHONE, "Body": text, "MessageSid": provider_id}
        path = "/providers/twilio/inbound"
        headers = {"X-Twilio-Signature": sign(token, f"{PUBLIC}{path}", form)}
        assert self.twilio.callbacks_to is not None
        async with (
            aiohttp.ClientSession() as session,
            session.post(self.twilio.callbacks_to.join(URL(path)), data=form, headers=headers) as answer,
        ):
            await self.stage.settles()
            return answer.status

    async def withdraws(self) -> None:
        await self.stage.withdraws(self.entry_id, JUDGE, Cause.WITHDRAWN)

    async def attempts(self) -> list[tuple[AttemptState, bool]]:
        """The judge's SMS: how each try stands, and whether it was a repeat."""
        return await attempts_of_judge(self.stage, self.entry_id)


def settings_for(server: FakeTwilio) -> TwilioSettings:
    return TwilioSettings(
        account_sid=ACCOUNT,
        auth_token=TOKEN,
        sender="+12025550100",
        callback_url=f"{PUBLIC}/providers/twilio/status",
        base_url=server.address,
    )


@pytest.fixture
async def abroad(data: Path, engines: Engines) -> AsyncIterator[Abroad]:
    """A is on the list."""
    async with FakeTwilio(now=lambda: BEGINS) as server:
        settings = settings_for(server)
        sms = TwilioSms(settings)
        web_settings = WebSettings(court_id=COURT.court_id, public_url=PUBLIC, twilio=settings)
        async with (
            open_stage(Opening(data=data, channels=with_live(sms), engines=engines)) as stage,
            called_back(stage, web_settings) as address,
        ):
            server.now = stage.clock.now
            server.callbacks_to = URL(address)
            yield Abroad(stage=stage, twilio=server, entry_id=await seek_a(stage))
        await sms.close()
        assert server.unexpected == []


async def test_the_judge_is_told_and_takes_it_by_reply(abroad: Abroad) -> None:
    await abroad.a_buys_a_ticket(Deliver())

    assert abroad.twilio.texts_to(PHONE) == [PLANNED]
    assert await abroad.judge_replies("40718", "SM-in-1") == 200
    assert await abroad.judge_replies("40718", "SM-in-1") == 200
    assert await abroad.stage.stage_of(abroad.entry_id) is AlertStage.TAKEN


async def test_a_forged_reply_takes_nothing(abroad: Abroad) -> None:
    await abroad.a_buys_a_ticket(Deliver())
    assert await abroad.judge_replies("40718", "SM-in-1", token="a forger's token") == 403

    assert await abroad.stage.stage_of(abroad.entry_id) is AlertStage.OPEN


async def test_a_demo_number_never_reaches_the_provider(abroad: Abroad) -> None:
    await abroad.a_buys_a_ticket(Deliver())

    assert [message.to for message in abroad.twilio.messages] == [PHONE]


async def test_reports_move_a_message_forward_only(abroad: Abroad) -> None:
    await abroad.a_buys_a_ticket(Deliver())
    sent, delivered = abroad.twilio.reports

    await abroad.twilio.post_report(delivered)
    await abroad.twilio.post_report(sent)
    await abroad.twilio.post_report(delivered)

    assert await abroad.attempts() == [(AttemptState.DELIVERED, False)]


async def test_an_answer_that_was_lost_is_looked_up_and_nothing_is_sent_again(abroad: Abroad) -> None:
    await abroad.a_buys_a_ticket(AcceptThenHangUp())
    assert await abroad.attempts() == [(AttemptState.UNKNOWN, False)]

    await abroad.stage.waits(seconds=10)

    assert abroad.twilio.texts_to(PHONE) == [PLANNED]
    assert await abroad.attempts() == [(AttemptState.SENT, False)]


async def test_what_was_reported_is_not_sent_again_though_its_answer_was_lost(abroad: Abroad) -> None:
    await abroad.a_buys_a_ticket(AcceptThenHangUp())
    await abroad.twilio.post_report(Report(message=abroad.twilio.messages[0], status="delivered"))

    await abroad.stage.waits(seconds=10)

    assert abroad.twilio.texts_to(PHONE) == [PLANNED]
    assert await abroad.attempts() == [(AttemptState.DELIVERED, False)]


async def test_a_message_nobody_has_is_sent_once_more_and_says_so(abroad: Abroad) -> None:
    await abroad.a_buys_a_ticket(AnswerNonsense(body="null"))
    assert abroad.twilio.texts_to(PHONE) == []
    abroad.twilio.scripts[PHONE] = Deliver()

    await abroad.stage.waits(seconds=10)

    assert abroad.twilio.texts_to(PHONE) == [PLANNED_AGAIN]
    assert await abroad.attempts() == [(AttemptState.FAILED, False), (AttemptState.SENT, True)]


async def test_it_is_not_sent_a_third_time(abroad: Abroad) -> None:
    await abroad.a_buys_a_ticket(AnswerNonsense(body="null"))
    await abroad.stage.waits(seconds=10)
    abroad.twilio.scripts[PHONE] = Deliver()

    await abroad.stage.waits(seconds=60)

    assert abroad.twilio.texts_to(PHONE) == []
    assert await abroad.attempts() == [(AttemptState.FAILED, False), (AttemptState.UNKNOWN, True)]


async def test_a_provider_in_trouble_is_asked_again_later(abroad: Abroad) -> None:
    await abroad.a_buys_a_ticket(Refuse(status=429, retry_after="7"))
    abroad.twilio.scripts[PHONE] = Deliver()
    await abroad.stage.waits(seconds=6)
    assert abroad.twilio.texts_to(PHONE) == []

    await abroad.stage.waits(seconds=1)

    assert abroad.twilio.texts_to(PHONE) == [PLANNED]


async def test_a_page_that_arrives_after_the_end_is_followed_by_the_order_to_stop(abroad: Abroad) -> None:
    await abroad.a_buys_a_ticket(Deliver())
    late = list(abroad.twilio.reports)
    await abroad.withdraws()
    assert abroad.twilio.texts_to(PHONE) == [PLANNED, STOP]

    await abroad.twilio.post_report(late[1])
    await abroad.stage.settles()

    assert abroad.twilio.texts_to(PHONE) == [PLANNED, STOP, STOP]
    await abroad.twilio.post_report(late[1])
    await abroad.stage.settles()
    assert abroad.twilio.texts_to(PHONE) == [PLANNED, STOP, STOP]


async def test_who_may_have_got_it_is_stood_down(abroad: Abroad) -> None:
    await abroad.a_buys_a_ticket(AcceptThenHangUp())
    abroad.twilio.scripts[PHONE] = Deliver()

    await abroad.withdraws()

    assert abroad.twilio.texts_to(PHONE) == [PLANNED, STOP]
