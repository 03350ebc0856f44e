"""A loop that is a context has work under way between its rounds: it is opened before the first and closed
after the last, however that came about.
"""

import asyncio
from datetime import UTC, datetime
from types import TracebackType

from adapters.running import Part, Running
from tests.awaited import awaited

NOON = datetime(2026, 2, 25, 4, 0, tzinfo=UTC)


class Opened:
    """Tells what is done with it."""

    name = "opened"

    def __init__(self) -> None:
        self.told: list[str] = []
        self.has_stepped = asyncio.Event()

    async def __aenter__(self) -> "Opened":
        self.told.append("opened")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.told.append("closed" if kind is None else f"closed by {kind.__name__}")

    async def step(self) -> bool:
        self.told.append("round")
        self.has_stepped.set()
        return False

    async def next_due(self) -> datetime | None:
        return None


async def test_it_is_closed_when_the_loops_are_told_to_stop() -> None:
    loop, running = Opened(), Running(lambda: NOON)
    work = asyncio.create_task(running.run([Part(loops=(loop,), on_change=lambda _wake: None)]))
    async with awaited("the first step of the loop"):
        await loop.has_stepped.wait()

    running.stop()
    await asyncio.wait_for(work, timeout=10)

    assert loop.told == ["opened", "round", "closed"]


async def test_it_is_closed_when_the_loops_are_cancelled() -> None:
    loop, running = Opened(), Running(lambda: NOON)
    work = asyncio.create_task(running.run([Part(loops=(loop,), on_change=lambda _wake: None)]))
    async with awaited("the first step of the loop"):
        await loop.has_stepped.wait()

    work.cancel()
    await asyncio.wait({work})

    assert loop.told == ["opened", "round", "closed by CancelledError"]
