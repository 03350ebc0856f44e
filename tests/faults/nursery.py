"""Brings forth one process for each life: a fork of one that has lived before, and has nothing open.

    python -m tests.faults.nursery

reads one order a line (JSON) and answers each with the exit code of the life it asked for. A process of its
own, because a fork must find no thread and no running loop. On each kind of engines it lives once itself:
what is made at a first use and kept (compiled statements, modules, models) is made once, for all lives on
them.
"""

import asyncio
import gc
import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import Any

import structlog

from notifications.channels.port import ChannelKind
from scripts.engines.port import Engines
from scripts.town.nursery import fit_for_forks
from tests.faults.apart import the_court_and_the_police, the_railway_alone
from tests.faults.crossings import Crossings, Point, watch_ports
from tests.faults.engines import Addresses, engines_at, list_left
from tests.faults.evidence import gather, list_in_doubt, take_evidence
from tests.faults.life import AGENCIES, SCENES, a_while_goes_by, goes_on, living, open_edges_of
from tests.short_cuts import take_short_cuts

ROOT = Path(__file__).parents[2]
LONGEST_LIFE_S = 120


class Code(IntEnum):
    """How a process may end; any other way is a failure."""

    KILLED = -signal.SIGKILL
    ENDED = 0


class Part(StrEnum):
    """What lives in a process."""

    WHOLE = "whole"
    RAILWAY = "railway"
    COURT_AND_POLICE = "court-and-police"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A life in `data`: the scenes from `first` to before `last` and, if asked, a while after them; ended at
    the first of the points that it comes to, or else told in its report.
    """

    data: str
    first: int = 0
    last: int = len(SCENES)
    and_a_while: bool = False
    points: tuple[str, ...] = ()
    addresses: Addresses | None = None
    part: Part = Part.WHOLE
    is_rehearsal: bool = False
    """To be lived by whoever forks."""

    @classmethod
    def read(cls, line: str) -> "Order":
        told = json.loads(line)
        addresses = told.pop("addresses")
        part, points = Part(told.pop("part")), tuple(told.pop("points"))
        return cls(**told, part=part, points=points, addresses=Addresses(**addresses) if addresses else None)

    @property
    def death(self) -> Path:
        """Where a life that is killed leaves the point."""
        return Path(f"{self.data}.death")

    @property
    def report(self) -> Path:
        """Where a life that comes to its end tells what it leaves."""
        return Path(f"{self.data}.report")


@dataclass(frozen=True, slots=True, kw_only=True)
class Killed:
    """A life was ended at this point."""

    point: Point


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A life has come to its end, and left this."""

    left: dict[str, Any]


class Nursery:
    """The forking process, seen from a test."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    @classmethod
    @contextmanager
    def started(cls) -> Iterator["Nursery"]:
        command = (sys.executable, "-m", "tests.faults.nursery")
        pipe = subprocess.PIPE
        with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as process:
            yield cls(process)
            assert process.stdin is not None
            process.stdin.close()

    def live(self, order: Order) -> Killed | Ended:
        match self._obey(order):
            case Code.KILLED:
                return Killed(point=Point.read(order.death.read_text()))
            case Code.ENDED:
                return Ended(left=json.loads(order.report.read_text()))
            case code:
                raise AssertionError(f"a life failed with {code}: see what it wrote to standard error")

    def rehearse(self, order: Order) -> None:
        """Live once unharmed on these engines, as an example to all lives that come."""
        assert self._obey(replace(order, is_rehearsal=True)) == Code.ENDED

    def _obey(self, order: Order) -> int:
        """The exit code of the life; negative is the signal that ended it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        Path(order.data).parent.mkdir(parents=True, exist_ok=True)
        order.death.unlink(missing_ok=True)
        self._process.stdin.write(json.dumps(asdict(order)) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


async def live(order: Order) -> dict[str, Any]:
    points = {Point.read(text) for text in order.points}
    data, crossings = Path(order.data), Crossings(points=points, death=order.death)
    watch_ports(crossings)
    engines = engines_at(order.addresses, is_first_start=order.last == 0)
    match order.part:
        case Part.WHOLE:
            return await _live_whole(order, crossings, engines)
        case Part.RAILWAY:
            return await the_railway_alone(data, engines)
        case Part.COURT_AND_POLICE:
            return await the_court_and_the_police(data, engines)


async def _live_whole(order: Order, crossings: Crossings, engines: Engines) -> dict[str, Any]:
    async with living(Path(order.data), crossings, engines) as stage:
        in_doubt = gather(await list_in_doubt(stage), Path(order.data) / "in-doubt.json")
        await goes_on(stage, SCENES[order.first : order.last])
        if order.and_a_while:
            await a_while_goes_by(stage)
        evidence = await take_evidence(stage) if order.last else {}
        on_the_bus = await list_left(stage.system.bus, order.addresses)
    return {**evidence, "on the bus": on_the_bus, "crossed": crossings.seen, **_of_doubt(in_doubt)}


def rehearse(order: Order) -> int:
    """A life unharmed and unwatched in this process, which is fit for forks again afterwards."""
    gc.unfreeze()
    asyncio.run(_rehearse(order))
    fit_for_forks()
    return 0


async def _rehearse(order: Order) -> None:
    engines = engines_at(order.addresses, is_first_start=True)
    async with living(Path(order.data), Crossings(), engines) as stage:
        await goes_on(stage, SCENES)
        await take_evidence(stage)


def _of_doubt(in_doubt: Mapping[str, str]) -> dict[str, list[str]]:
    spoken = [notice_id for notice_id, channel in in_doubt.items() if channel != ChannelKind.PUSH]
    return {"in doubt": sorted(in_doubt), "in doubt and spoken": sorted(spoken)}


def fork(order: Order) -> int:
    """Live in a child, and wait for its end."""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        return os.waitstatus_to_exitcode(status)
    try:
        # Whoever reads our answers must not wait for a child that hangs: the alarm ends it.
        signal.alarm(LONGEST_LIFE_S)
        told = asyncio.run(live(order))
        order.report.write_text(json.dumps(told, ensure_ascii=False))
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def main() -> None:
    # Where the suite hears it: nothing that a life says may be about a person.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    take_short_cuts()
    open_edges_of(AGENCIES)
    for line in sys.stdin:
        order = Order.read(line)
        print(rehearse(order) if order.is_rehearsal else fork(order), flush=True)


if __name__ == "__main__":
    main()
