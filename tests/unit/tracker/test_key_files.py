"""The court's key file: made whole, completed without losing a key, read by its owner only."""

import json
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tracker.domain.keys import broker_password
from tracker.key_files import load_or_make_admission_keys, load_or_make_keys, load_or_make_web_push_key

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


def test_an_older_file_gets_what_it_lacks_and_keeps_what_it_has(first_version: Path) -> None:
    admission = load_or_make_admission_keys(first_version)

    stored = json.loads(first_version.read_text())
    assert [stored[name] for name in FIRST_NAMES] == ["01" * 32, "02" * 32, "03" * 32, "04" * 32, "05" * 32]
    assert (stored["authority"], stored["broker"]) == (admission.authority.hex(), admission.broker.hex())
    assert stat.S_IMODE(first_version.stat().st_mode) == 0o600
    assert load_or_make_admission_keys(first_version) == admission


@pytest.mark.parametrize("drawn", ["00" * 32, "ff" * 32, "01" * 32])
def test_whatever_was_drawn_is_a_key_for_web_push(first_version: Path, drawn: str) -> None:
    stored = json.loads(first_version.read_text())
    first_version.write_text(json.dumps(stored | {"web_push": drawn}))

    key = load_or_make_web_push_key(first_version)

    assert ec.derive_private_key(int.from_bytes(key), ec.SECP256R1()).private_numbers().private_value > 0


def test_no_key_shows_in_a_repr(first_version: Path) -> None:
    assert repr(load_or_make_admission_keys(first_version)) == "AdmissionKeys()"


def test_each_broker_user_has_a_password_of_its_own() -> None:
    rail = broker_password(b"B" * 32, "agency.rail")

    assert rail == broker_password(b"B" * 32, "agency.rail")
    assert len(rail) == 64
    assert rail != broker_password(b"B" * 32, "agency.police")
    assert rail != broker_password(b"C" * 32, "agency.rail")
