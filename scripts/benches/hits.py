"""How many full hits a second the whole path takes, with the servers on the same processors: screened,
reported, matched, alerted, and all four notices handed to their channels.

Always as many hits are under way as `--under-way` says, so that nothing waits for arrivals; counted is what
comes out at the other end once the start is over.
"""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final

from scripts.benches.court import NOTICES_OF_A_HIT, BenchCourt
from scripts.benches.floor import ServerFloor
from scripts.benches.port import Run
from scripts.benches.report import Figure, Outcome, Reference, at_least
from scripts.benches.servers import ServerEngines, Servers
from scripts.benches.timing import processor_seconds, seconds
from scripts.benches.wire import sendings_of

BOUND: Final = 250.0
ANSWERS_AFTER_S: Final = 0.1
STARTED_AFTER: Final = 0.2
"""The share of a run's hits that is over before counting begins."""
ALL_WIRED_WITHIN_S: Final = 600.0


def add_options(parser: argparse.ArgumentParser) -> None:
    """Size, and how long a channel takes."""
    parser.add_argument("--hits", type=int, help="of one run (default 1000, quick 20)")
    parser.add_argument("--runs", type=int, help="of ours and of the floor in turn (default 3, quick 1)")
    parser.add_argument("--under-way", type=int, default=256, help="hits at the same time (default 256)")
    parser.add_argument(
        "--answer-ms",
        type=float,
        default=1000 * ANSWERS_AFTER_S,
        help="how long a channel takes to answer a request (default 100)",
    )


@dataclass(slots=True, kw_only=True)
class Window:
    """Keeps so many hits under way. `done` counts those that came out; `reach` waits for a count."""

    hit: Callable[[int], Awaitable[object]]
    done: Callable[[], int]
    reach: Callable[[int], Awaitable[None]]
    under_way: int

    async def run(self, hits: int) -> tuple[float, float]:
        """Take so many hits; how many came out a second, and the seconds of processor time that each took in
        this process.
        """
        first = counted = self.done()
        began, cpu, started = seconds(), processor_seconds(), round(hits * STARTED_AFTER)
        async with asyncio.timeout(ALL_WIRED_WITHIN_S), asyncio.TaskGroup() as group:
            offering = group.create_task(self._offer(first, hits))
            await self.reach(first + started)
            # Few may all be out by now: then they are counted from their first.
            if self.done() < first + hits:
                began, cpu, counted = seconds(), processor_seconds(), self.done()
            await self.reach(first + hits)
            await offering
        taken = self.done() - counted
        return taken / (seconds() - began), (processor_seconds() - cpu) / taken

    async def _offer(self, first: int, hits: int) -> None:
        async with asyncio.TaskGroup() as group:
            for position in range(hits):
                await self.reach(first + position + 1 - self.under_way)
                group.create_task(_taken(self.hit, first + position))


async def _taken(hit: Callable[[int], Awaitable[object]], position: int) -> None:
    await hit(position)


async def measure(run: Run) -> Outcome:
    """Ours and the floor in turn, on the same servers."""
    asked = run.asked
    hits = asked.hits or (20 if asked.is_quick else 1000)
    runs = asked.runs or (1 if asked.is_quick else 3)
    async with run.servers(run.folder) as servers:
        engines = ServerEngines(servers, run.folder.name)
        async with BenchCourt.running(run.folder / "court", engines, asked.answer_ms / 1000) as court:
            ours: list[tuple[float, float]] = []
            floor: list[tuple[float, float]] = []
            for number in range(1, runs + 1):
                run.say(f"listing {hits} people")
                await court.lists(hits)
                ours.append(await _window_of(court, asked.under_way).run(hits))
                floor.append(await _bare(run, servers, number, hits))
                run.say(f"run {number} of {runs}: {ours[-1][0]:.1f}/s (floor {floor[-1][0]:.0f}/s)")
            broken = await _what_broke(court, hits * runs)
            if court.log.troubles:
                run.say(f"logged {dict(court.log.troubles)}")
        versions = await servers.versions()
    return Outcome(figures=_figures(ours, floor), versions=versions, broken=broken)


def _window_of(court: BenchCourt, under_way: int) -> Window:
    wire = court.wire
    return Window(
        hit=lambda _position: court.hit(),
        done=lambda: len(wire.handed) // NOTICES_OF_A_HIT,
        reach=lambda count: wire.reach(NOTICES_OF_A_HIT * count),
        under_way=under_way,
    )


async def _bare(run: Run, servers: Servers, number: int, hits: int) -> tuple[float, float]:
    async with ServerFloor.opened(servers, run.folder / f"floor-{number}") as floor:
        window = Window(
            hit=floor.hit, done=lambda: len(floor.wired), reach=floor.reach, under_way=run.asked.under_way
        )
        return await window.run(hits)


async def _what_broke(court: BenchCourt, hits: int) -> str | None:
    sent = await sendings_of(court.registry)
    wrong = [attempts for _, attempts in sent.values() if len(attempts) != NOTICES_OF_A_HIT]
    if len(sent) != hits or wrong:
        return (
            f"{len(sent)} of {hits} hits raised an alert, {len(wrong)} of them with other than four requests"
        )
    return None


def _figures(ours: list[tuple[float, float]], floor: list[tuple[float, float]]) -> list[Figure]:
    def figure(name: str, unit: str, values: list[float], bare: list[float]) -> Figure:
        made = Figure(name=name, unit=unit, runs=values)
        reference = replace(made, runs=bare).value
        return replace(made, reference=Reference(name="bare hops", value=reference))

    rate = figure("full hits", "hits/s", [one for one, _ in ours], [one for one, _ in floor])
    milliseconds = [[1000 * cpu for _, cpu in runs] for runs in (ours, floor)]
    return [at_least(BOUND, rate), figure("processor time of this process", "ms/hit", *milliseconds)]
