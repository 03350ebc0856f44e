"""Reports and replies that Twilio posts: who signed them, what they say, and what a wrong order changes."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from yarl import URL

from notifications.channels.callbacks import CallbackUnreadable, DeliveryReport, InboundSms
from notifications.channels.port import CodeAction, Outgoing
from notifications.channels.twilio import (
    TwilioSms,
    parse_inbound,
    parse_status_callback,
    signature_is_valid,
)
from notifications.delivery import AttemptState, state_after_report
from scripts.town.twilio_server import ACCOUNT, Deliver, FailWith, FakeTwilio, sign
from tests.contract.channels.conftest import CALLBACKS, settings_for
from tests.contract.channels.engine import OPENED_AT

NUMBER = "+12025550101"
MESSAGE = Outgoing(attempt_id="attempt-1", to=NUMBER, text="【云河法院】测试")
SETTINGS = settings_for(FakeTwilio(now=lambda: OPENED_AT), former_auth_token="the token before")
SIGNED_URL = f"{CALLBACKS}?attempt=attempt-1"
FORM = {"MessageSid": "SM1", "MessageStatus": "delivered", "To": NUMBER}


@dataclass(slots=True, kw_only=True)
class Court:
    """Receives the callbacks behind a proxy that knows it by another address."""

    reports: list[DeliveryReport | CallbackUnreadable] = field(default_factory=list)
    state: AttemptState = AttemptState.SUBMITTED

    async def receives(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        public = f"{CALLBACKS}?{request.query_string}"
        if not signature_is_valid(SETTINGS, public, form, request.headers["X-Twilio-Signature"]):
            return web.Response(status=403)
        report = parse_status_callback(request.query, form)
        self.reports.append(report)
        if isinstance(report, DeliveryReport):
            self.state = state_after_report(self.state, report.state)
        return web.Response(status=204)


@pytest.fixture
async def court(server: FakeTwilio) -> AsyncIterator[Court]:
    court = Court()
    app = web.Application()
    app.router.add_post(URL(CALLBACKS).path, court.receives)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.callbacks_to = URL(f"http://127.0.0.1:{runner.addresses[0][1]}")
    yield court
    await runner.cleanup()


@pytest.fixture
async def twilio(server: FakeTwilio) -> AsyncIterator[TwilioSms]:
    channel = TwilioSms(settings_for(server))
    yield channel
    await channel.close()


async def test_reports_come_back_with_the_attempt(
    server: FakeTwilio, court: Court, twilio: TwilioSms
) -> None:
    server.scripts[NUMBER] = Deliver()
    await twilio.send(MESSAGE)

    answers = await server.post_reports()

    assert answers == [204, 204]
    assert court.reports[1] == DeliveryReport(
        attempt_id="attempt-1",
        provider_id="SM00000000000000000000000000000001",
        state=AttemptState.DELIVERED,
        code=None,
        action=None,
    )
    assert court.state is AttemptState.DELIVERED


async def test_a_failed_delivery_says_why_and_what_to_do(
    server: FakeTwilio, court: Court, twilio: TwilioSms
) -> None:
    server.scripts[NUMBER] = FailWith(code=30005)
    await twilio.send(MESSAGE)

    await server.post_reports()

    assert court.reports == [
        DeliveryReport(
            attempt_id="attempt-1",
            provider_id="SM00000000000000000000000000000001",
            state=AttemptState.UNDELIVERED,
            code="30005",
            action=CodeAction.NUMBER_IS_DEAD,
        )
    ]


async def test_reports_out_of_order_and_doubled_end_in_the_same_state(
    server: FakeTwilio, court: Court, twilio: TwilioSms
) -> None:
    server.scripts[NUMBER] = Deliver(statuses=("delivered", "sent", "queued", "delivered", "sent"))
    await twilio.send(MESSAGE)

    await server.post_reports()

    assert len(court.reports) == 5
    assert court.state is AttemptState.DELIVERED


async def test_a_report_signed_with_another_token_is_refused(
    server: FakeTwilio, court: Court, twilio: TwilioSms
) -> None:
    server.scripts[NUMBER] = Deliver()
    await twilio.send(MESSAGE)
    server.token = "a forger's token"

    assert await server.post_reports() == [403, 403]
    assert court.state is AttemptState.SUBMITTED


def test_both_tokens_hold_while_one_is_being_rotated() -> None:
    assert signature_is_valid(SETTINGS, SIGNED_URL, FORM, sign(SETTINGS.auth_token, SIGNED_URL, FORM))
    assert signature_is_valid(SETTINGS, SIGNED_URL, FORM, sign("the token before", SIGNED_URL, FORM))


@pytest.mark.parametrize(
    ("url", "form"),
    [
        ("https://proxy.internal/callbacks/twilio/status?attempt=attempt-1", FORM),
        (f"{CALLBACKS}?attempt=attempt-2", FORM),
        (SIGNED_URL, FORM | {"MessageStatus": "failed"}),
        (SIGNED_URL, FORM | {"Extra": "field"}),
        (SIGNED_URL, {}),
    ],
)
def test_a_signature_holds_for_its_address_and_fields_only(url: str, form: dict[str, str]) -> None:
    signature = sign(SETTINGS.auth_token, SIGNED_URL, FORM)

    assert not signature_is_valid(SETTINGS, url, form, signature)


@pytest.mark.parametrize("signature", ["", "not base64", "é", "=" * 1000])
def test_a_signature_that_is_none_is_refused(signature: str) -> None:
    assert not signature_is_valid(SETTINGS, SIGNED_URL, FORM, signature)


def test_secrets_do_not_show_in_the_settings() -> None:
    assert SETTINGS.auth_token not in repr(SETTINGS)
    assert "the token before" not in repr(SETTINGS)


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"MessageSid": "SM1"}, "MessageStatus"),
        ({"MessageSid": "SM1", "MessageStatus": "teleported"}, "MessageStatus"),
        ({"MessageStatus": "delivered"}, "MessageSid"),
        ({"MessageStatus": "delivered", "MessageSid": ""}, "MessageSid"),
    ],
)
def test_a_report_without_what_we_need_names_the_field(form: dict[str, str], field: str) -> None:
    assert parse_status_callback({}, form) == CallbackUnreadable(field=field)


def test_a_report_without_the_attempt_still_counts() -> None:
    report = parse_status_callback({}, FORM | {"MessageStatus": "undelivered", "ErrorCode": "strange"})

    assert report == DeliveryReport(
        attempt_id=None, provider_id="SM1", state=AttemptState.UNDELIVERED, code="strange", action=None
    )


def test_a_reply_is_read() -> None:
    form = {"AccountSid": ACCOUNT, "From": NUMBER, "Body": " 40718 ", "MessageSid": "SM2"}

    assert parse_inbound(form) == InboundSms(sender=NUMBER, text=" 40718 ", provider_id="SM2")


@pytest.mark.parametrize("missing", ["From", "Body", "MessageSid"])
def test_a_reply_without_what_we_need_names_the_field(missing: str) -> None:
    form = {"From": NUMBER, "Body": "40718", "MessageSid": "SM2"}
    del form[missing]

    assert parse_inbound(form) == CallbackUnreadable(field=missing)
