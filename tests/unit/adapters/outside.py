"""What an edge is given from outside in these tests: a clock that jumps, chance that repeats, a disk that is
full.
"""

import hashlib
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta


class Clock:
    """All clocks; a jump moves business and elapsed time together. Whoever asks how much it has worked has
    worked `effort_s` since it asked last, while `waits_s` went by.
    """

    def __init__(self, at: datetime) -> None:
        self.at = at
        self.elapsed_s = 1_000.0
        self.worked_s = 0.0
        self.effort_s = 0.0
        self.waits_s = 0.0

    def now(self) -> datetime:
        return self.at

    def elapsed(self) -> float:
        return self.elapsed_s

    def worked(self) -> float:
        self.worked_s += self.effort_s
        self.jump(seconds=self.waits_s)
        return self.worked_s

    def jump(self, **duration: float) -> None:
        step = timedelta(**duration)
        self.at += step
        self.elapsed_s += step.total_seconds()


class Chance:
    """Draws that never repeat and are the same in every run."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._drawn = 0

    def new_id(self) -> str:
        self._drawn += 1
        return f"{self._seed}-{self._drawn}"

    def random_bytes(self, length: int) -> bytes:
        return hashlib.shake_256(self.new_id().encode()).digest(length)


@contextmanager
def full_disk(most_bytes: int) -> Iterator[None]:
    """No file grows beyond this, as on a disk without room."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
