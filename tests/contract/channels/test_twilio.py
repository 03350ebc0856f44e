"""How Twilio's answers, silences and reports are read."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from notifications.channels.port import (
    CodeAction,
    NotFound,
    Outgoing,
    Rejected,
    SendResult,
    Submitted,
    Unknown,
)
from notifications.channels.twilio import TwilioSms
from notifications.delivery import AttemptState
from scripts.town.twilio_server import (
    AcceptThenHangUp,
    AcceptThenTimeOut,
    AnswerNonsense,
    FakeTwilio,
    Refuse,
    Script,
    Slow,
    StaySilent,
)
from tests.contract.channels.engine import OPENED_AT

NUMBER = "+12025550101"
MESSAGE = Outgoing(attempt_id="attempt-1", to=NUMBER, text="【云河法院】测试", valid_for_s=900)
SHORT_TIMEOUT_S = 1.0

OpenTwilio = Callable[..., Awaitable[TwilioSms]]


async def test_the_request_carries_the_attempt_and_how_long_it_is_useful(
    server: FakeTwilio, open_twilio: OpenTwilio
) -> None:
    server.scripts[NUMBER] = StaySilent()
    twilio = await open_twilio()

    result = await twilio.send(MESSAGE)

    assert result == Submitted(provider_id="SM00000000000000000000000000000001", state=AttemptState.SUBMITTED)
    assert server.messages[0].form == {
        "To": NUMBER,
        "Body": "【云河法院】测试",
        "From": "+12025550100",
        "ValidityPeriod": "900",
        "StatusCallback": "https://court.example/callbacks/twilio/status?attempt=attempt-1",
    }


async def test_a_messaging_service_stands_in_for_a_number(
    server: FakeTwilio, open_twilio: OpenTwilio
) -> None:
    server.scripts[NUMBER] = StaySilent()
    twilio = await open_twilio(sender="MG" + "1" * 32)

    await twilio.send(MESSAGE)

    assert server.messages[0].form["MessagingServiceSid"] == "MG" + "1" * 32
    assert "From" not in server.messages[0].form


@pytest.mark.parametrize(
    "number", ["+8610000000001", "+8610000009999", "+86 100 0000 0001", "+86-100-0000-0001"]
)
async def test_numbers_of_invented_people_never_reach_the_provider(
    server: FakeTwilio, open_twilio: OpenTwilio, number: str
) -> None:
    twilio = await open_twilio()
    invented = Outgoing(attempt_id="attempt-1", to=number, text="text")

    sent = await twilio.send(invented)
    found = await twilio.find_sent(invented, since=OPENED_AT)

    assert sent == Rejected(code="demo-number", action=CodeAction.NUMBER_IS_DEAD)
    assert found == NotFound()
    assert server.requests == []


ANSWERS: list[tuple[Script, SendResult]] = [
    (Refuse(status=400, code=21211), Rejected(code="21211", action=CodeAction.NUMBER_IS_DEAD)),
    (Refuse(status=400, code=21610), Rejected(code="21610", action=CodeAction.OPTED_OUT)),
    (Refuse(status=401, code=20003), Rejected(code="20003", action=CodeAction.ASK_OPERATOR)),
    (Refuse(status=400, code=29999), Rejected(code="29999", action=CodeAction.RETRY_LATER)),
    (Refuse(status=403), Rejected(code="http-403", action=CodeAction.ASK_OPERATOR)),
    (Refuse(status=418), Rejected(code="http-418", action=CodeAction.RETRY_LATER)),
    (Refuse(status=302), Rejected(code="http-302", action=CodeAction.RETRY_LATER)),
    (
        Refuse(status=429, code=20429, retry_after="7"),
        Rejected(code="http-429", action=CodeAction.RETRY_LATER, retry_after_s=7),
    ),
    (
        Refuse(status=429, retry_after="Wed, 25 Feb 2026 12:00:00 GMT"),
        Rejected(code="http-429", action=CodeAction.RETRY_LATER),
    ),
    (Refuse(status=503, code=20503), Rejected(code="20503", action=CodeAction.RETRY_LATER)),
    (Refuse(status=500, code=20500), Unknown(reason="HTTP 500")),
    (Refuse(status=502, code=21610), Unknown(reason="HTTP 502")),
    (Refuse(status=503), Rejected(code="http-503", action=CodeAction.RETRY_LATER)),
    (Refuse(status=500), Unknown(reason="HTTP 500")),
    (Refuse(status=502), Unknown(reason="HTTP 502")),
    (AnswerNonsense(body="not json"), Unknown(reason="ClientPayloadError")),
    (AnswerNonsense(body="[]"), Unknown(reason="ClientPayloadError")),
    (AnswerNonsense(body='{"sid": "SM1"'), Unknown(reason="JSONDecodeError")),
    (AnswerNonsense(body="{}"), Unknown(reason="answer without a message id")),
    (AcceptThenHangUp(), Unknown(reason="ServerDisconnectedError")),
]


@pytest.mark.parametrize(("script", "expected"), ANSWERS, ids=repr)
async def test_each_answer_says_what_to_do_next(
    server: FakeTwilio, open_twilio: OpenTwilio, script: Script, expected: SendResult
) -> None:
    server.scripts[NUMBER] = script
    twilio = await open_twilio()

    assert await twilio.send(MESSAGE) == expected


async def test_nothing_is_ever_repeated_by_itself(server: FakeTwilio, open_twilio: OpenTwilio) -> None:
    server.scripts[NUMBER] = Refuse(status=500, code=20500)
    twilio = await open_twilio()

    await twilio.send(MESSAGE)

    assert len(server.requests) == 1


async def test_a_message_taken_without_an_answer_is_unknown_and_found_by_looking_it_up(
    server: FakeTwilio, open_twilio: OpenTwilio
) -> None:
    server.scripts[NUMBER] = AcceptThenTimeOut()
    twilio = await open_twilio(timeout_s=SHORT_TIMEOUT_S)

    sent = await twilio.send(MESSAGE)
    found = await twilio.find_sent(MESSAGE, since=OPENED_AT)

    assert sent == Unknown(reason="TimeoutError")
    assert found == Submitted(provider_id="SM00000000000000000000000000000001")


async def test_a_slow_answer_within_the_timeout_is_an_answer(
    server: FakeTwilio, open_twilio: OpenTwilio
) -> None:
    server.scripts[NUMBER] = Slow()
    twilio = await open_twilio()

    sending = asyncio.create_task(twilio.send(MESSAGE))
    server.hurry()

    assert isinstance(await sending, Submitted)


async def test_a_message_is_found_behind_many_others_to_the_same_phone(
    server: FakeTwilio, open_twilio: OpenTwilio
) -> None:
    server.scripts[NUMBER] = StaySilent()
    twilio = await open_twilio()
    await twilio.send(MESSAGE)
    later = replace(MESSAGE, text="【云河法院】另一条")
    await asyncio.gather(*(twilio.send(later) for _ in range(200)))

    found = await twilio.find_sent(MESSAGE, since=OPENED_AT)

    assert found == Submitted(provider_id="SM00000000000000000000000000000001", state=AttemptState.SUBMITTED)


async def test_a_provider_that_cannot_be_reached_has_sent_nothing(
    server: FakeTwilio, open_twilio: OpenTwilio, unused_tcp_port: int
) -> None:
    twilio = await open_twilio(base_url=f"http://127.0.0.1:{unused_tcp_port}")

    assert await twilio.send(MESSAGE) == Rejected(code="unreachable", action=CodeAction.RETRY_LATER)
    assert await twilio.find_sent(MESSAGE, since=OPENED_AT) == Unknown(reason="_NothingWasSent")


async def test_a_look_up_that_is_refused_leaves_the_result_unknown(
    server: FakeTwilio, open_twilio: OpenTwilio
) -> None:
    twilio = await open_twilio(auth_token="not the token")

    assert await twilio.find_sent(MESSAGE, since=OPENED_AT) == Unknown(reason="TwilioException")


async def test_cancelling_a_send_passes_through(server: FakeTwilio, open_twilio: OpenTwilio) -> None:
    server.scripts[NUMBER] = Slow()
    twilio = await open_twilio()
    sending = asyncio.create_task(twilio.send(MESSAGE))
    await asyncio.wait([sending], timeout=0)

    sending.cancel()

    with pytest.raises(asyncio.CancelledError):
        await sending
