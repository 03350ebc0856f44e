"""The court's keys on disk, for an installation that keeps them itself: one file, readable
by its owner only.

What must not break: a key that was used once is never lost or replaced. A file that lacks one is refused,
since it may have lost it; a person says that it comes from an earlier version, and then it gets what it lacks
in one step, whole or not at all.
"""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from schemas.sealing import KeyRing, SealingKey
from schemas.signing import SigningKey
from tracker.domain.keys import AdmissionKeys, CourtKeys

KEY_BYTES = 32
OWNER_ONLY = 0o600
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
FIRST_NAMES = ("at_rest", "index", "signing", "sealing", "chain")
"""Every version had them."""
LATER_NAMES = ("authority", "broker", "web_push")
NAMES = (*FIRST_NAMES, *LATER_NAMES)
PUT_THE_COPY: Final = "put the copy that you kept in its place"
NO_OTHER: Final = f"{PUT_THE_COPY}: no new key can stand in for it"
IF_OLDER: Final = (
    f"{PUT_THE_COPY}; only if it comes from a version that had none, run `tracker keys complete`"
)


class KeyFileUnusable(Exception):
    """What is wrong with the file, and the remedy; it was left as it is."""


def load_or_make_keys(path: Path, court: str) -> CourtKeys:
    """Read the key file; make one, with mode 0600, when there is none yet."""
    secrets = _load_or_make(path)
    return CourtKeys(
        at_rest=KeyRing("k1", {"k1": secrets["at_rest"]}),
        index=secrets["index"],
        signing=SigningKey.from_secret(f"{court}-1", secrets["signing"]),
        sealing=SealingKey(secret=secrets["sealing"]),
        chain=secrets["chain"],
    )


def complete_key_file(path: Path) -> tuple[str, ...]:
    """Draw the keys that a file of an earlier version lacks; their names, none when it is whole."""
    with path.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        stored = _read(path)
        _refuse_lost(stored, FIRST_NAMES, NO_OTHER)
        added = tuple(name for name in LATER_NAMES if name not in stored)
        if added:
            whole = path.with_name(f"{path.name}.whole")
            whole.unlink(missing_ok=True)
            _write(whole, stored | {name: os.urandom(KEY_BYTES).hex() for name in added})
            whole.replace(path)
    return added


def load_or_make_admission_keys(path: Path) -> AdmissionKeys:
    """The keys that let agencies in, from the same file."""
    secrets = _load_or_make(path)
    return AdmissionKeys(authority=secrets["authority"], broker=secrets["broker"])


def load_or_make_web_push_key(path: Path) -> bytes:
    """The key that browsers bind their subscriptions to, from the same file: a P-256 scalar of 32 bytes."""
    drawn = int.from_bytes(_load_or_make(path)["web_push"])
    return (drawn % (P256_ORDER - 1) + 1).to_bytes(KEY_BYTES)


def _load_or_make(path: Path) -> Mapping[str, bytes]:
    if not path.exists():
        _make(path)
    stored = _read(path)
    _refuse_lost(stored, FIRST_NAMES, NO_OTHER)
    _refuse_lost(stored, LATER_NAMES, IF_OLDER)
    return {name: bytes.fromhex(stored[name]) for name in NAMES}


def _refuse_lost(stored: Mapping[str, str], names: Iterable[str], remedy: str) -> None:
    if lost := [name for name in names if name not in stored]:
        raise KeyFileUnusable(f"the key file lacks {', '.join(lost)}; {remedy}")


def _read(path: Path) -> dict[str, str]:
    """Each key that we know is one: a line that was cut short is none."""
    try:
        stored = {str(name): str(value) for name, value in json.loads(path.read_text()).items()}
        known = [stored[name] for name in NAMES if name in stored]
        is_sound = all(len(bytes.fromhex(key)) == KEY_BYTES for key in known)
    except (ValueError, AttributeError):
        is_sound = False
    if not is_sound:
        raise KeyFileUnusable(f"this is no key file, or a damaged one; {PUT_THE_COPY}")
    return stored


def _make(path: Path) -> None:
    """Make the file; of two processes that do, the first one's keys stand."""
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = path.with_name(f"{path.name}.{os.getpid()}")
    whole.unlink(missing_ok=True)
    _write(whole, {name: os.urandom(KEY_BYTES).hex() for name in NAMES})
    with contextlib.suppress(FileExistsError):
        os.link(whole, path)
    whole.unlink()


def _write(path: Path, secrets: Mapping[str, str]) -> None:
    handle = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, OWNER_ONLY)
    with os.fdopen(handle, "w") as file:
        json.dump(secrets, file)
        file.flush()
        os.fsync(file.fileno())
