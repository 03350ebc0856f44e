"""Runs loops by hand until all is settled, on a clock that jumps.

A jump stops at every due row and timer on its way, in order; before each stop the heartbeats go out, so that
a long jump is not mistaken for a silent court.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from adapters.running import Loop
from scripts.clocks import JumpingClock

MOST_ROUNDS = 10_000
BEFORE_STOP = timedelta(seconds=1)


def is_periodic(loop: Loop) -> bool:
    """Heartbeats: they go out at every stop, but a jump does not stop for each of them."""
    return bool(getattr(loop, "is_periodic", False))


async def settle(loops: Sequence[Loop]) -> None:
    """Step the loops in turn until none of them has anything to do."""
    for _ in range(MOST_ROUNDS):
        if not any([await loop.step() for loop in loops]):
            return
    raise RuntimeError("the loops do not settle: one of them always finds work")


class Pump:
    """Steps loops until nothing moves any more, and jumps from one due moment to the next."""

    def __init__(self, clock: JumpingClock, loops: Sequence[Loop]) -> None:
        self._clock = clock
        self._loops = tuple(loops)
        self._periodic = tuple(loop for loop in loops if is_periodic(loop))
        self._others = tuple(loop for loop in loops if not is_periodic(loop))

    async def settle(self) -> None:
        """Until no loop has anything to do."""
        await settle(self._loops)

    async def reach(self, at: datetime) -> None:
        """Settle, then jump to `at`, stopping at everything that is due on the way."""
        await self.settle()
        while True:
            stop = await self._next_stop(at)
            await self._beat_before(stop)
            self._clock.move_to(stop)
            await self.settle()
            if stop == at:
                return

    async def _next_stop(self, at: datetime) -> datetime:
        now = self._clock.now()
        due = [await loop.next_due() for loop in self._others]
        return min([moment for moment in due if moment is not None and now < moment < at], default=at)

    async def _beat_before(self, stop: datetime) -> None:
        """The heartbeats and canaries that a slow clock would have sent just before the stop; each arrives
        before the next is sent, for no canary is screened at an edge that has not heard of its court.
        """
        just_before = max(self._clock.now(), stop - BEFORE_STOP)
        self._clock.move_to(just_before)
        for loop in self._periodic:
            await loop.step()
            await self.settle()
