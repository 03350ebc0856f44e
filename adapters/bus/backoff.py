"""How long whoever is in trouble of their own rests before the next try: a second, doubled up to a minute."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

FIRST_S: Final = 1.0
LONGEST_S: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    failures: int
    until: datetime
    wait_s: float
    reason: str

    def lasts(self, at: datetime) -> bool:
        return is_resting(self.until, at, timedelta(seconds=self.wait_s))


def is_resting(until: datetime | None, at: datetime, longest: timedelta) -> bool:
    """Whether a rest goes on that was to last until then. It is over too where more is left of it than all
    of it was: somebody has set the clock back.
    """
    return until is not None and timedelta(0) < until - at <= longest


def next_backoff(before: Backoff | None, at: datetime, reason: str) -> Backoff:
    """The rest after one more failure."""
    failures = 1 if before is None else before.failures + 1
    wait_s = min(FIRST_S * 2 ** min(failures - 1, 10), LONGEST_S)
    return Backoff(failures=failures, until=at + timedelta(seconds=wait_s), wait_s=wait_s, reason=reason)
