"""The clocks that entry points read: the system's, and one that jumps."""

import time
from datetime import UTC, datetime


class SystemClock:
    """Business time from the system, elapsed time from its monotonic clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def elapsed(self) -> float:
        return time.monotonic()


class JumpingClock:
    """Stands still until it is moved; business and elapsed time move together."""

    def __init__(self, at: datetime) -> None:
        self._at = at
        self._elapsed_s = 0.0

    def now(self) -> datetime:
        return self._at

    def elapsed(self) -> float:
        return self._elapsed_s

    def move_to(self, at: datetime) -> None:
        """Forward only."""
        if at < self._at:
            raise ValueError("a jumping clock only jumps forward")
        self._elapsed_s += (at - self._at).total_seconds()
        self._at = at
