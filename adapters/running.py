"""Runs loops as tasks on the system's clock: each until it is idle, then when something commits or is due.

What must not break: a failing round ends no loop, and what commits while a loop looks is not missed.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from traceback import format_tb
from typing import Protocol

import structlog

# Loops are woken by commits and by what is due; the longest nap only bounds how late a loop notices that the
# machine slept or that its clock was set.
LONGEST_NAP_S = 5.0
SHORTEST_NAP_S = 0.01
PAUSE_AFTER_ERROR_S = 1.0

log = structlog.get_logger()


class Loop(Protocol):
    """Works by itself, one round a call; says when it wants to be called again at the latest. One that has
    `gathers_s` looks so long after a commit: nobody waits for what it does, one round does more, and whoever
    somebody waits for goes first.
    One that has `is_resting` is not woken by a commit after which that is still true.
    """

    @property
    def name(self) -> str: ...

    async def step(self) -> bool: ...

    async def next_due(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Loops with the one store that feeds them: `on_change` takes a listener, called after each commit."""

    loops: tuple[Loop, ...]
    on_change: Callable[[Callable[[], None]], None]


class Wake:
    """Wakes whoever waits when something was committed."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def now(self) -> None:
        self._event.set()
        self._event = asyncio.Event()

    def ticket(self) -> asyncio.Event:
        """Taken before a round, so that what commits meanwhile is not missed."""
        return self._event


class Running:
    """Loops at work. `failing` holds, by loop, the kind of error of a last round that went wrong; `failed` is
    told the loop's name whenever one does.
    """

    def __init__(
        self, now: Callable[[], datetime], failed: Callable[[str], None] = lambda _loop: None
    ) -> None:
        self._now = now
        self._failed = failed
        self._wakes: list[Wake] = []
        self._stopping = asyncio.Event()
        self.failing: dict[str, str] = {}

    async def run(self, parts: Sequence[Part]) -> None:
        """Run every loop as a task until told to stop; a failing round is logged and tried again."""
        async with asyncio.TaskGroup() as group:
            for part in parts:
                for loop in part.loops:
                    wake = Wake()
                    self._wakes.append(wake)
                    part.on_change(partial(_wake, loop, wake))
                    group.create_task(self._keep_running(loop, wake), name=loop.name)

    def stop(self) -> None:
        """Every loop finishes the round it is in and ends."""
        self._stopping.set()
        for wake in self._wakes:
            wake.now()

    async def _keep_running(self, loop: Loop, wake: Wake) -> None:
        # A loop that is a context has work under way between its rounds, and ends it with the context.
        async with loop if isinstance(loop, AbstractAsyncContextManager) else contextlib.nullcontext():
            await self._keep_stepping(loop, wake)

    async def _keep_stepping(self, loop: Loop, wake: Wake) -> None:
        while not self._stopping.is_set():
            ticket = wake.ticket()
            try:
                worked = await loop.step()
                due = None if worked else await loop.next_due()
            except (Exception, asyncio.CancelledError) as error:
                if isinstance(error, asyncio.CancelledError) and _is_told_to_end():
                    raise
                # Where and which kind only: the error's own text may repeat what a row says of a person.
                where = "".join(format_tb(error.__traceback__, limit=-1)).strip()
                log.error("loop-failed", loop=loop.name, error=type(error).__name__, where=where)
                self.failing[loop.name] = type(error).__name__
                self._failed(loop.name)
                await _wait(self._stopping, PAUSE_AFTER_ERROR_S)
                continue
            self.failing.pop(loop.name, None)
            if not (worked or self._stopping.is_set()):
                until_due_s = None if due is None else (due - self._now()).total_seconds()
                if await _nap(ticket, until_due_s):
                    await _wait(self._stopping, getattr(loop, "gathers_s", 0.0))


async def run_until_cancelled(parts: Sequence[Part], now: Callable[[], datetime]) -> None:
    """Run every loop as a task; a failing round is logged and tried again."""
    await Running(now).run(parts)


def _wake(loop: Loop, wake: Wake) -> None:
    """Most commits are none of a loop's business, and to wake it costs as much as a statement."""
    if not getattr(loop, "is_resting", False):
        wake.now()


def _is_told_to_end() -> bool:
    """Some libraries cancel what waits for them: a loop that took that for its end would go in silence."""
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0


async def _nap(ticket: asyncio.Event, until_due_s: float | None) -> bool:
    """Until something commits, or it is time; whether something did. What is due but not done is another
    worker's: no hurry.
    """
    nap_s = LONGEST_NAP_S if until_due_s is None else min(LONGEST_NAP_S, max(until_due_s, SHORTEST_NAP_S))
    await _wait(ticket, nap_s)
    return ticket.is_set()


async def _wait(event: asyncio.Event, longest_s: float) -> None:
    if not longest_s:
        return
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(longest_s):
            await event.wait()
