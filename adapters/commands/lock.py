"""One adapter at a time in its folder: two would each take the other's queues and replica."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TextIO

from adapters.commands.outset import CannotRun

LOCK: Final = "adapter.lock"
TRIES: Final = 5
BETWEEN_TRIES_S: Final = 0.02


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Raises CannotRun."""
    with (folder / LOCK).open("a") as lock:
        if not _is_taken(lock):
            raise CannotRun("another adapter runs in ADAPTER_DATA: end it, or use another folder")
        yield


def is_locked(folder: Path) -> bool:
    """Whether an adapter runs there."""
    with (folder / LOCK).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def _is_taken(lock: TextIO) -> bool:
    # More than once: who only looks whether it is locked holds it for a moment.
    for _ in range(TRIES):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(BETWEEN_TRIES_S)
        else:
            return True
    return False
