"""Loops that are told to stop: the round under way is finished, and none begins after it."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from adapters.running import Part, Running
from tests.awaited import awaited

SOON_S = 4
"""Less than a loop naps."""
NOON = datetime(2026, 2, 25, 4, 0, tzinfo=UTC)


class Worker:
    """Works in rounds; `is_in_round` is set within one, which goes on until `may_finish`."""

    name = "worker"

    def __init__(self) -> None:
        self.is_in_round = asyncio.Event()
        self.may_finish = asyncio.Event()
        self.finished = 0

    async def step(self) -> bool:
        self.is_in_round.set()
        await self.may_finish.wait()
        self.finished += 1
        return False

    async def next_due(self) -> datetime | None:
        return None


class Broken(Worker):
    """Fails in each round."""

    name = "broken"

    async def step(self) -> bool:
        self.is_in_round.set()
        raise OSError("it is away")


def part_of(loop: Worker) -> Part:
    return Part(loops=(loop,), on_change=_never)


def _never(_wake: Callable[[], None]) -> None:
    """Nothing is ever committed."""


async def test_the_round_under_way_is_finished_and_no_other_begins() -> None:
    worker, running = Worker(), Running(lambda: NOON)
    work = asyncio.create_task(running.run([part_of(worker)]))
    async with awaited("the first round of the loop"):
        await worker.is_in_round.wait()

    running.stop()
    worker.may_finish.set()

    async with asyncio.timeout(SOON_S):
        await work
    assert worker.finished == 1


async def test_whoever_waits_is_woken_to_end() -> None:
    worker, running = Worker(), Running(lambda: NOON)
    worker.may_finish.set()
    work = asyncio.create_task(running.run([part_of(worker)]))
    async with awaited("the first round of the loop"):
        await worker.is_in_round.wait()
    await asyncio.sleep(0)

    running.stop()

    async with asyncio.timeout(SOON_S):
        await work


async def test_a_failing_loop_is_named_until_it_ends() -> None:
    told: list[str] = []
    broken, running = Broken(), Running(lambda: NOON, told.append)
    work = asyncio.create_task(running.run([part_of(broken)]))
    async with awaited("the first round of the loop"):
        await broken.is_in_round.wait()

    assert running.failing == {"broken": "OSError"}
    assert told == ["broken"]
    running.stop()
    async with asyncio.timeout(SOON_S):
        await work
