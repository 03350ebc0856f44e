"""The folder in which a demonstration keeps everything, and the lock that lets one run at a time into it.

What must not break: nothing is written to or removed from a folder that is not the demonstration's own, and
`--fresh` removes by name what the demonstration makes, nothing else.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK = "demonstration.lock"
KEYS = "keys"
MADE = (
    "court",
    "edges",
    KEYS,
    "journal",
    "snapshots",
    "bus.sqlite",
    "bus.sqlite-shm",
    "bus.sqlite-wal",
    "court-keys.json",
    "webhook-keys.json",
)


class CannotStart(Exception):
    """Why the demonstration does not start, and the remedy."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder for this run; it is made when it is missing."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _require_own(folder)
        lock = (folder / LOCK).open("a")
    except OSError as failure:
        raise CannotStart(
            f"无法使用数据目录 {folder}（{failure.strerror}），请用 --data 另选一个",
            f"cannot use the data folder {folder} ({failure.strerror}): choose another with --data",
        ) from failure
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as busy:
            raise CannotStart(
                f"数据目录 {folder} 正被另一次运行使用，请先结束它，或用 --data 另选一个",
                f"the data folder {folder} is in use by another run: end that one, "
                "or choose another with --data",
            ) from busy
        yield


def _require_own(folder: Path) -> None:
    if (folder / LOCK).exists() or not any(folder.iterdir()):
        return
    raise CannotStart(
        f"目录 {folder} 非空，且不是演示所建，请用 --data 另选一个空目录",
        f"the folder {folder} holds something that no demonstration made: choose an empty one with --data",
    )


def clear(folder: Path) -> None:
    """Remove what the demonstration made; the folder must be locked."""
    for name in MADE:
        path = folder / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def write_for_owner(path: Path, content: bytes) -> None:
    """Write a secret, readable by its owner only; what was there before is replaced."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
