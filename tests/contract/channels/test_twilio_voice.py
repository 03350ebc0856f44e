"""What a call by Twilio says and asks, and how its end is read."""

import pytest

from notifications.channels.callbacks import CallbackUnreadable, DeliveryReport, PressedDigit
from notifications.channels.port import CodeAction, NotFound, Outgoing, Rejected, Unknown
from notifications.channels.twilio_voice import (
    STATE_OF_CALL,
    TwilioVoice,
    parse_call_status,
    parse_digit,
    twiml_of_call,
    twiml_of_end,
)
from notifications.delivery import AttemptState
from notifications.texts.ids import Language
from scripts.town.twilio_server import FakeTwilio, Refuse, StaySilent
from tests.contract.channels.conftest import voice_settings_for
from tests.contract.channels.engine import OPENED_AT

NUMBER = "+12025550101"
TEXT = "云河法院。行踪预警：26执1357佟某，28日06:59到北京西。接手请按1"
MESSAGE = Outgoing(attempt_id="attempt-1", to=NUMBER, text=TEXT, valid_for_s=900)
CALL = (
    '<Say language="zh-CN">云河法院。行踪预警：26执1357佟某，28日06:59到北京西。接手请按1'
    "。重听请按2，不能前往请按3。</Say>"
)


async def test_a_call_reads_the_text_twice_and_waits_for_a_key(server: FakeTwilio) -> None:
    server.scripts[NUMBER] = StaySilent()
    voice = TwilioVoice(voice_settings_for(server))

    await voice.send(MESSAGE)

    assert server.calls[0].form == {
        "To": NUMBER,
        "From": "+12025550100",
        "Twiml": '<?xml version="1.0" encoding="UTF-8"?><Response><Gather numDigits="1" timeout="10" '
        'method="POST" action="https://court.example/providers/twilio/key?attempt=attempt-1">'
        f'{CALL}<Pause length="2"/>{CALL}</Gather></Response>',
        "Timeout": "40",
        "StatusCallback": "https://court.example/providers/twilio/call-status?attempt=attempt-1",
    }
    await voice.close()


async def test_refusals_are_read_as_those_of_sms(server: FakeTwilio) -> None:
    voice = TwilioVoice(voice_settings_for(server))
    server.scripts[NUMBER] = Refuse(status=400, code=21211)
    assert await voice.send(MESSAGE) == Rejected(code="21211", action=CodeAction.NUMBER_IS_DEAD)

    server.outage = Refuse(status=500)
    assert await voice.send(MESSAGE) == Unknown(reason="HTTP 500")
    assert isinstance(await voice.find_sent(MESSAGE, since=OPENED_AT), Unknown)
    await voice.close()


async def test_numbers_of_invented_people_are_never_called(server: FakeTwilio) -> None:
    voice = TwilioVoice(voice_settings_for(server))
    invented = Outgoing(attempt_id="attempt-1", to="+8610000000001", text=TEXT)

    assert await voice.send(invented) == Rejected(code="demo-number", action=CodeAction.NUMBER_IS_DEAD)
    assert await voice.find_sent(invented, since=OPENED_AT) == NotFound()
    assert server.requests == []
    await voice.close()


def test_what_is_said_breaks_out_of_nothing(server: FakeTwilio) -> None:
    settings = voice_settings_for(server)

    assert "<Hangup/>" not in twiml_of_call(settings, "a&b", "</Say><Hangup/>")
    assert twiml_of_end("over <now>", Language.ENGLISH) == (
        '<?xml version="1.0" encoding="UTF-8"?><Response><Say language="en-US">over &lt;now&gt;</Say>'
        "<Hangup/></Response>"
    )


def test_every_end_of_a_call_is_an_end_here() -> None:
    assert dict(STATE_OF_CALL) == {
        "queued": AttemptState.SUBMITTED,
        "initiated": AttemptState.SUBMITTED,
        "ringing": AttemptState.SENT,
        "in-progress": AttemptState.DELIVERED,
        "completed": AttemptState.DELIVERED,
        "busy": AttemptState.UNDELIVERED,
        "no-answer": AttemptState.UNDELIVERED,
        "failed": AttemptState.FAILED,
        "canceled": AttemptState.FAILED,
    }


def test_a_call_that_nobody_took_leads_on() -> None:
    report = parse_call_status({"attempt": "attempt-1"}, {"CallSid": "CA1", "CallStatus": "no-answer"})

    assert report == DeliveryReport(
        attempt_id="attempt-1",
        provider_id="CA1",
        state=AttemptState.UNDELIVERED,
        code="no-answer",
        action=CodeAction.NEXT_CHANNEL,
    )


@pytest.mark.parametrize(
    ("form", "field"),
    [({"CallSid": "CA1"}, "CallStatus"), ({"CallStatus": "completed"}, "CallSid")],
)
def test_a_report_without_what_we_need_names_the_field(form: dict[str, str], field: str) -> None:
    assert parse_call_status({}, form) == CallbackUnreadable(field=field)


def test_a_key_is_read() -> None:
    assert parse_digit({"attempt": "attempt-1"}, {"CallSid": "CA1", "Digits": "1"}) == PressedDigit(
        attempt_id="attempt-1", provider_id="CA1", digit="1"
    )
    assert parse_digit({}, {"CallSid": "CA1"}) == CallbackUnreadable(field="Digits")
