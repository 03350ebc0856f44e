"""Keys kept under a passphrase open with it, for their own instance, and in no other way."""

import json

import pytest

from adapters.sealed_keys import CannotOpen, open_keys, seal_keys
from schemas.enrolment import HandedEpoch, KeyHandout, PublicKey
from schemas.measures import AgencyKind
from schemas.signing import SigningKey
from schemas.tokens import EpochKeys

HANDOUT = KeyHandout(
    court="yunhe",
    agency="rail",
    instance="one",
    kind=AgencyKind.RAIL,
    phone_24h="010-00000000",
    court_verifying=(PublicKey.of(SigningKey.from_secret("yunhe-1", b"s" * 32).verifying),),
    court_sealing_public="ab" * 32,
    epochs=(HandedEpoch.of(EpochKeys(epoch=1, token_key=b"t" * 32, digest_key=b"d" * 32)),),
)
PASSPHRASE = "four words of three"


@pytest.fixture(scope="module")
def sealed() -> str:
    return seal_keys(HANDOUT, PASSPHRASE, b"c" * 28)


def test_the_passphrase_opens_them(sealed: str) -> None:
    assert open_keys(sealed, PASSPHRASE, court="yunhe", agency="rail", instance="one") == HANDOUT


def test_nothing_of_them_shows_in_the_file(sealed: str) -> None:
    assert (b"t" * 32).hex() not in sealed
    assert sorted(json.loads(sealed)) == ["nonce", "salt", "sealed", "suite"]


def test_a_wrong_passphrase_is_told_as_such(sealed: str) -> None:
    with pytest.raises(CannotOpen, match="the passphrase does not open it"):
        open_keys(sealed, "four words of four", court="yunhe", agency="rail", instance="one")


def test_another_instance_cannot_use_them(sealed: str) -> None:
    with pytest.raises(CannotOpen, match="another instance's"):
        open_keys(sealed, PASSPHRASE, court="yunhe", agency="rail", instance="two")


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"suite": 1, "salt": "zz", "nonce": "", "sealed": ""}'])
def test_a_damaged_file_says_how_to_make_it_anew(text: str) -> None:
    with pytest.raises(CannotOpen, match="keep-keys"):
        open_keys(text, PASSPHRASE, court="yunhe", agency="rail", instance="one")


def test_no_key_shows_in_a_repr() -> None:
    assert (b"t" * 32).hex() not in repr(HANDOUT)
