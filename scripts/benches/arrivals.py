"""Hits that arrive by the clock: each is due at its own moment, whether or not the former was answered."""

import argparse
import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from scripts.benches.timing import seconds

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is offered in one run, how fast, and in how many runs."""

    rate: float
    count: int
    runs: int

    @classmethod
    def of(cls, asked: argparse.Namespace, *, rate: float, seconds: float, quick_seconds: float) -> "Size":
        """As asked for, or the defaults; five runs, one of a quick bench."""
        rate = asked.rate or rate
        lasting_s = asked.seconds or (quick_seconds if asked.is_quick else seconds)
        runs = asked.runs or (1 if asked.is_quick else 5)
        return cls(rate=rate, count=max(1, round(rate * lasting_s)), runs=runs)


async def offer(hit: Callable[[int], Awaitable[T]], *, rate: float, count: int) -> list[tuple[float, T]]:
    """Offer hits at an even rate; for each the moment it was due and what came back, in their order."""
    began = seconds() + 0.1
    due = [began + position / rate for position in range(count)]
    tasks = []
    async with asyncio.TaskGroup() as group:
        for position, moment in enumerate(due):
            await asyncio.sleep(moment - seconds())
            tasks.append(group.create_task(_answered(hit, position)))
    return [(moment, task.result()) for moment, task in zip(due, tasks, strict=True)]


async def _answered(hit: Callable[[int], Awaitable[T]], position: int) -> T:
    return await hit(position)


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest rank: a value that was measured."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
