"""A sealed value opens only with its key and only in its own place; equal terms meet in a blind index."""

import hashlib
import hmac

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas.sealing import KeyRing, SealingKey, UnsealFailed, blind_index, open_sealed, seal_for

OLD, NEW = bytes(range(32)), bytes(range(32, 64))
NONCE = b"only 12 byte"
RING = KeyRing("2026-01", {"2026-01": OLD})
ROW = "subject.name:7"

RECEIVER = SealingKey(secret=b"test seed of the receiver, 32 b.")
STRANGER = SealingKey(secret=b"test seed of a stranger, 32 byte")
EPHEMERAL = b"used once, thirty-two bytes long"
CONTEXT = "named:12:1"


def at_rest(plaintext: bytes = b"secret", row: str = ROW) -> bytes:
    return RING.seal(plaintext, row=row, nonce=NONCE)


def for_receiver(plaintext: bytes = b"secret", context: str = CONTEXT) -> bytes:
    return seal_for(RECEIVER.public, plaintext, ephemeral=EPHEMERAL, context=context)


def flipped(sealed: bytes, place: int, change: int) -> bytes:
    changed = bytearray(sealed)
    changed[place % len(sealed)] ^= change
    return bytes(changed)


@given(st.binary(), st.text())
def test_a_column_opens_in_its_own_row(plaintext: bytes, row: str) -> None:
    assert RING.unseal(at_rest(plaintext, row), row=row) == plaintext


def test_a_value_moved_to_another_row_does_not_open() -> None:
    with pytest.raises(UnsealFailed, match="altered, moved, or made for another key"):
        RING.unseal(at_rest(), row="subject.name:8")


@given(st.integers(0, 1000), st.integers(1, 255))
def test_a_changed_column_does_not_open(place: int, change: int) -> None:
    with pytest.raises(UnsealFailed):
        RING.unseal(flipped(at_rest(), place, change), row=ROW)


@given(st.integers(1, 50))
def test_a_column_cut_short_does_not_open(cut: int) -> None:
    with pytest.raises(UnsealFailed):
        RING.unseal(at_rest()[:-cut], row=ROW)


@given(st.binary())
def test_any_bytes_are_answered(sealed: bytes) -> None:
    with pytest.raises(UnsealFailed):
        RING.unseal(sealed, row=ROW)
    with pytest.raises(UnsealFailed):
        open_sealed(RECEIVER, sealed, context=CONTEXT)


def test_after_a_rotation_old_columns_open_and_new_ones_bear_the_new_key() -> None:
    rotated = KeyRing("2027-01", {"2026-01": OLD, "2027-01": NEW})

    assert rotated.unseal(at_rest(), row=ROW) == b"secret"
    assert rotated.seal(b"secret", row=ROW, nonce=NONCE).startswith(b"\x01\x072027-01" + NONCE)


def test_rows_of_one_column_open_together_whatever_key_each_was_sealed_with() -> None:
    rotated = KeyRing("2027-01", {"2026-01": OLD, "2027-01": NEW})
    rows = [
        (7, at_rest(b"first")),
        (8, rotated.seal(b"second", row="subject.name:8", nonce=NONCE)),
        (9, at_rest(b"third", row="subject.name:9")),
    ]

    assert rotated.unseal_column("subject.name", rows) == [b"first", b"second", b"third"]


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([(7, at_rest()), (8, at_rest())], id="moved to another row"),
        pytest.param([(7, at_rest()), (7, flipped(at_rest(), -1, 1))], id="altered"),
        pytest.param([(7, at_rest()), (7, at_rest()[:12])], id="cut in its nonce"),
        pytest.param([(7, b"")], id="empty"),
        pytest.param([(7, at_rest().replace(b"2026", b"2027", 1))], id="of a key that is not here"),
    ],
)
def test_one_row_that_does_not_open_refuses_all(rows: list[tuple[int, bytes]]) -> None:
    with pytest.raises(UnsealFailed):
        RING.unseal_column("subject.name", rows)


def test_a_column_of_a_key_that_was_thrown_away_says_so() -> None:
    without_the_old = KeyRing("2027-01", {"2027-01": NEW})

    with pytest.raises(UnsealFailed, match="a key that is not on this ring: add the former key"):
        without_the_old.unseal(at_rest(), row=ROW)


def test_a_key_id_cannot_be_exchanged() -> None:
    twins = KeyRing("2026-01", {"2026-01": OLD, "2026-02": OLD})

    with pytest.raises(UnsealFailed):
        twins.unseal(at_rest().replace(b"2026-01", b"2026-02"), row=ROW)


def test_a_seal_at_rest_is_the_same_for_ever() -> None:
    assert at_rest().hex() == (
        "01"  # suite
        "07323032362d3031"  # 2026-01
        "6f6e6c792031322062797465"  # nonce
        "e4cc8c36148e8a4e5fb683d84a91c80f5c5f8bdd95fc"  # ciphertext and tag
    )


def test_a_seal_for_a_receiver_is_the_same_for_ever() -> None:
    assert for_receiver().hex() == (
        "81"  # suite
        "b45e4f2faaa8ab1c36559e19f1b807f0208df5ead9d7aaaa072cde0db6fe1d7f"  # ephemeral public key
        "d479da62795dc9c6b0cb77936127b03d53fff8c9c22d"  # ciphertext and tag
    )


@pytest.mark.parametrize(
    ("current", "keys", "remedy"),
    [
        ("b", {"a": OLD}, "the current key is not among the keys"),
        ("a", {"a": b"short"}, "a sealing key has 32 bytes"),
        ("a", {"a": OLD, "": NEW}, "a key id has 1-255 bytes"),
        ("a", {"a": OLD, "b" * 256: NEW}, "a key id has 1-255 bytes"),
    ],
)
def test_a_ring_of_wrong_keys_is_refused(current: str, keys: dict[str, bytes], remedy: str) -> None:
    with pytest.raises(ValueError, match=remedy):
        KeyRing(current, keys)


def test_a_nonce_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="a nonce has 12 bytes"):
        RING.seal(b"secret", row=ROW, nonce=b"short")


@given(st.binary(), st.text())
def test_only_the_receiver_opens_what_was_sealed_for_it(plaintext: bytes, context: str) -> None:
    sealed = for_receiver(plaintext, context)

    assert open_sealed(RECEIVER, sealed, context=context) == plaintext
    with pytest.raises(UnsealFailed):
        open_sealed(STRANGER, sealed, context=context)


def test_a_seal_moved_to_another_message_does_not_open() -> None:
    with pytest.raises(UnsealFailed):
        open_sealed(RECEIVER, for_receiver(), context="named:12:2")


@given(st.integers(0, 1000), st.integers(1, 255))
@example(32, 0x80)  # X25519 ignores the top bit of a key, but the seal is bound to all of its header
def test_a_changed_seal_does_not_open(place: int, change: int) -> None:
    with pytest.raises(UnsealFailed):
        open_sealed(RECEIVER, flipped(for_receiver(), place, change), context=CONTEXT)


@pytest.mark.parametrize("public", [bytes(32), b"\x01" + bytes(31)])
def test_a_public_key_that_hides_nothing_is_refused(public: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the library's own words
        seal_for(public, b"secret", ephemeral=EPHEMERAL, context=CONTEXT)
    with pytest.raises(UnsealFailed):
        open_sealed(RECEIVER, b"\x81" + public + bytes(32), context=CONTEXT)


def test_a_secret_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="an X25519 secret has 32 bytes"):
        SealingKey(secret=b"short")


def test_a_repr_never_shows_the_secret() -> None:
    assert repr(RING) == "KeyRing(current='2026-01')"
    assert repr(RECEIVER) == "SealingKey()"


def test_a_blind_index_is_the_standard_code_of_its_terms() -> None:
    expected = hmac.new(OLD, b"\0\0\0\x04name\0\0\0\x06\xe4\xbd\x9f\xe6\x9f\x90", hashlib.sha256).digest()

    assert blind_index(OLD, "name", "佟某") == expected


@given(st.lists(st.text(), max_size=4), st.lists(st.text(), max_size=4))
def test_only_equal_terms_meet_in_a_blind_index(one: list[str], other: list[str]) -> None:
    assert (blind_index(OLD, *one) == blind_index(OLD, *other)) is (one == other)


def test_a_blind_index_is_of_its_key() -> None:
    assert blind_index(OLD, "name") != blind_index(NEW, "name")
