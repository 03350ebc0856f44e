"""A clock that jumps, and a stopwatch beside it."""

import asyncio
import time
from datetime import datetime


class JumpingClock:
    """Stands still until it is moved; business and elapsed time move together."""

    def __init__(self, at: datetime) -> None:
        self._at = at
        self._elapsed_s = 0.0
        self._moved = asyncio.Event()

    def now(self) -> datetime:
        return self._at

    def elapsed(self) -> float:
        return self._elapsed_s

    async def pause(self, seconds: float) -> None:
        """Until the clock has been moved so far."""
        until = self._elapsed_s + seconds
        while self._elapsed_s < until:
            await self._moved.wait()

    def move_to(self, at: datetime) -> None:
        """Forward only."""
        if at < self._at:
            raise ValueError("a jumping clock only jumps forward")
        self._elapsed_s += (at - self._at).total_seconds()
        self._at = at
        self._moved.set()
        self._moved = asyncio.Event()


class Stopwatch:
    """Real time beside the time of the story."""

    def __init__(self) -> None:
        self._began_s = time.perf_counter()

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self._began_s

    @property
    def measured(self) -> str:
        return f"measured {1000 * self.seconds:.0f} ms"
