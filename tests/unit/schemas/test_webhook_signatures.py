"""A post is believed when a live key signed exactly it, just now; hostile headers never raise."""

import base64
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest
import standardwebhooks
from hypothesis import given
from hypothesis import strategies as st

from schemas.signing import SigningKey
from schemas.webhooks import (
    AsymmetricKey,
    BadSignature,
    ClockSkew,
    SymmetricKey,
    Verified,
    sign_webhook,
    verify_webhook,
)
from tests.unit.schemas.invented import COURT_KEY, OTHER_KEY

SENT = datetime(2026, 2, 26, 15, 40, tzinfo=UTC)
TIMESTAMP = "1772120400"
ID = "msg_2026-02-26"
BODY = '{"receipt":"收据"}'.encode()

SECRET = SymmetricKey(key_id="rail-1", secret=b"test secret of the railway, 32 by")
NEXT_SECRET = SymmetricKey(key_id="rail-2", secret=b"test secret for the next year, 32")
PUBLIC = AsymmetricKey(key_id="account-1", public=COURT_KEY.verifying.public)
NEXT_PUBLIC = AsymmetricKey(key_id="account-2", public=OTHER_KEY.verifying.public)

VERIFIED = Verified(message_id=ID, sent_at=SENT)


def headers(signature: str, message_id: str = ID, timestamp: str = TIMESTAMP) -> Mapping[str, Sequence[str]]:
    return {
        "webhook-id": [message_id],
        "webhook-timestamp": [timestamp],
        "webhook-signature": [signature],
    }


def signed(key: SymmetricKey | SigningKey = SECRET, sent_at: datetime = SENT) -> Mapping[str, Sequence[str]]:
    signature = sign_webhook(ID, sent_at, BODY, key)
    return headers(signature, timestamp=str(int(sent_at.timestamp())))


def test_a_signature_is_that_of_the_reference_library() -> None:
    reference = standardwebhooks.Webhook(SECRET.secret)

    assert sign_webhook(ID, SENT, BODY, SECRET) == reference.sign(ID, SENT, BODY.decode())


@given(
    st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True),
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.text(),
)
def test_what_the_reference_library_signs_is_believed(message_id: str, sent_at: datetime, body: str) -> None:
    whole_second = sent_at.replace(microsecond=0)
    signature = standardwebhooks.Webhook(SECRET.secret).sign(message_id, whole_second, body)
    posted = headers(signature, message_id, str(int(whole_second.timestamp())))

    answer = verify_webhook(posted, body.encode(), [SECRET], at=whole_second)

    assert answer == Verified(message_id=message_id, sent_at=whole_second)


@pytest.mark.parametrize("key", [SECRET, COURT_KEY], ids=["v1", "v1a"])
def test_a_post_is_believed_under_either_algorithm(key: SymmetricKey | SigningKey) -> None:
    assert verify_webhook(signed(key), BODY, [SECRET, PUBLIC], at=SENT) == VERIFIED


@pytest.mark.parametrize("key", [SECRET, NEXT_SECRET, COURT_KEY, OTHER_KEY])
def test_every_live_key_is_tried(key: SymmetricKey | SigningKey) -> None:
    keys: list[SymmetricKey | AsymmetricKey] = [SECRET, NEXT_SECRET, PUBLIC, NEXT_PUBLIC]

    assert verify_webhook(signed(key), BODY, keys, at=SENT) == VERIFIED


def test_one_fitting_signature_among_several_is_enough() -> None:
    fitting = sign_webhook(ID, SENT, BODY, SECRET)
    several = f"v2,future v1,AAAA v1a,{'A' * 86}== {fitting}"

    assert verify_webhook(headers(several), BODY, [SECRET, PUBLIC], at=SENT) == VERIFIED


def test_names_of_headers_are_read_in_any_case() -> None:
    posted = {name.title(): values for name, values in signed().items()}

    assert verify_webhook(posted, BODY, [SECRET], at=SENT) == VERIFIED


@pytest.mark.parametrize("off_s", [-300, 300])
def test_five_minutes_off_are_tolerated(off_s: int) -> None:
    assert verify_webhook(signed(), BODY, [SECRET], at=SENT + timedelta(seconds=off_s)) == VERIFIED


@pytest.mark.parametrize("off_s", [-301, 301, 86_400])
def test_who_holds_the_key_is_told_that_the_clock_is_off(off_s: int) -> None:
    ours = SENT + timedelta(seconds=off_s)

    assert verify_webhook(signed(), BODY, [SECRET], at=ours) == ClockSkew(claimed=SENT, ours=ours)


def test_who_holds_no_key_is_not_told_of_the_clock() -> None:
    late = SENT + timedelta(days=1)

    assert verify_webhook(signed(), BODY, [NEXT_SECRET], at=late) == BadSignature()


@pytest.mark.parametrize("body", [BODY + b" ", BODY[:-1], b"", b"\x00" * 1_048_576])
def test_a_changed_body_is_refused(body: bytes) -> None:
    assert verify_webhook(signed(), body, [SECRET], at=SENT) == BadSignature()


def test_a_changed_id_or_time_is_refused() -> None:
    signature = signed()["webhook-signature"][0]

    assert verify_webhook(headers(signature, "msg_other"), BODY, [SECRET], at=SENT) == BadSignature()
    assert verify_webhook(headers(signature, ID, "1772120401"), BODY, [SECRET], at=SENT) == BadSignature()


def test_a_signature_cannot_serve_for_another_cut_of_the_same_text() -> None:
    # id "a", time 1 and body "2.x" are signed as "a.1.2.x", which is also id "a.1", time 2 and body "x".
    signature = sign_webhook("a", datetime.fromtimestamp(1, UTC), b"2.x", SECRET)
    moved = headers(signature, message_id="a.1", timestamp="2")

    assert verify_webhook(moved, b"x", [SECRET], at=datetime.fromtimestamp(2, UTC)) == BadSignature()


def test_a_signature_does_not_pass_under_the_other_algorithm() -> None:
    secret_as_public = SymmetricKey(key_id="confused", secret=PUBLIC.public)
    signature = sign_webhook(ID, SENT, BODY, secret_as_public)
    relabelled = headers(signature.replace("v1,", "v1a,"))

    assert verify_webhook(headers(signature), BODY, [PUBLIC], at=SENT) == BadSignature()
    assert verify_webhook(relabelled, BODY, [PUBLIC], at=SENT) == BadSignature()


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
@pytest.mark.parametrize("times", [0, 2])
def test_a_missing_or_doubled_header_is_refused(name: str, times: int) -> None:
    posted = {**signed(), name: list(signed()[name]) * times}

    assert verify_webhook(posted, BODY, [SECRET], at=SENT) == BadSignature()


def test_a_header_doubled_in_another_case_is_refused() -> None:
    posted = {**signed(), "Webhook-Id": [ID]}

    assert verify_webhook(posted, BODY, [SECRET], at=SENT) == BadSignature()


@pytest.mark.parametrize(
    "timestamp",
    ["", "-1772120400", "+1772120400", "1772120400.0", "1e9", "١٧٧٢", "1772120400\x00", " 1772120400",
     "1772120400\n", "9" * 12, "9" * 5000, "nan", "0x10"],
)  # fmt: skip
def test_a_hostile_time_is_refused(timestamp: str) -> None:
    posted = headers(signed()["webhook-signature"][0], timestamp=timestamp)

    assert verify_webhook(posted, BODY, [SECRET], at=SENT) == BadSignature()


@pytest.mark.parametrize("message_id", ["", "a.b", "a b", "a\x00", "消息", "a" * 129, "a\n", "\x7f"])
def test_a_hostile_id_is_refused(message_id: str) -> None:
    signature = sign_webhook(message_id, SENT, BODY, SECRET)

    assert verify_webhook(headers(signature, message_id), BODY, [SECRET], at=SENT) == BadSignature()


@pytest.mark.parametrize(
    "signature",
    ["", "v1", "v1,", "v1a,", ",", "v1,not base64!", "v1,签名", "v1,\udcff", "v1,\x00",
     "v1," + "A" * 1_000_000, "v1,AAAA " * 10_000, "v1a,AAAA", "v1,A", "v1,=", " "],
)  # fmt: skip
def test_a_hostile_signature_is_refused(signature: str) -> None:
    assert verify_webhook(headers(signature), BODY, [SECRET, PUBLIC], at=SENT) == BadSignature()


def test_without_a_key_nothing_is_believed() -> None:
    assert verify_webhook(signed(), BODY, [], at=SENT) == BadSignature()


@given(st.text(), st.text(), st.text(), st.binary())
def test_any_headers_are_answered(message_id: str, timestamp: str, signature: str, body: bytes) -> None:
    posted = headers(signature, message_id, timestamp)

    assert verify_webhook(posted, body, [SECRET, PUBLIC], at=SENT) == BadSignature()


@given(st.binary(max_size=80))
def test_any_bytes_as_a_signature_are_answered(raw: bytes) -> None:
    encoded = base64.b64encode(raw).decode()
    posted = headers(f"v1,{encoded} v1a,{encoded}")

    assert verify_webhook(posted, BODY, [SECRET, PUBLIC], at=SENT) == BadSignature()


def test_keys_that_are_too_short_are_refused() -> None:
    with pytest.raises(ValueError, match="a webhook secret has at least 24 bytes"):
        SymmetricKey(key_id="short", secret=b"x" * 23)
    with pytest.raises(ValueError, match="an Ed25519 public key has 32 bytes"):
        AsymmetricKey(key_id="short", public=b"x" * 31)


def test_a_repr_never_shows_the_secret() -> None:
    assert repr(SECRET) == "SymmetricKey(key_id='rail-1')"
