"""The court's key file: made whole, refused when it has lost a key, read by its owner only."""

import json
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tracker.domain.keys import broker_password
from tracker.key_files import (
    KeyFileUnusable,
    complete_key_file,
    load_or_make_admission_keys,
    load_or_make_keys,
    load_or_make_web_push_key,
)

FIRST_NAMES = ("at_rest", "index", "signing", "sealing", "chain")


@pytest.fixture
def first_version(tmp_path: Path) -> Path:
    """A file as the first version wrote it."""
    path = tmp_path / "court-keys.json"
    path.write_text(json.dumps({name: f"{place:02x}" * 32 for place, name in enumerate(FIRST_NAMES, 1)}))
    return path


def test_a_new_file_has_every_key_and_one_owner(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "court-keys.json"

    made = load_or_make_keys(path, "yunhe")

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(json.loads(path.read_text())) == sorted([*FIRST_NAMES, "authority", "broker", "web_push"])
    assert load_or_make_keys(path, "yunhe").chain == made.chain
    assert [kept.name for kept in path.parent.iterdir()] == ["court-keys.json"]


def test_an_older_file_gets_what_it_lacks_once_somebody_says_so_and_keeps_what_it_has(
    first_version: Path,
) -> None:
    with pytest.raises(
        KeyFileUnusable, match=r"lacks authority, broker, web_push; .*`tracker keys complete`"
    ):
        load_or_make_keys(first_version, "yunhe")

    assert complete_key_file(first_version) == ("authority", "broker", "web_push")

    admission = load_or_make_admission_keys(first_version)
    stored = json.loads(first_version.read_text())
    assert [stored[name] for name in FIRST_NAMES] == ["01" * 32, "02" * 32, "03" * 32, "04" * 32, "05" * 32]
    assert (stored["authority"], stored["broker"]) == (admission.authority.hex(), admission.broker.hex())
    assert stat.S_IMODE(first_version.stat().st_mode) == 0o600
    assert complete_key_file(first_version) == ()
    assert load_or_make_admission_keys(first_version) == admission


@pytest.mark.parametrize("lost", FIRST_NAMES)
def test_a_file_that_lost_what_every_version_had_gets_no_other_key_in_its_place(
    first_version: Path, lost: str
) -> None:
    """With a fresh one nothing sealed could be read, and every list at every agency would be void."""
    stored = json.loads(first_version.read_text())
    first_version.write_text(json.dumps({name: key for name, key in stored.items() if name != lost}))
    before = first_version.read_text()

    with pytest.raises(KeyFileUnusable, match=f"lacks {lost}; put the copy that you kept in its place"):
        load_or_make_keys(first_version, "yunhe")
    with pytest.raises(KeyFileUnusable, match=rf"lacks {lost}; .*no new key can stand in for it"):
        complete_key_file(first_version)

    assert first_version.read_text() == before


@pytest.mark.parametrize("damaged", ["", "[]", "{", '{"index": "0102"}', '{"index": "no key"}', "\x00" * 9])
def test_a_damaged_file_is_refused_and_left_as_it_is(first_version: Path, damaged: str) -> None:
    first_version.write_text(damaged)

    with pytest.raises(KeyFileUnusable, match="this is no key file, or a damaged one"):
        load_or_make_keys(first_version, "yunhe")

    assert first_version.read_text() == damaged


@pytest.mark.parametrize("drawn", ["00" * 32, "ff" * 32, "01" * 32])
def test_whatever_was_drawn_is_a_key_for_web_push(first_version: Path, drawn: str) -> None:
    complete_key_file(first_version)
    stored = json.loads(first_version.read_text())
    first_version.write_text(json.dumps(stored | {"web_push": drawn}))

    key = load_or_make_web_push_key(first_version)

    assert ec.derive_private_key(int.from_bytes(key), ec.SECP256R1()).private_numbers().private_value > 0


def test_no_key_shows_in_a_repr(first_version: Path) -> None:
    complete_key_file(first_version)

    assert repr(load_or_make_admission_keys(first_version)) == "AdmissionKeys()"


def test_each_broker_user_has_a_password_of_its_own() -> None:
    rail = broker_password(b"B" * 32, "agency.rail")

    assert rail == broker_password(b"B" * 32, "agency.rail")
    assert len(rail) == 64
    assert rail != broker_password(b"B" * 32, "agency.police")
    assert rail != broker_password(b"C" * 32, "agency.rail")
