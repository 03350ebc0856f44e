"""Kannel itself, in front of the stand-in for a mobile operator's centre that comes with it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

import pytest
from aiohttp import web

from notifications.channels.callbacks import DeliveryReport
from notifications.channels.kannel import KannelSms, is_report_of, parse_report
from notifications.channels.port import CodeAction, Outgoing, Rejected, SendResult, Submitted, Unknown
from notifications.delivery import AttemptState
from scripts.engines.kannel import KannelServer
from tests.contract.channels.conftest import kannel_settings_for
from tests.engines import Servers

NUMBER = "+12025550101"
TEXT = "【云河法院】测试 🚄 €^{}"
MESSAGE = Outgoing(attempt_id="attempt-1", to=NUMBER, text=TEXT, valid_for_s=900)
NOBODY = "http://127.0.0.1:1/cgi-bin/sendsms"


@dataclass(slots=True, kw_only=True)
class Court:
    """What Kannel brought to the court that is truly Kannel's."""

    reports: list[DeliveryReport] = field(default_factory=list)
    came: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def is_told_of(self, attempt_id: str) -> list[AttemptState]:
        """What Kannel says of an attempt until it is delivered; reports of others may come in between."""
        async with asyncio.timeout(30), self.came:
            await self.came.wait_for(lambda: AttemptState.DELIVERED in self._states_of(attempt_id))
        return self._states_of(attempt_id)

    def _states_of(self, attempt_id: str) -> list[AttemptState]:
        return [report.state for report in self.reports if report.attempt_id == attempt_id]


@pytest.fixture
async def kannel(servers: Servers) -> KannelServer:
    return await servers.kannel()


@pytest.fixture
async def court(kannel: KannelServer) -> AsyncIterator[Court]:
    court, settings = Court(), kannel_settings_for(kannel)

    async def reported(request: web.Request) -> web.Response:
        report = parse_report(request.query)
        assert is_report_of(settings, request.query)
        assert isinstance(report, DeliveryReport)
        async with court.came:
            court.reports.append(report)
            court.came.notify_all()
        return web.Response()

    app = web.Application()
    app.router.add_get("/providers/kannel/report", reported)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", kannel.court_port).start()
    yield court
    await runner.cleanup()


async def test_a_text_arrives_whole_and_its_reports_come_back(kannel: KannelServer, court: Court) -> None:
    channel = KannelSms(kannel_settings_for(kannel))

    sent = await channel.send(MESSAGE)

    assert sent == Submitted(provider_id="attempt-1")
    assert (await kannel.arrived())[-1] == (NUMBER, TEXT)
    assert AttemptState.DELIVERED in await court.is_told_of("attempt-1")
    await channel.close()


async def test_a_text_waits_for_the_centre(kannel: KannelServer, court: Court) -> None:
    channel = KannelSms(kannel_settings_for(kannel))
    await kannel.loses_centre()

    sent = await channel.send(replace(MESSAGE, attempt_id="attempt-2"))
    await kannel.connects_centre()

    assert sent == Submitted(provider_id="attempt-2")
    assert AttemptState.DELIVERED in await court.is_told_of("attempt-2")
    await channel.close()


async def test_a_wrong_password_is_for_the_operator(kannel: KannelServer) -> None:
    channel = KannelSms(kannel_settings_for(kannel, password="wrong"))

    refused = await channel.send(MESSAGE)

    assert refused == Rejected(code="authorization-failed", action=CodeAction.ASK_OPERATOR)
    await channel.close()


async def test_a_gateway_that_is_not_there_took_nothing(kannel: KannelServer) -> None:
    channel = KannelSms(kannel_settings_for(kannel))
    await kannel.stops_smsbox()

    refused = await channel.send(MESSAGE)
    await kannel.starts_smsbox()

    assert refused == Rejected(code="unreachable", action=CodeAction.RETRY_LATER)
    assert isinstance(await channel.send(replace(MESSAGE, attempt_id="attempt-3")), Submitted)
    await channel.close()


@pytest.mark.parametrize("number", ["+8610000000001", "+86 100 0000 0001"])
async def test_numbers_of_invented_people_never_reach_it(kannel: KannelServer, number: str) -> None:
    channel = KannelSms(kannel_settings_for(kannel, url=NOBODY))

    refused = await channel.send(Outgoing(attempt_id="attempt-1", to=number, text=TEXT))

    assert refused == Rejected(code="demo-number", action=CodeAction.NUMBER_IS_DEAD)
    await channel.close()


ANSWERS: list[tuple[int, str, SendResult]] = [
    (202, "3: Queued for later delivery", Submitted(provider_id="attempt-1")),
    (200, "<html>proxy</html>", Unknown(reason="not Kannel's answer")),
    (503, "Temporal failure, try again later.", Rejected(code="temporary", action=CodeAction.RETRY_LATER)),
    (403, "Something new", Rejected(code="http-403", action=CodeAction.ASK_OPERATOR)),
    (418, "", Rejected(code="http-418", action=CodeAction.RETRY_LATER)),
    (302, "", Rejected(code="http-302", action=CodeAction.RETRY_LATER)),
    (500, "", Unknown(reason="HTTP 500")),
    (502, "<html>gateway</html>", Unknown(reason="HTTP 502")),
]


@pytest.mark.parametrize(("status", "said", "expected"), ANSWERS, ids=repr)
async def test_each_answer_says_what_to_do_next(
    kannel: KannelServer, status: int, said: str, expected: SendResult
) -> None:
    async def answers(request: web.Request) -> web.Response:
        return web.Response(status=status, text=said)

    app = web.Application()
    app.router.add_post("/cgi-bin/sendsms", answers)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/cgi-bin/sendsms"
    channel = KannelSms(kannel_settings_for(kannel, url=url))

    assert await channel.send(MESSAGE) == expected

    await channel.close()
    await runner.cleanup()
