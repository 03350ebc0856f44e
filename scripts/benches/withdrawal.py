"""How soon a withdrawal is gone everywhere while the whole list is being filled in bulk: from the commit at
the court to the tombstone in the replica of the last of four adapter processes.
"""

import argparse
import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Final

from schemas.messages import Tombstone
from scripts.benches.arrivals import Size, offer, percentile
from scripts.benches.court import LOOK_EVERY_S, BenchCourt
from scripts.benches.edges import Taken
from scripts.benches.floor import AGENCIES
from scripts.benches.port import Run
from scripts.benches.report import Figure, Outcome, Reference, at_most
from scripts.benches.servers import ServerEngines
from scripts.benches.timing import seconds
from scripts.benches.wire import Log
from tracker.domain.ids import EntryId

RATE: Final = 2.0
P99_MS: Final = 500.0
LONGEST_MS: Final = 2_000.0
AT_ONCE: Final = 500
"""People of one step of the filling."""
GONE_WITHIN_S: Final = 120.0
UNUSED_S: Final = 0.0


def add_options(parser: argparse.ArgumentParser) -> None:
    """Rate and size."""
    parser.add_argument("--rate", type=float, default=RATE, help=f"withdrawals a second (default {RATE:g})")
    parser.add_argument("--seconds", type=float, help="of one run (default 60, quick 2)")
    parser.add_argument("--runs", type=int, help="in rest and under filling in turn (default 5, quick 1)")


async def measure(run: Run) -> Outcome:
    """Under filling, and beside it the same in rest."""
    size = Size.of(run.asked, rate=RATE, seconds=60, quick_seconds=2)
    filling: list[list[float]] = []
    in_rest: list[list[float]] = []
    filled: list[float] = []
    async with run.servers(run.folder) as servers:
        engines = ServerEngines(servers, run.folder.name, apart=True)
        async with BenchCourt.running(run.folder / "court", engines, UNUSED_S) as court:
            for number in range(1, size.runs + 1):
                listed = [await court.list_one() for _ in range(2 * size.count)]
                await court.until_in_force()
                in_rest.append(await _withdraw(court, listed[: size.count], size))
                async with _filling(court) as steps:
                    began = seconds()
                    filling.append(await _withdraw(court, listed[size.count :], size))
                    filled.append(sum(steps) / (seconds() - began))
                await court.until_in_force()
                run.say(f"run {number} of {size.runs}: {max(filling[-1]):.0f} ms at most")
        versions = await servers.versions()
    return Outcome(figures=_figures(filling, in_rest, filled), versions=versions)


@asynccontextmanager
async def _filling(court: BenchCourt) -> AsyncIterator[list[int]]:
    """People are put on the list in bulk, as fast as it goes; the size of each step that was done."""
    steps: list[int] = []
    is_over = asyncio.Event()

    async def fill() -> None:
        while not is_over.is_set():
            await court.fill(AT_ONCE)
            steps.append(AT_ONCE)

    async with asyncio.TaskGroup() as group:
        group.create_task(fill())
        yield steps
        is_over.set()


async def _withdraw(court: BenchCourt, listed: Sequence[EntryId], size: Size) -> list[float]:
    before = len(_posted(court.log))
    await offer(lambda position: court.withdraw(listed[position]), rate=size.rate, count=len(listed))
    posted = _posted(court.log)[before:]
    async with asyncio.timeout(GONE_WITHIN_S):
        while (gone := gone_after(posted, await court.taken())) is None:  # noqa: ASYNC110 - replicas tell nobody
            await asyncio.sleep(LOOK_EVERY_S)
    return [1000 * one for one in gone]


def _posted(log: Log) -> list[tuple[str, float]]:
    """Each tombstone: its message, and when its commit was told."""
    return [
        (event["message"], at) for at, event in log.heard["message-posted"] if event["kind"] == Tombstone.TYPE
    ]


def gone_after(posted: Sequence[tuple[str, float]], taken: Iterable[Taken]) -> list[float] | None:
    """Of each withdrawal, which posts one tombstone to each agency, the seconds until the last was applied;
    None while one is under way.
    """
    applied = {message: at for one in taken for message, at in one.withdrawals.items()}
    if any(message not in applied for message, _ in posted):
        return None
    each = [applied[message] - at for message, at in posted]
    return [max(each[first : first + len(AGENCIES)]) for first in range(0, len(each), len(AGENCIES))]


def _figures(
    filling: Sequence[list[float]], in_rest: Sequence[list[float]], filled: Sequence[float]
) -> list[Figure]:
    def figure(name: str, share: float) -> Figure:
        rest = percentile([percentile(run, share) for run in in_rest], 0.5)
        runs = [percentile(run, share) for run in filling]
        return Figure(name=name, unit="ms", runs=runs, reference=Reference(name="in rest", value=rest))

    return [
        figure("gone everywhere p50", 0.50),
        at_most(P99_MS, figure("gone everywhere p99", 0.99)),
        at_most(LONGEST_MS, figure("gone everywhere longest", 1.0)),
        Figure(name="put on the list meanwhile", unit="people/s", runs=filled),
    ]
