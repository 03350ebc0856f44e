"""The court's keys on disk, for an installation that keeps them itself: one file, readable
by its owner only.
"""

import json
import os
from pathlib import Path

from schemas.sealing import KeyRing, SealingKey
from schemas.signing import SigningKey
from tracker.domain.keys import CourtKeys

KEY_BYTES = 32
OWNER_ONLY = 0o600
NAMES = ("at_rest", "index", "signing", "sealing", "chain")


def load_or_make_keys(path: Path, court: str) -> CourtKeys:
    """Read the key file; make one, with mode 0600, when there is none yet."""
    if not path.exists():
        _write(path, {name: os.urandom(KEY_BYTES).hex() for name in NAMES})
    secrets = {name: bytes.fromhex(value) for name, value in json.loads(path.read_text()).items()}
    return CourtKeys(
        at_rest=KeyRing("k1", {"k1": secrets["at_rest"]}),
        index=secrets["index"],
        signing=SigningKey.from_secret(f"{court}-1", secrets["signing"]),
        sealing=SealingKey(secret=secrets["sealing"]),
        chain=secrets["chain"],
    )


def _write(path: Path, secrets: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, OWNER_ONLY)
    with os.fdopen(handle, "w") as file:
        json.dump(secrets, file)
