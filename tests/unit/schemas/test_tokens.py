"""A token is the same for ever, differs by key, kind, state and number, and gives nothing away by itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.documents import DocumentKind, IdentityDocument
from schemas.tokens import EpochKeys, token_of
from tests.unit.schemas.invented import NUMBERS, resident

KEY = bytes(range(32))
OTHER_KEY = bytes(range(1, 33))
PASSPORT = IdentityDocument(kind=DocumentKind.PASSPORT, number="EA1234567")
US_PASSPORT = IdentityDocument(kind=DocumentKind.PASSPORT, issuing_state="USA", number="EA1234567")
TAIWAN_PASS = IdentityDocument(kind=DocumentKind.TAIWAN_PASS, number="EA1234567")
MILITARY_ID = IdentityDocument(kind=DocumentKind.MILITARY_ID, number="军1234567")
KEYS = st.binary(min_size=32, max_size=32)


@pytest.mark.parametrize(
    ("document", "key", "token"),
    [
        (resident("99012319880709207X"), KEY, "9e33ecb262ff3095357b27b6f751f08a"),
        (resident("99012319880709207X"), OTHER_KEY, "f03269a19c7ef5aa564129f07391f4fc"),
        (PASSPORT, KEY, "3e606802a02a93c29df5217d42d6ae38"),
        (US_PASSPORT, KEY, "ea10c5b256900da07c434a8be5e3ed06"),
        (TAIWAN_PASS, KEY, "6d5c79c6a2cd3b1be531b52ff7b2ce60"),
        (MILITARY_ID, KEY, "76ae0ca5bc6c010399e21bda62808b27"),
    ],
)
def test_a_token_is_the_same_for_ever(document: IdentityDocument, key: bytes, token: str) -> None:
    assert token_of(document, key).hex() == token


@given(NUMBERS, KEYS, KEYS)
def test_two_lists_cannot_be_joined_by_their_tokens(number: str, one: bytes, other: bytes) -> None:
    assert (token_of(resident(number), one) == token_of(resident(number), other)) is (one == other)


@given(st.tuples(st.text(), st.text()), st.tuples(st.text(), st.text()))
def test_no_two_documents_share_a_token(one: tuple[str, str], other: tuple[str, str]) -> None:
    first = IdentityDocument(kind=DocumentKind.PASSPORT, issuing_state=one[0], number=one[1])
    second = IdentityDocument(kind=DocumentKind.PASSPORT, issuing_state=other[0], number=other[1])

    assert (token_of(first, KEY) == token_of(second, KEY)) is (one == other)


def test_epoch_keys_do_not_show_themselves() -> None:
    assert repr(EpochKeys(epoch=3, token_key=KEY, digest_key=OTHER_KEY)) == "EpochKeys(epoch=3)"


@pytest.mark.parametrize(("token_key", "digest_key"), [(b"", KEY), (KEY, KEY + b"0")])
def test_a_key_of_another_length_is_refused(token_key: bytes, digest_key: bytes) -> None:
    with pytest.raises(ValueError, match="an epoch key has 32 bytes"):
        EpochKeys(epoch=1, token_key=token_key, digest_key=digest_key)


def test_two_lives_of_a_feed_have_digest_keys_of_their_own() -> None:
    keys = EpochKeys(epoch=1, token_key=b"t" * 32, digest_key=b"d" * 32)

    derived = [keys.digest_key_of(incarnation) for incarnation in (1, 2, 3)]

    assert derived[0] == keys.digest_key
    assert len(set(derived)) == 3
    assert {len(key) for key in derived} == {32}
