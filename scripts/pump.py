"""Runs loops: by hand until all is settled, on a clock that jumps; or as tasks, on the system's clock.

A jump stops at every due row and timer on its way, in order; before each stop the heartbeats go out, so that
a long jump is not mistaken for a silent court.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from traceback import format_tb
from typing import Protocol

import structlog

from scripts.clocks import JumpingClock

# Loops are woken by commits and by what is due; the longest nap only bounds how late a loop notices that the
# machine slept or that its clock was set.
LONGEST_NAP_S = 5.0
SHORTEST_NAP_S = 0.01
PAUSE_AFTER_ERROR_S = 1.0
MOST_ROUNDS = 10_000
BEFORE_STOP = timedelta(seconds=1)

log = structlog.get_logger()


class Loop(Protocol):
    """Works by itself, one round a call; says when it wants to be called again at the latest."""

    @property
    def name(self) -> str: ...

    async def step(self) -> bool: ...

    async def next_due(self) -> datetime | None: ...


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
        """The heartbeats that a slow clock would have sent just before the stop."""
        just_before = max(self._clock.now(), stop - BEFORE_STOP)
        self._clock.move_to(just_before)
        for loop in self._periodic:
            await loop.step()
        await self.settle()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Loops with the one store that feeds them: `on_change` takes a listener, called after each commit."""

    loops: tuple[Loop, ...]
    on_change: Callable[[Callable[[], None]], None]


class Wake:
    """Wakes every waiting loop of one part when something was committed."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def now(self) -> None:
        self._event.set()
        self._event = asyncio.Event()

    def ticket(self) -> asyncio.Event:
        """Taken before a round, so that what commits meanwhile is not missed."""
        return self._event


async def run_until_cancelled(parts: Sequence[Part], now: Callable[[], datetime]) -> None:
    """Run every loop as a task; a failing round is logged and tried again."""
    async with asyncio.TaskGroup() as group:
        for part in parts:
            wake = Wake()
            part.on_change(wake.now)
            for loop in part.loops:
                group.create_task(_run(loop, wake, now), name=loop.name)


async def _run(loop: Loop, wake: Wake, now: Callable[[], datetime]) -> None:
    while True:
        ticket = wake.ticket()
        try:
            worked = await loop.step()
            due = None if worked else await loop.next_due()
        except Exception as error:
            # Where and which kind only: the error's own text may repeat what a row says of a person.
            where = "".join(format_tb(error.__traceback__, limit=-1)).strip()
            log.error("loop-failed", loop=loop.name, error=type(error).__name__, where=where)
            await asyncio.sleep(PAUSE_AFTER_ERROR_S)
            continue
        if not worked:
            await _nap(ticket, None if due is None else (due - now()).total_seconds())


async def _nap(ticket: asyncio.Event, until_due_s: float | None) -> None:
    """Until something commits, or it is time. What is due but not done is another worker's: no hurry."""
    nap_s = LONGEST_NAP_S if until_due_s is None else min(LONGEST_NAP_S, max(until_due_s, SHORTEST_NAP_S))
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(nap_s):
            await ticket.wait()
