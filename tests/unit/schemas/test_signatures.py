"""A signature binds exactly these bytes to exactly this key, and anything else is answered with no."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.signing import SigningKey, VerifyingKey
from tests.unit.schemas.invented import COURT_KEY, OTHER_KEY

# RFC 8032, section 7.1, test 2.
RFC_SECRET = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
RFC_PUBLIC = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
RFC_SIGNATURE = bytes.fromhex(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)


def test_signatures_are_those_of_the_standard() -> None:
    key = SigningKey.from_secret("rfc", RFC_SECRET)

    assert key.verifying == VerifyingKey(key_id="rfc", public=RFC_PUBLIC)
    assert key.sign(b"\x72") == RFC_SIGNATURE
    assert key.verifying.verifies(b"\x72", RFC_SIGNATURE)


@given(st.binary())
def test_a_signature_is_of_one_key(data: bytes) -> None:
    signature = COURT_KEY.sign(data)

    assert COURT_KEY.verifying.verifies(data, signature)
    assert not OTHER_KEY.verifying.verifies(data, signature)


@given(st.binary(min_size=1), st.integers(0, 63), st.integers(1, 255))
def test_a_changed_signature_or_text_does_not_fit(data: bytes, place: int, change: int) -> None:
    signature = bytearray(COURT_KEY.sign(data))
    signature[place] ^= change

    assert not COURT_KEY.verifying.verifies(data, bytes(signature))
    assert not COURT_KEY.verifying.verifies(data + b"\x00", COURT_KEY.sign(data))


@given(st.binary(max_size=128))
def test_bytes_that_are_no_signature_are_answered_with_no(signature: bytes) -> None:
    assert not COURT_KEY.verifying.verifies(b"data", signature)


@given(st.binary(min_size=32, max_size=32))
def test_bytes_that_are_no_key_verify_nothing_of_ours(public: bytes) -> None:
    assert not VerifyingKey(key_id="any", public=public).verifies(b"data", COURT_KEY.sign(b"data"))


def test_a_key_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="an Ed25519 secret has 32 bytes"):
        SigningKey.from_secret("short", b"short")
    with pytest.raises(ValueError, match="an Ed25519 public key has 32 bytes"):
        VerifyingKey(key_id="short", public=b"short")


def test_a_repr_never_shows_the_secret() -> None:
    assert repr(COURT_KEY) == "SigningKey(key_id='court-test-1')"
