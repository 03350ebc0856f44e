"""How soon a change of the list is in force everywhere: from the commit at the court to the commit in the
replica of the last of four adapter processes.

Changes come by the clock. Each is one approval, as the service does it, of an entry that was registered and
submitted before the clock starts; it puts a person on the list of every agency.
"""

import argparse
import asyncio
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Final

from scripts.benches.arrivals import Size, offer, percentile
from scripts.benches.court import BenchCourt
from scripts.benches.edges import Taken
from scripts.benches.fan_out import FanOut
from scripts.benches.port import Run
from scripts.benches.report import Figure, Outcome, Reference, at_most
from scripts.benches.servers import ServerEngines, Servers
from scripts.benches.wire import Log

RATE: Final = 50.0
BOUNDS_MS: Final = {"p50": 30.0, "p99": 150.0}
SHARES: Final = {"p50": 0.50, "p99": 0.99}
WARM_UP: Final = 50
IN_FORCE_WITHIN_S: Final = 120.0
UNUSED_S: Final = 0.0


def add_options(parser: argparse.ArgumentParser) -> None:
    """Rate and size."""
    parser.add_argument("--rate", type=float, default=RATE, help=f"changes a second (default {RATE:g})")
    parser.add_argument("--seconds", type=float, help="of one run (default 20, quick 1)")
    parser.add_argument("--runs", type=int, help="of ours and of the floor in turn (default 5, quick 1)")


async def measure(run: Run) -> Outcome:
    """Ours and the bare fan-out in turn, on the same servers."""
    size = Size.of(run.asked, rate=RATE, seconds=20, quick_seconds=1)
    ours: list[list[float]] = []
    floor: list[list[float]] = []
    async with run.servers(run.folder) as servers:
        engines = ServerEngines(servers, run.folder.name, apart=True)
        async with BenchCourt.running(run.folder / "court", engines, UNUSED_S) as court:
            await court.lists(WARM_UP)
            for number in range(1, size.runs + 1):
                ours.append(await _ours(court, size))
                floor.append(await _bare(run, servers, number, size))
                run.say(f"run {number} of {size.runs}: {_in_short(ours[-1])} (floor {_in_short(floor[-1])})")
            if court.log.troubles:
                run.say(f"logged {dict(court.log.troubles)}")
        versions = await servers.versions()
    return Outcome(figures=[_figure(name, ours, floor) for name in SHARES], versions=versions)


async def _ours(court: BenchCourt, size: Size) -> list[float]:
    submitted = await court.submit(size.count)
    before = len(court.log.heard["instruction-changed"])
    await offer(lambda position: court.approve(submitted[position]), rate=size.rate, count=size.count)
    async with asyncio.timeout(IN_FORCE_WITHIN_S):
        await court.until_in_force()
    return [1000 * one for one in in_force_after(court.log, await court.taken(), before)]


def in_force_after(log: Log, taken: Iterable[Taken], skipped: int) -> list[float]:
    """Of each commit but for the first so many changes, the seconds until its changes had reached the last
    agency.
    """
    numbered = {event["change"]: event["sequence"] for _, event in log.heard["change-numbered"]}
    packets = {one.agency: sorted(one.packets) for one in taken}
    latest: defaultdict[str, float] = defaultdict(float)
    for committed, event in log.heard["instruction-changed"][skipped:]:
        of_agency = packets[event["agency"]]
        _, at = of_agency[bisect_left(of_agency, numbered[event["change"]], key=itemgetter(0))]
        latest[event["entries"]] = max(latest[event["entries"]], at - committed)
    return list(latest.values())


async def _bare(run: Run, servers: Servers, number: int, size: Size) -> list[float]:
    changes = max(1, size.count // 3)
    async with FanOut.opened(servers, run.folder / f"fan-out-{number}") as fan_out:
        await offer(fan_out.change, rate=size.rate, count=changes)
        async with asyncio.timeout(IN_FORCE_WITHIN_S):
            await fan_out.reach(changes)
        return [1000 * (fan_out.in_force[one] - fan_out.committed[one]) for one in range(changes)]


def _figure(name: str, ours: Sequence[list[float]], floor: Sequence[list[float]]) -> Figure:
    share = SHARES[name]
    bare = percentile([percentile(run, share) for run in floor], 0.5)
    figure = Figure(
        name=f"in force everywhere {name}",
        unit="ms",
        runs=[percentile(run, share) for run in ours],
        reference=Reference(name="bare fan-out", value=bare),
    )
    return at_most(BOUNDS_MS[name], figure)


def _in_short(run: Sequence[float]) -> str:
    return "/".join(f"{percentile(run, share):.0f}" for share in SHARES.values()) + " ms"
