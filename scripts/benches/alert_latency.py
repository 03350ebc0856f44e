"""How soon a hit reaches the phones: two people by two channels, until the last of the four requests is
handed to its channel.

`handed-to-wire` counts from the moment the hit was due at the edge, `committed-to-wire` from the commit of
its alert. Hits arrive by the clock, so that one that waits for another counts its wait. Idle: one hit a
second. On the servers a rival is measured, too.
"""

import argparse
import asyncio
from collections import defaultdict
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Final

from scripts.benches.arrivals import Size, offer, percentile
from scripts.benches.court import NOTICES_OF_A_HIT, BenchCourt
from scripts.benches.floor import EmbeddedFloor, Floor, ServerFloor
from scripts.benches.port import Run
from scripts.benches.report import Figure, Outcome, Reference, at_most
from scripts.benches.rival import Rival
from scripts.benches.servers import ServerEngines, Servers
from scripts.benches.wire import sendings_of
from scripts.engines.embedded import EmbeddedEngines
from scripts.engines.port import Engines

PRODUCTION: Final = "production"
EMBEDDED: Final = "embedded"
IDLE: Final = "idle"
RATES: Final = {PRODUCTION: 20.0, EMBEDDED: 5.0}
IDLE_RATE: Final = 1.0
BOUNDS_MS: Final = {
    (PRODUCTION, "p50"): 40.0,
    (PRODUCTION, "p99"): 200.0,
    (IDLE, "p50"): 25.0,
    (EMBEDDED, "p99"): 1000.0,
}
SHARES: Final = {"p50": 0.50, "p99": 0.99}
HANDED: Final = "handed-to-wire"
COMMITTED: Final = "committed-to-wire"
RIVAL: Final = "Alertmanager, alert to webhook"
ANSWERS_AFTER_S: Final = 0.1
ALL_WIRED_WITHIN_S: Final = 300.0


def add_options(parser: argparse.ArgumentParser) -> None:
    """Engines, rate and size."""
    parser.add_argument("--engines", choices=(*RATES, "both"), default="both", help="default both")
    parser.add_argument("--rate", type=float, help="hits a second (default 20, embedded 5)")
    parser.add_argument("--seconds", type=float, help="of one run (default 30, quick 2)")
    parser.add_argument("--runs", type=int, help="of ours and of the floor in turn (default 5, quick 1)")
    parser.add_argument(
        "--answer-ms",
        type=float,
        default=1000 * ANSWERS_AFTER_S,
        help="how long a channel takes to answer a request (default 100)",
    )


@dataclass(frozen=True, slots=True)
class Latencies:
    """In milliseconds, by figure and run, of ours or of the floor."""

    runs: dict[str, list[list[float]]] = field(default_factory=lambda: {HANDED: [], COMMITTED: []})

    def add(self, handed: list[float], committed: list[float]) -> None:
        self.runs[HANDED].append(handed)
        self.runs[COMMITTED].append(committed)

    def of(self, figure: str, share: float) -> list[float]:
        return [percentile(one, share) for one in self.runs[figure]]


@dataclass(frozen=True, slots=True)
class _Measured:
    """By what was offered, ours and the floor; and the rival."""

    ours: defaultdict[str, Latencies] = field(default_factory=lambda: defaultdict(Latencies))
    floor: defaultdict[str, Latencies] = field(default_factory=lambda: defaultdict(Latencies))
    rival: list[list[float]] = field(default_factory=list)

    def figures(self) -> list[Figure]:
        """Each beside its floor; at last the rival's."""
        return [
            *(
                _figure(offered, figure, name, ours, self.floor[offered])
                for offered, ours in self.ours.items()
                for figure in ours.runs
                for name in SHARES
            ),
            *(
                Figure(name=f"{RIVAL} {name}", unit="ms", runs=[percentile(one, share) for one in self.rival])
                for name, share in SHARES.items()
                if self.rival
            ),
        ]


async def measure(run: Run) -> Outcome:
    """The engines in turn, each with its floor."""
    asked = run.asked
    figures: list[Figure] = []
    versions: dict[str, str] = {}
    broken: list[str] = []
    for engines in RATES if asked.engines == "both" else (asked.engines,):
        size = Size.of(asked, rate=RATES[engines], seconds=30, quick_seconds=2)
        if engines == PRODUCTION:
            async with run.servers(run.folder) as servers:
                versions = await servers.versions()
                bench = _Bench(run, size, servers)
                figures += await bench.figures()
        else:
            bench = _Bench(run, size, None)
            figures += await bench.figures()
        broken += bench.broken
    return Outcome(figures=figures, versions=versions, broken="; ".join(broken) or None)


class _Bench:
    def __init__(self, run: Run, size: Size, servers: Servers | None) -> None:
        self._run = run
        self._size = size
        self._servers = servers
        self._engines = EMBEDDED if servers is None else PRODUCTION
        self._folder = run.folder / f"on-{self._engines}"
        self._offers = {self._engines: size}
        if servers is not None:
            self._offers[IDLE] = Size(rate=IDLE_RATE, count=max(2, size.count // 20), runs=size.runs)
        self.broken: list[str] = []

    async def figures(self) -> list[Figure]:
        """Ours and the floor in turn."""
        size, measured = self._size, _Measured()
        engines: Engines = (
            EmbeddedEngines()
            if self._servers is None
            else ServerEngines(self._servers, self._run.folder.name)
        )
        answers_after_s = self._run.asked.answer_ms / 1000
        async with BenchCourt.running(self._folder / "court", engines, answers_after_s) as court:
            warm_up = Size(rate=size.rate, count=max(4, size.count // 10), runs=1)
            needed = warm_up.count + sum(one.count * one.runs for one in self._offers.values())
            self._run.say(f"{self._engines}: listing {needed} people")
            await court.lists(needed)
            await self._ours(court, warm_up)
            for number in range(1, size.runs + 1):
                for name, offered in self._offers.items():
                    measured.ours[name].add(*await self._ours(court, offered))
                    measured.floor[name].add(*await self._floor(f"{name}-{number}", offered))
                    short = _in_short(measured.ours[name], measured.floor[name])
                    self._run.say(f"{name}: run {number} of {size.runs}: {short}")
                await self._rival(measured, number)
            self._judge(court)
        return measured.figures()

    async def _ours(self, court: BenchCourt, size: Size) -> tuple[list[float], list[float]]:
        before, hits = len(court.wire.handed), size.count
        offered = await offer(lambda _position: court.hit(), rate=size.rate, count=hits)
        async with asyncio.timeout(ALL_WIRED_WITHIN_S):
            await court.wire.reach(before + NOTICES_OF_A_HIT * hits)
        sent = await sendings_of(court.registry)
        told = {event["alert"]: at for at, event in court.log.heard["alert-raised"]}
        handed, committed = [], []
        for due, event_id in offered:
            alert_id, attempts = sent[event_id]
            if len(attempts) != NOTICES_OF_A_HIT:
                self.broken.append(f"{len(attempts)} requests for one hit instead of {NOTICES_OF_A_HIT}")
            wired = max(court.wire.handed[attempt] for attempt in attempts)
            handed.append(1000 * (wired - due))
            # The line of the log comes after its requests, which begin with the commit.
            committed.append(1000 * (wired - court.alerts.last_before(told[alert_id])))
        return handed, committed

    async def _floor(self, name: str, size: Size) -> tuple[list[float], list[float]]:
        # It drifts less than ours, and a run of it need not be as long.
        hits = max(1, size.count // 3)
        async with self._floor_opened(name) as floor:
            offered = await offer(floor.hit, rate=size.rate, count=hits)
            async with asyncio.timeout(ALL_WIRED_WITHIN_S):
                await floor.reach(hits)
            wired, committed = floor.wired, floor.committed
            return (
                [1000 * (wired[position] - due) for position, (due, _) in enumerate(offered)],
                [1000 * (wired[position] - committed[position]) for position in range(hits)],
            )

    async def _rival(self, measured: "_Measured", number: int) -> None:
        if self._servers is None:
            return
        hits = max(1, self._size.count // 3)
        async with Rival.opened(self._folder / f"rival-{number}") as rival:
            offered = await offer(rival.hit, rate=self._size.rate, count=hits)
            async with asyncio.timeout(ALL_WIRED_WITHIN_S):
                await rival.reach(hits)
            measured.rival.append([1000 * (rival.wired[one] - due) for one, (due, _) in enumerate(offered)])

    def _floor_opened(self, name: str) -> AbstractAsyncContextManager[Floor]:
        folder = self._folder / f"floor-{name}"
        return (
            EmbeddedFloor.opened(folder)
            if self._servers is None
            else ServerFloor.opened(self._servers, folder)
        )

    def _judge(self, court: BenchCourt) -> None:
        troubles = court.log.troubles
        if troubles:
            self._run.say(f"{self._engines}: logged {dict(troubles)}")


def _figure(engines: str, figure: str, name: str, ours: Latencies, floor: Latencies) -> Figure:
    bare = percentile(floor.of(figure, SHARES[name]), 0.5)
    made = Figure(
        name=f"{figure} {name} {engines}",
        unit="ms",
        runs=ours.of(figure, SHARES[name]),
        reference=Reference(name="bare hops", value=bare),
    )
    bound = BOUNDS_MS.get((engines, name))
    return made if bound is None else at_most(bound, made)


def _in_short(ours: Latencies, floor: Latencies) -> str:
    def last(latencies: Latencies, figure: str) -> str:
        newest: Sequence[float] = latencies.runs[figure][-1]
        return "/".join(f"{percentile(newest, share):.0f}" for share in SHARES.values())

    return ", ".join(
        f"{figure} {last(ours, figure)} ms (floor {last(floor, figure)})" for figure in (HANDED, COMMITTED)
    )
