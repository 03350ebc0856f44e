"""How Aliyun's answers and silences are read."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from notifications.channels.aliyun_sms import AliyunSms
from notifications.channels.aliyun_voice import AliyunVoice
from notifications.channels.port import (
    CodeAction,
    NotFound,
    Outgoing,
    Rejected,
    SendResult,
    Submitted,
    Unknown,
)
from notifications.delivery import AttemptState
from tests.contract.channels.aliyun_server import FakeAliyun, Refuse, Script, Take, TakeThenTimeOut
from tests.contract.channels.conftest import aliyun_settings_for, aliyun_voice_settings_for
from tests.contract.channels.engine import OPENED_AT, Clock

NUMBER = "00000000101"
"""No Chinese number begins like this."""
MESSAGE = Outgoing(attempt_id="attempt-1", to=f"+86{NUMBER}", text="【云河法院】测试 🚄", valid_for_s=900)
SHORT_TIMEOUT_S = 1.0

OpenAliyun = Callable[..., Awaitable[AliyunSms]]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def server(clock: Clock) -> AsyncIterator[FakeAliyun]:
    async with FakeAliyun(now=clock.now) as server:
        yield server
        assert server.unexpected == []


@pytest.fixture
async def open_aliyun(server: FakeAliyun, clock: Clock) -> AsyncIterator[OpenAliyun]:
    opened: list[AliyunSms] = []

    async def open_with(**changes: object) -> AliyunSms:
        opened.append(AliyunSms(aliyun_settings_for(server, clock, **changes)))
        return opened[-1]

    yield open_with
    for channel in opened:
        await channel.close()


async def test_the_text_fills_the_template_and_the_attempt_rides_along(
    server: FakeAliyun, open_aliyun: OpenAliyun
) -> None:
    server.scripts[NUMBER] = Take()
    aliyun = await open_aliyun()

    assert await aliyun.send(MESSAGE) == Submitted(provider_id="attempt-1")
    assert server.sent[0].form == {
        "PhoneNumbers": NUMBER,
        "SignName": "云河法院",
        "TemplateCode": "SMS_0001",
        "TemplateParam": '{"text": "测试 🚄"}',
        "OutId": "attempt-1",
    }


@pytest.mark.parametrize("number", ["+8610000000001", "+86 100 0000 0001"])
async def test_numbers_of_invented_people_never_reach_the_provider(
    server: FakeAliyun, open_aliyun: OpenAliyun, number: str
) -> None:
    aliyun = await open_aliyun()
    invented = replace(MESSAGE, to=number)

    assert await aliyun.send(invented) == Rejected(code="demo-number", action=CodeAction.NUMBER_IS_DEAD)
    assert await aliyun.find_sent(invented, since=OPENED_AT) == NotFound()
    assert server.requests == []


async def test_a_text_that_does_not_fit_the_template_goes_another_way(
    server: FakeAliyun, open_aliyun: OpenAliyun
) -> None:
    aliyun = await open_aliyun()

    refused = await aliyun.send(replace(MESSAGE, text="字" * 501))

    assert refused == Rejected(code="text-too-long", action=CodeAction.NEXT_CHANNEL)
    assert server.requests == []


ANSWERS: list[tuple[Script, SendResult]] = [
    (
        Refuse(code="isv.BUSINESS_LIMIT_CONTROL"),
        Rejected(code="isv.BUSINESS_LIMIT_CONTROL", action=CodeAction.NEXT_CHANNEL),
    ),
    (
        Refuse(code="isv.MOBILE_NUMBER_ILLEGAL"),
        Rejected(code="isv.MOBILE_NUMBER_ILLEGAL", action=CodeAction.NUMBER_IS_DEAD),
    ),
    (
        Refuse(code="Throttling.User", status=400),
        Rejected(code="Throttling.User", action=CodeAction.RETRY_LATER),
    ),
    (Refuse(code="isv.NEW"), Rejected(code="isv.NEW", action=CodeAction.RETRY_LATER)),
    (
        Refuse(code="ServiceUnavailable", status=503),
        Rejected(code="ServiceUnavailable", action=CodeAction.RETRY_LATER),
    ),
    (Refuse(code="isp.SYSTEM_ERROR"), Unknown(reason="isp.SYSTEM_ERROR")),
    (Refuse(code="InternalError", status=500), Unknown(reason="InternalError")),
    (Refuse(code="isv.OUT_OF_SERVICE", status=502), Unknown(reason="isv.OUT_OF_SERVICE")),
    (Refuse(status=502), Unknown(reason="HTTP 502")),
    (Refuse(status=200), Unknown(reason="HTTP 200")),
    (Refuse(status=302), Rejected(code="http-302", action=CodeAction.RETRY_LATER)),
]


@pytest.mark.parametrize(("script", "expected"), ANSWERS, ids=repr)
async def test_each_answer_says_what_to_do_next(
    server: FakeAliyun, open_aliyun: OpenAliyun, script: Script, expected: SendResult
) -> None:
    server.scripts[NUMBER] = script
    aliyun = await open_aliyun()

    assert await aliyun.send(MESSAGE) == expected
    assert server.requests == ["SendSms"]


async def test_a_wrong_key_is_for_the_operator(server: FakeAliyun, open_aliyun: OpenAliyun) -> None:
    server.scripts[NUMBER] = Take()
    aliyun = await open_aliyun(access_key_secret="a wrong key")

    refused = await aliyun.send(MESSAGE)

    assert refused == Rejected(code="SignatureDoesNotMatch", action=CodeAction.ASK_OPERATOR)
    assert server.sent == []


async def test_a_text_taken_without_an_answer_is_unknown_and_found_by_looking_it_up(
    server: FakeAliyun, open_aliyun: OpenAliyun
) -> None:
    server.scripts[NUMBER] = TakeThenTimeOut()
    aliyun = await open_aliyun(timeout_s=SHORT_TIMEOUT_S)

    assert await aliyun.send(MESSAGE) == Unknown(reason="TimeoutError")
    assert await aliyun.find_sent(MESSAGE, since=OPENED_AT) == Submitted(provider_id="attempt-1")


async def test_a_text_of_before_midnight_is_found_after_it(
    server: FakeAliyun, open_aliyun: OpenAliyun, clock: Clock
) -> None:
    server.scripts[NUMBER] = Take(status=3)
    aliyun = await open_aliyun()
    since = clock.at
    clock.passes(seconds=int(timedelta(hours=5).total_seconds()))
    await aliyun.send(MESSAGE)

    found = await aliyun.find_sent(MESSAGE, since=since)

    assert found == Submitted(provider_id="attempt-1", state=AttemptState.DELIVERED)
    assert server.requests == ["SendSms", "QuerySendDetails", "QuerySendDetails"]


async def test_a_look_that_fails_finds_nothing_out(server: FakeAliyun, open_aliyun: OpenAliyun) -> None:
    server.outage = Refuse(code="ServiceUnavailable", status=503)
    aliyun = await open_aliyun()

    assert await aliyun.find_sent(MESSAGE, since=OPENED_AT) == Unknown(reason="Rejected")


async def test_an_address_where_nobody_listens_took_nothing(
    server: FakeAliyun, open_aliyun: OpenAliyun
) -> None:
    aliyun = await open_aliyun()
    await server.__aexit__()

    assert await aliyun.send(MESSAGE) == Rejected(code="unreachable", action=CodeAction.RETRY_LATER)


async def test_a_call_offers_its_three_keys(server: FakeAliyun, clock: Clock) -> None:
    server.scripts[NUMBER] = Take()
    voice = AliyunVoice(aliyun_voice_settings_for(server, clock))
    said = '{"text": "云河法院。接手请按1。重听请按2，不能前往请按3。"}'

    assert await voice.send(replace(MESSAGE, text="云河法院。接手请按1")) == Submitted(provider_id="1^0")
    assert server.sent[0].form == {
        "CalledShowNumber": "05710000",
        "CalledNumber": NUMBER,
        "StartCode": "TTS_0001",
        "StartTtsParams": said,
        "MenuKeyMap.1.Key": "1",
        "MenuKeyMap.1.Code": "TTS_0002",
        "MenuKeyMap.2.Key": "2",
        "MenuKeyMap.2.Code": "TTS_0001",
        "MenuKeyMap.2.TtsParams": said,
        "MenuKeyMap.3.Key": "3",
        "MenuKeyMap.3.Code": "TTS_0002",
        "PlayTimes": "2",
        "Timeout": "10000",
    }
    await voice.close()


async def test_a_call_is_refused_as_a_text_is(server: FakeAliyun, clock: Clock) -> None:
    server.scripts[NUMBER] = Refuse(code="isv.DISPLAY_NUMBER_ILLEGAL")
    voice = AliyunVoice(aliyun_voice_settings_for(server, clock))
    refused = Rejected(code="isv.DISPLAY_NUMBER_ILLEGAL", action=CodeAction.ASK_OPERATOR)
    invented = Rejected(code="demo-number", action=CodeAction.NUMBER_IS_DEAD)

    assert await voice.send(MESSAGE) == refused
    assert await voice.send(replace(MESSAGE, to="+8610000000001")) == invented
    assert server.requests == ["IvrCall"]
    await voice.close()
