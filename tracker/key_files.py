"""The court's keys on disk, for an installation that keeps them itself: one file, readable
by its owner only.

What must not break: a key that was used once is never lost or replaced. A file of an earlier version gets the
keys it lacks in one step, whole or not at all, also when two processes start at once.
"""

import contextlib
import fcntl
import json
import os
from collections.abc import Mapping
from pathlib import Path

from schemas.sealing import KeyRing, SealingKey
from schemas.signing import SigningKey
from tracker.domain.keys import AdmissionKeys, CourtKeys

KEY_BYTES = 32
OWNER_ONLY = 0o600
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
NAMES = ("at_rest", "index", "signing", "sealing", "chain", "authority", "broker", "web_push")


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
    if any(name not in stored for name in NAMES):
        stored = _complete(path)
    return {name: bytes.fromhex(value) for name, value in stored.items()}


def _read(path: Path) -> dict[str, str]:
    return {str(name): str(value) for name, value in json.loads(path.read_text()).items()}


def _make(path: Path) -> None:
    """Make the file; of two processes that do, the first one's keys stand."""
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = path.with_name(f"{path.name}.{os.getpid()}")
    whole.unlink(missing_ok=True)
    _write(whole, {name: os.urandom(KEY_BYTES).hex() for name in NAMES})
    with contextlib.suppress(FileExistsError):
        os.link(whole, path)
    whole.unlink()


def _complete(path: Path) -> dict[str, str]:
    """Add what the file lacks, in line: whoever comes second reads what the first has added."""
    with path.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        stored = _read(path)
        complete = {name: os.urandom(KEY_BYTES).hex() for name in NAMES} | stored
        if complete != stored:
            whole = path.with_name(f"{path.name}.whole")
            whole.unlink(missing_ok=True)
            _write(whole, complete)
            whole.replace(path)
    return complete


def _write(path: Path, secrets: Mapping[str, str]) -> None:
    handle = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, OWNER_ONLY)
    with os.fdopen(handle, "w") as file:
        json.dump(secrets, file)
        file.flush()
        os.fsync(file.fileno())
