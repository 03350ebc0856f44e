"""What the court's own app is told, how it knows that the court says it, and how its answers are read."""

from collections.abc import AsyncIterator

import pytest

from notifications.channels.app_webhook import AppWebhook, AppWebhookSettings
from notifications.channels.outbound import Outbound
from notifications.channels.port import (
    CodeAction,
    Gone,
    NotFound,
    Outgoing,
    Rejected,
    SendResult,
    Submitted,
    Unknown,
)
from tests.contract.channels.court_app import CourtApp, court_app
from tests.contract.channels.engine import OPENED_AT
from tests.contract.channels.pushes import LOCAL

MESSAGE = Outgoing(
    attempt_id="attempt-1",
    to='["shen.qinghe"]',
    text="程某26日23:40已履行 · 勿查找勿拦截",
    title="停止行动 · 26执1402",
    actions=("收到",),
    alert_id="alert-1",
    link="/t/token-1",
)


@pytest.fixture
async def app() -> AsyncIterator[CourtApp]:
    async with court_app() as app:
        yield app


@pytest.fixture
async def channel(app: CourtApp) -> AsyncIterator[AppWebhook]:
    outbound = Outbound(LOCAL)
    yield AppWebhook(AppWebhookSettings(url=app.url, sign=app.sign), outbound)
    await outbound.close()


async def test_the_app_is_told_for_whom_and_may_drop_what_comes_twice(
    app: CourtApp, channel: AppWebhook
) -> None:
    result = await channel.send(MESSAGE)

    assert result == Submitted(provider_id="attempt-1")
    assert app.ids == ["attempt-1"]
    assert app.posts == [
        {
            "attempt_id": "attempt-1",
            "accounts": ["shen.qinghe"],
            "title": "停止行动 · 26执1402",
            "text": "程某26日23:40已履行 · 勿查找勿拦截",
            "actions": ["收到"],
            "silent": False,
            "valid_for_s": 1800,
            "alert_id": "alert-1",
            "link": "/t/token-1",
            "seen_token": None,
        }
    ]


ANSWERS: list[tuple[int, SendResult]] = [
    (200, Submitted(provider_id="attempt-1")),
    (202, Submitted(provider_id="attempt-1")),
    (307, Rejected(code="http-307", action=CodeAction.ASK_OPERATOR, retry_after_s=7)),
    (401, Rejected(code="http-401", action=CodeAction.ASK_OPERATOR, retry_after_s=7)),
    (404, Rejected(code="http-404", action=CodeAction.ASK_OPERATOR, retry_after_s=7)),
    (
        410,
        Rejected(
            code="http-410",
            action=CodeAction.NUMBER_IS_DEAD,
            retry_after_s=7,
            gone=(Gone(address="shen.qinghe", code="http-410"),),
        ),
    ),
    (422, Rejected(code="http-422", action=CodeAction.NEXT_CHANNEL, retry_after_s=7)),
    (429, Rejected(code="http-429", action=CodeAction.RETRY_LATER, retry_after_s=7)),
    (500, Unknown(reason="HTTP 500")),
    (503, Unknown(reason="HTTP 503")),
]


@pytest.mark.parametrize(("status", "expected"), ANSWERS)
async def test_each_answer_says_what_to_do_next(
    app: CourtApp, channel: AppWebhook, status: int, expected: SendResult
) -> None:
    app.status = status

    assert await channel.send(MESSAGE) == expected
    assert len(app.posts) == 1


async def test_an_app_in_a_private_network_is_not_even_connected_to(app: CourtApp) -> None:
    outbound = Outbound()
    channel = AppWebhook(AppWebhookSettings(url=app.url, sign=app.sign), outbound)

    result = await channel.send(MESSAGE)
    await outbound.close()

    assert result == Rejected(code="private-address", action=CodeAction.ASK_OPERATOR)
    assert app.posts == []


async def test_an_app_that_is_down_has_got_nothing(channel: AppWebhook, unused_tcp_port: int) -> None:
    outbound = Outbound(LOCAL)
    settings = AppWebhookSettings(url=f"http://127.0.0.1:{unused_tcp_port}/", sign=lambda *_: {})

    result = await AppWebhook(settings, outbound).send(MESSAGE)
    await outbound.close()

    assert result == Rejected(code="unreachable", action=CodeAction.RETRY_LATER)
    assert await channel.find_sent(MESSAGE, since=OPENED_AT) == NotFound()
