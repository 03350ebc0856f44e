"""What the court believes of what claims to be Kannel, and what it reads there."""

from dataclasses import replace

import pytest
from yarl import URL

from notifications.channels.callbacks import CallbackUnreadable, DeliveryReport, InboundSms
from notifications.channels.kannel import (
    KannelSettings,
    is_kannel,
    is_report_of,
    parse_inbound,
    parse_report,
    report_url,
)
from notifications.channels.port import CodeAction
from notifications.delivery import AttemptState

SETTINGS = KannelSettings(
    url="https://sms.court.example/cgi-bin/sendsms",
    username="court",
    password="a-password",
    token="a-token-for-tests",
    callback_url="https://court.example/providers/kannel/report",
    sender="10690000",
)
REPORT = dict(URL(report_url(SETTINGS, "attempt-1").replace("%d", "1")).query)


def test_a_report_comes_to_the_address_that_kannel_was_given() -> None:
    assert is_report_of(SETTINGS, REPORT)
    assert parse_report(REPORT) == DeliveryReport(
        attempt_id="attempt-1", provider_id=None, state=AttemptState.DELIVERED, code=None, action=None
    )


@pytest.mark.parametrize(
    "query",
    [
        REPORT | {"attempt": "attempt-2"},
        REPORT | {"signature": "0" * 64},
        REPORT | {"signature": "é"},
        {"type": "1"},
    ],
)
def test_a_report_for_another_attempt_is_forged(query: dict[str, str]) -> None:
    assert not is_report_of(SETTINGS, query)


def test_the_address_of_a_report_gives_no_secret_away() -> None:
    address = report_url(SETTINGS, "attempt-1")

    assert "a-password" not in address
    assert "a-token-for-tests" not in address


def test_a_message_that_did_not_arrive_says_what_to_do() -> None:
    report = parse_report(REPORT | {"type": "2"})

    assert isinstance(report, DeliveryReport)
    assert (report.state, report.code, report.action) == (
        AttemptState.UNDELIVERED,
        "undelivered",
        CodeAction.NEXT_CHANNEL,
    )


@pytest.mark.parametrize("kind", ["", "3", "delivered"])
def test_a_report_of_no_known_type_is_not_guessed(kind: str) -> None:
    assert parse_report(REPORT | {"type": kind}) == CallbackUnreadable(field="type")


def test_a_reply_is_read() -> None:
    read = parse_inbound({"id": "7f"}, {"X-Kannel-From": "+12025550101"}, " 40718 ")

    assert read == InboundSms(sender="+12025550101", text=" 40718 ", provider_id="kannel-7f")


@pytest.mark.parametrize(
    ("query", "headers", "field"),
    [({}, {"X-Kannel-From": "+12025550101"}, "id"), ({"id": "7f"}, {}, "X-Kannel-From")],
)
def test_a_reply_without_what_we_need_names_the_field(
    query: dict[str, str], headers: dict[str, str], field: str
) -> None:
    assert parse_inbound(query, headers, "40718") == CallbackUnreadable(field=field)


def test_whoever_brings_a_reply_proves_to_be_kannel() -> None:
    assert is_kannel(SETTINGS, "kannel", "a-token-for-tests")
    assert not is_kannel(SETTINGS, "kannel", "another-token")
    assert not is_kannel(SETTINGS, "somebody", "a-token-for-tests")


def test_while_the_token_is_changed_both_hold() -> None:
    """The harm: what was sent before the change is never reported, and rings once more by the next way."""
    changed = replace(SETTINGS, token="the-token-of-today", former_token=SETTINGS.token)

    assert is_report_of(changed, REPORT)
    assert is_kannel(changed, "kannel", SETTINGS.token)
    assert is_kannel(changed, "kannel", "the-token-of-today")
    assert not is_report_of(replace(changed, former_token=None), REPORT)
    assert not is_kannel(replace(changed, former_token=None), "kannel", SETTINGS.token)


def test_secrets_do_not_show_in_the_settings() -> None:
    assert "a-password" not in repr(SETTINGS)
    assert "a-token-for-tests" not in repr(SETTINGS)
