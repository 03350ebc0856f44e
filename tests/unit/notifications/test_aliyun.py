"""How a request to Aliyun is signed, and what the court reads in its callbacks."""

import hashlib
from datetime import UTC, datetime

import pytest

from notifications.channels.aliyun_api import AliyunAccount, authorization, number_of
from notifications.channels.aliyun_sms import is_aliyun, parse_inbound, parse_report
from notifications.channels.aliyun_voice import digit_in, parse_call_report
from notifications.channels.callbacks import CallbackUnreadable, DeliveryReport, InboundSms, PressedDigit
from notifications.channels.port import CodeAction
from notifications.delivery import AttemptState

ACCOUNT = AliyunAccount(
    access_key_id="YourAccessKeyId",
    access_key_secret="YourAccessKeySecret",
    now=lambda: datetime(2023, 10, 26, 10, 22, 32, tzinfo=UTC),
    nonce=lambda: "3156853299f313e23d1673dc12e1703d",
)
REPORT = {"phone_number": "00000000101", "success": True, "err_code": "DELIVERED", "out_id": "attempt-1"}
REPLY = {"phone_number": "00000000101", "content": " 40718 ", "sequence_id": "77", "dest_code": "1234"}


def test_a_request_is_signed_as_in_aliyuns_own_example() -> None:
    signed = {
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-version": "2014-05-26",
    }
    query = "ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai"

    assert authorization(ACCOUNT, query, signed) == (
        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;"
        "x-acs-date;x-acs-signature-nonce;x-acs-version,"
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )


def test_the_key_does_not_show() -> None:
    assert "YourAccessKeySecret" not in repr(ACCOUNT)


@pytest.mark.parametrize(
    ("phone", "written"),
    [("+8600000000101", "00000000101"), ("+85291234567", "85291234567"), ("+12025550101", "12025550101")],
)
def test_numbers_are_written_as_aliyun_knows_them(phone: str, written: str) -> None:
    assert number_of(phone) == written


def test_a_delivery_is_read() -> None:
    assert parse_report(REPORT) == DeliveryReport(
        attempt_id="attempt-1", provider_id=None, state=AttemptState.DELIVERED, code=None, action=None
    )


@pytest.mark.parametrize(
    ("code", "action"),
    [("MOBILE_NOT_ON_SERVICE", CodeAction.NUMBER_IS_DEAD), ("MK:0001", CodeAction.RETRY_LATER)],
)
def test_a_text_that_did_not_arrive_says_why(code: str, action: CodeAction) -> None:
    assert parse_report(REPORT | {"success": False, "err_code": code}) == DeliveryReport(
        attempt_id="attempt-1", provider_id=None, state=AttemptState.UNDELIVERED, code=code, action=action
    )


@pytest.mark.parametrize(
    ("told", "field"),
    [({"success": "true"}, "success"), ({"success": None}, "success"), ({"out_id": ""}, "out_id")],
)
def test_a_report_without_what_we_need_names_the_field(told: dict[str, object], field: str) -> None:
    assert parse_report(REPORT | told) == CallbackUnreadable(field=field)


def test_a_reply_is_read() -> None:
    assert parse_inbound(REPLY) == InboundSms(sender="00000000101", text=" 40718 ", provider_id="aliyun-77")


@pytest.mark.parametrize("missing", ["phone_number", "content", "sequence_id"])
def test_a_reply_without_what_we_need_names_the_field(missing: str) -> None:
    told = {name: value for name, value in REPLY.items() if name != missing}

    assert parse_inbound(told) == CallbackUnreadable(field=missing)


def test_callbacks_are_believed_at_their_own_address_only() -> None:
    assert is_aliyun(["a-token-for-tests"], "a-token-for-tests")
    assert not is_aliyun(["a-token-for-tests"], "a-token-for-test")
    assert not is_aliyun(["a-token-for-tests"], "é")
    assert not is_aliyun([], "")


def test_while_the_token_is_changed_both_addresses_hold() -> None:
    assert is_aliyun(["the-token-of-today", "the-token-before"], "the-token-before")
    assert is_aliyun(["the-token-of-today", "the-token-before"], "the-token-of-today")


@pytest.mark.parametrize(
    ("result", "state", "code", "action"),
    [
        ("200000", AttemptState.DELIVERED, None, None),
        ("200001", AttemptState.DELIVERED, None, None),
        ("200003", AttemptState.UNDELIVERED, "200003", CodeAction.NEXT_CHANNEL),
        ("200004", AttemptState.UNDELIVERED, "200004", CodeAction.NUMBER_IS_DEAD),
        ("123456", AttemptState.UNKNOWN, "123456", CodeAction.RETRY_LATER),
    ],
)
def test_the_record_of_a_call_says_whether_somebody_heard_it(
    result: str, state: AttemptState, code: str | None, action: CodeAction | None
) -> None:
    assert parse_call_report({"call_id": "1^0", "status_code": result}) == DeliveryReport(
        attempt_id=None, provider_id="1^0", state=state, code=code, action=action
    )


@pytest.mark.parametrize("missing", ["call_id", "status_code"])
def test_a_record_without_what_we_need_names_the_field(missing: str) -> None:
    told = {"call_id": "1^0", "status_code": "200000"} | {missing: ""}

    assert parse_call_report(told) == CallbackUnreadable(field=missing)


@pytest.mark.parametrize(("keys", "digit"), [("1", "1"), ("21", "1"), ("132", "3"), ("22", "2"), ("9", "9")])
def test_the_last_key_that_decides_counts(keys: str, digit: str) -> None:
    assert digit_in({"call_id": "1^0", "dtmf": keys}) == PressedDigit(
        attempt_id=None, provider_id="1^0", digit=digit
    )


def test_a_call_without_a_key_decides_nothing() -> None:
    assert digit_in({"call_id": "1^0"}) is None
