"""An envelope is believed when a known key signed it for us; whatever else arrives is refused."""

import base64
import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any, ClassVar

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from schemas.envelope import (
    MAX_ENVELOPE_BYTES,
    Address,
    EnvelopeFault,
    EnvelopeRefused,
    Opened,
    Posting,
    open_envelope,
    read_body,
    sign_envelope,
)
from schemas.messages import FeedPacket, Heartbeat, Tombstone
from schemas.signing import SigningKey
from schemas.text import Text
from tests.unit.schemas.examples import ADDRESS, AGENCY, COURT, HEARTBEAT, PACKET, POSTING, TOMBSTONE
from tests.unit.schemas.invented import COURT_KEY, OTHER_KEY

KEYS = {COURT_KEY.key_id: COURT_KEY.verifying}
RAW = sign_envelope(HEARTBEAT, POSTING, COURT_KEY)


class TombstoneOfTomorrow(Tombstone):
    """What a newer court may send: a version above, with a field that today's edge does not know."""

    SCHEMA_VERSION: ClassVar[int] = 2
    added_later: Text


class TombstoneWithMore(Tombstone):
    added_later: Text


def opened(raw: bytes) -> Opened | EnvelopeRefused:
    return open_envelope(raw, KEYS, court=COURT, agency=AGENCY)


def fault_of(raw: bytes) -> EnvelopeFault | None:
    answer = opened(raw)
    return answer.fault if isinstance(answer, EnvelopeRefused) else None


def certainly(raw: bytes) -> Opened:
    answer = opened(raw)
    assert isinstance(answer, Opened)
    return answer


def signed_by_hand(attributes: dict[str, Any], key: SigningKey = COURT_KEY) -> bytes:
    """An envelope whose signature fits, whatever it says."""
    unsigned = {name: value for name, value in attributes.items() if name != "signature"}
    canonical = json.dumps(unsigned, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    signature = base64.b64encode(key.sign(canonical)).decode()
    return json.dumps({**unsigned, "signature": signature}).encode()


def altered(**changes: Any) -> dict[str, Any]:
    return {**json.loads(RAW), **changes}


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in json.loads(RAW).items() if key != name}


def test_an_envelope_is_a_cloud_event() -> None:
    event = json.loads(RAW)
    signature = event.pop("signature")

    assert len(base64.b64decode(signature)) == 64
    assert event == {
        "specversion": "1.0",
        "id": "019c9a5e-0000-7000-8000-000000000001",
        "source": "/yunhe",
        "type": "court.feed.heartbeat",
        "time": "2026-02-25T11:42:07.250000Z",
        "datacontenttype": "application/json",
        "schemaversion": 1,
        "court": "yunhe",
        "agency": "rail",
        "instance": "rail-1",
        "epoch": 1,
        "incarnation": 2,
        "sequence": "3",
        "keyid": "court-test-1",
        "data": {
            "head": {"sequence": 3, "count": 1, "digest": "0123456789abcdef" * 4},
            "in_force_from": 0,
            "audit_sequence": 41,
            "audit_head": "fedcba9876543210" * 4,
            "canary_every_s": None,
        },
    }


def test_anybody_can_check_the_signature_with_a_json_library_and_ed25519() -> None:
    event = json.loads(RAW)
    signature = base64.b64decode(event.pop("signature"))
    canonical = json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

    Ed25519PublicKey.from_public_bytes(COURT_KEY.verifying.public).verify(signature, canonical)


def test_what_was_sent_is_what_is_read() -> None:
    envelope = certainly(RAW)

    assert envelope == Opened(
        type="court.feed.heartbeat",
        id=POSTING.id,
        sent_at=POSTING.at,
        address=ADDRESS,
        schema_version=1,
        sequence=3,
        key_id=COURT_KEY.key_id,
        body=envelope.body,
    )
    assert read_body(envelope, Heartbeat) == HEARTBEAT


def test_the_spelling_of_the_json_does_not_matter() -> None:
    respelt = json.dumps(json.loads(RAW), indent=2, ensure_ascii=True).encode()

    assert opened(respelt) == opened(RAW)


def test_a_message_outside_a_numbered_log_has_no_sequence() -> None:
    posting = Posting(id="1", at=POSTING.at, address=ADDRESS)

    assert certainly(sign_envelope(TOMBSTONE, posting, COURT_KEY)).sequence is None


def test_the_time_of_a_posting_is_sent_in_utc_and_needs_an_offset() -> None:
    in_court = POSTING.at.astimezone(timezone(timedelta(hours=8)))
    local = Posting(id=POSTING.id, at=in_court, address=ADDRESS, sequence=3)
    naive = Posting(id="1", at=datetime(2026, 2, 25), address=ADDRESS)  # noqa: DTZ001 - the very fault

    assert sign_envelope(HEARTBEAT, local, COURT_KEY) == RAW
    with pytest.raises(ValueError, match="carries an offset"):
        sign_envelope(HEARTBEAT, naive, COURT_KEY)


def test_an_agency_speaks_under_its_own_name_in_ascii() -> None:
    address = Address(court="京0199", agency="rail", instance="a/b")
    raw = sign_envelope(TOMBSTONE, Posting(id="1", at=POSTING.at, address=address), COURT_KEY)

    assert json.loads(raw)["source"] == "/%E4%BA%AC0199"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", "other"),
        ("source", "/other"),
        ("type", "court.express.tombstone"),
        ("time", "2026-02-25T11:42:08Z"),
        ("schemaversion", 2),
        ("court", "other"),
        ("agency", "other"),
        ("instance", "other"),
        ("epoch", 2),
        ("incarnation", 1),
        ("sequence", "4"),
        ("data", {"head": {}}),
        ("added", "by somebody on the way"),
    ],
)
def test_the_signature_is_over_everything(name: str, value: Any) -> None:
    assert fault_of(json.dumps(altered(**{name: value})).encode()) is EnvelopeFault.BAD_SIGNATURE


@pytest.mark.parametrize("signature", ["", "AAAA", "not base64!", "签名", None, 5, {}, "A" * 1_000_000])
def test_a_hostile_signature_is_refused(signature: Any) -> None:
    assert fault_of(json.dumps(altered(signature=signature)).encode()) is EnvelopeFault.BAD_SIGNATURE


def test_a_missing_signature_is_refused() -> None:
    assert fault_of(json.dumps(without("signature")).encode()) is EnvelopeFault.BAD_SIGNATURE


def test_a_key_that_is_not_registered_is_refused() -> None:
    assert fault_of(sign_envelope(HEARTBEAT, POSTING, OTHER_KEY)) is EnvelopeFault.UNKNOWN_KEY


def test_a_key_under_the_name_of_another_is_refused() -> None:
    assert fault_of(signed_by_hand(json.loads(RAW), OTHER_KEY)) is EnvelopeFault.BAD_SIGNATURE


@pytest.mark.parametrize(
    ("court", "agency", "fault"),
    [
        ("other", AGENCY, EnvelopeFault.WRONG_COURT),
        (COURT, "police", EnvelopeFault.WRONG_AGENCY),
        ("other", "police", EnvelopeFault.WRONG_COURT),
    ],
)
def test_a_message_for_somebody_else_is_refused(court: str, agency: str, fault: EnvelopeFault) -> None:
    answer = open_envelope(RAW, KEYS, court=court, agency=agency)

    assert isinstance(answer, EnvelopeRefused)
    assert answer.fault is fault


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00",
        b"{",
        b"\xff\xfe{\x00}\x00",
        b"\xef\xbb\xbf" + RAW,
        RAW + RAW,
        RAW + b"\x00",
        RAW.replace(b'"epoch":1', b'"epoch":NaN'),
        RAW.replace(b'"epoch":1', b'"epoch":1.0'),
        RAW.replace(b'"epoch":1', b'"epoch":1e400'),
        RAW.replace(b'"epoch":1', b'"epoch":1,"epoch":1'),
        RAW.replace(b'"count":1', b'"count":1,"count":2'),
        RAW.replace(b'"epoch":1', b'"epoch":' + b"1" * 5000),
        RAW.replace(b'"rail-1"', b'"\\ud800"'),
        b"[" * 500_000,
        b'{"data":' * 100_000 + b"{}" + b"}" * 100_000,
        b"\x00" * 1_048_576,
        b"1" * 1_048_576,
    ],
    ids=range(18),
)
def test_what_is_not_readable_json_is_refused(raw: bytes) -> None:
    assert fault_of(raw) is EnvelopeFault.NOT_JSON


@pytest.mark.parametrize(
    "raw",
    [
        b"null",
        b"[]",
        b"{}",
        b'"text"',
        b'{"data": {}}',
        b'{"data": []}',
        json.dumps(without("keyid")).encode(),
        json.dumps(without("data")).encode(),
        json.dumps(altered(data=[])).encode(),
        json.dumps(altered(specversion="0.3")).encode(),
        json.dumps(altered(datacontenttype="text/plain")).encode(),
        json.dumps(altered(time="2026-02-25T11:42:07")).encode(),
        json.dumps(altered(time=1772019727)).encode(),
        json.dumps(altered(epoch="1")).encode(),
        json.dumps(altered(epoch=True)).encode(),
        json.dumps(altered(epoch=-1)).encode(),
        json.dumps(altered(epoch=10**4000)).encode(),
        json.dumps(altered(schemaversion=0)).encode(),
        json.dumps(altered(sequence=3)).encode(),
        json.dumps(altered(sequence="٣")).encode(),
        json.dumps(altered(sequence="9" * 19)).encode(),
        json.dumps(altered(court="yun\x00he")).encode(),
        json.dumps(altered(id="")).encode(),
    ],
    ids=range(23),
)
def test_what_is_no_envelope_is_refused(raw: bytes) -> None:
    assert fault_of(raw) is EnvelopeFault.NOT_AN_ENVELOPE


def test_a_message_above_the_limit_is_refused_unread() -> None:
    assert fault_of(b"{" * (MAX_ENVELOPE_BYTES + 1)) is EnvelopeFault.TOO_LARGE


def test_the_largest_packet_is_below_the_limit() -> None:
    longest = PACKET.changes[0].model_copy(update={"named": "A" * 12_000})
    packet = FeedPacket(changes=(longest,) * 500, head=PACKET.head)

    assert fault_of(sign_envelope(packet, POSTING, COURT_KEY)) is None


def test_a_refusal_says_which_attribute_is_wrong_without_repeating_it() -> None:
    answer = opened(json.dumps(altered(epoch="990123198807092031")).encode())

    assert answer == EnvelopeRefused(
        fault=EnvelopeFault.NOT_AN_ENVELOPE,
        remedy="the message is not one of our CloudEvents: "
        "epoch is not a whole number: send a JSON number without fraction",
    )


@pytest.mark.parametrize(
    "hostile", [lambda raw: raw[:-1], lambda raw: raw[1:], lambda raw: raw.replace(b"3", b"4")]
)
def test_a_message_cut_or_changed_on_its_way_is_refused(hostile: Callable[[bytes], bytes]) -> None:
    assert isinstance(opened(hostile(RAW)), EnvelopeRefused)


@given(st.binary())
def test_any_bytes_are_answered(raw: bytes) -> None:
    assert isinstance(opened(raw), EnvelopeRefused)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@given(st.sampled_from(sorted(json.loads(RAW))), JSON)
def test_any_attribute_is_answered(name: str, value: Any) -> None:
    assert isinstance(opened(signed_by_hand(altered(**{name: value}))), Opened | EnvelopeRefused)


@given(JSON)
def test_any_body_of_a_sender_we_know_is_answered(value: Any) -> None:
    envelope = certainly(signed_by_hand(altered(data={"head": value})))

    refused = read_body(envelope, Heartbeat)

    assert isinstance(refused, EnvelopeRefused)
    assert refused.fault is EnvelopeFault.WRONG_BODY


def test_a_body_of_any_depth_is_answered() -> None:
    deep: dict[str, Any] = json.loads('{"head":' * 300 + "1" + "}" * 300)

    refused = read_body(certainly(signed_by_hand(altered(data=deep))), Heartbeat)

    assert isinstance(refused, EnvelopeRefused)
    assert refused.fault is EnvelopeFault.WRONG_BODY


def test_a_message_of_a_newer_version_waits_for_a_newer_program() -> None:
    newer = TombstoneOfTomorrow(reference=1, version=1, added_later="x")
    envelope = certainly(sign_envelope(newer, POSTING, COURT_KEY))

    refused = read_body(envelope, Tombstone)

    assert isinstance(refused, EnvelopeRefused)
    assert refused.fault is EnvelopeFault.UNKNOWN_VERSION


def test_a_message_of_an_older_version_is_read() -> None:
    older = TombstoneWithMore(reference=1, version=1, added_later="x")
    envelope = certainly(sign_envelope(older, POSTING, COURT_KEY))

    assert read_body(envelope, TombstoneOfTomorrow) == TombstoneOfTomorrow(
        reference=1, version=1, added_later="x"
    )


def test_what_a_message_adds_is_left_out_by_who_does_not_know_it() -> None:
    more = TombstoneWithMore(reference=1, version=1, added_later="x")
    envelope = certainly(sign_envelope(more, POSTING, COURT_KEY))

    assert read_body(envelope, Tombstone) == Tombstone(reference=1, version=1)


def test_a_message_of_another_type_is_refused() -> None:
    refused = read_body(certainly(RAW), Tombstone)

    assert isinstance(refused, EnvelopeRefused)
    assert refused.fault is EnvelopeFault.WRONG_TYPE


def test_a_wrong_body_is_told_with_its_fields() -> None:
    envelope = certainly(signed_by_hand(altered(data={"head": {"sequence": -1, "count": 1}})))

    assert read_body(envelope, Heartbeat) == EnvelopeRefused(
        fault=EnvelopeFault.WRONG_BODY,
        remedy="the body is not as its schema version says: "
        "head.sequence is too small: send at least 0; head.digest is missing: send it",
    )


def test_a_repr_never_shows_the_body() -> None:
    assert "0123456789abcdef" not in repr(certainly(RAW))
