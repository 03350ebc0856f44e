"""The folder of a running adapter lies on a disk of its own, which fills up while the list changes: it says
so, answers by the last good list, and goes on by itself once there is room.
"""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from adapters.bus.rabbitmq import RabbitBus
from adapters.machine import SystemClock
from adapters.running import Part, Running
from adapters.sqlite import SqliteDatabase
from scripts.engines.production import Broker
from tests.awaited import awaited
from tests.contract.edge.gate import COURT_ID, Gate
from tests.contract.edge.program import Program, running
from tests.contract.edge.test_adapter_program import VHOST, asks, broker, court_on, screens_a_passer_by
from tests.contract.edge.test_court_log import RAIL
from tests.contract.edge.test_joining import AT_FIRST, commits, long_ago
from tests.contract.storage.test_feed_writer import put
from tracker.loops.feed_writer import FeedWriterLoop
from tracker.loops.heartbeats import EVERY_S, HeartbeatLoop
from tracker.loops.snapshots import SnapshotLoop

__all__ = ["broker", "long_ago"]

DISK = "8m"
LISTED = 400
"""So many changes do not fit into the pages that the list has already."""


@pytest.fixture
def disk(folder: Path) -> Iterator[Path]:
    """A file system of its own, which only the kernel says is full."""
    folder.mkdir()
    subprocess.run(("mount", "-t", "tmpfs", "-o", f"size={DISK}", "none", str(folder)), check=True)
    yield folder
    subprocess.run(("umount", "--lazy", str(folder)), check=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A court that goes on working, and the adapter that it keeps the list for."""

    gate: Gate
    bus: RabbitBus
    adapter: Program
    port: int
    disk: Path

    def fills(self) -> Path:
        """Somebody else's file takes all the room that is left."""
        ballast = self.disk / "ballast"
        with ballast.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4_096))
            except OSError:
                return ballast

    async def lists(self, first: int) -> None:
        """So many people at once."""
        await commits(self.gate, *map(put, range(first, first + LISTED)))

    async def says(self) -> dict[str, str]:
        """What is wrong with it by its own word."""
        reasons: Any = (await asks(self.port, "readyz"))["reasons"]
        return {one["what"]: one["detail"] for one in reasons}

    async def is_well_at(self, sequence: int) -> None:
        """Until its list is at that change, and nothing is wrong with it by its own word."""
        async with awaited(f"the adapter is well at change {sequence}"):
            while await self._standing() != (sequence, []):  # noqa: ASYNC110 - as its supervisor asks
                await asyncio.sleep(0.05)

    async def _standing(self) -> tuple[int, list[Any]]:
        answer: Any = await asks(self.port, "readyz")
        return answer["list"]["sequence"], answer["reasons"]


@pytest.fixture
async def line(gate: Gate, disk: Path, broker: Broker) -> AsyncIterator[Line]:
    await gate.enrols(disk)
    bus = await court_on(broker, gate)
    settings = {"court_url": gate.url, "broker_url": f"amqp://127.0.0.1:{broker.server.port}/{VHOST}"}
    async with running(disk, "run", "--agency", "rail", **settings) as adapter:
        port = (await adapter.logs("adapter-listening"))["port"]
        await adapter.logs("adapter-ready")
        yield Line(gate=gate, bus=bus, adapter=adapter, port=port, disk=disk)
    await bus.close()


@asynccontextmanager
async def at_work(line: Line) -> AsyncIterator[None]:
    """The court's loops, with ten heartbeats for one."""
    clock, registry = SystemClock(), line.gate.registry
    loops = (
        FeedWriterLoop(registry, line.bus, [RAIL]),
        HeartbeatLoop(registry, line.bus, COURT_ID, lambda: EVERY_S * clock.elapsed()),
        SnapshotLoop(registry, line.gate.shelf, COURT_ID),
    )
    books = cast(SqliteDatabase, registry.database)
    running = Running(clock.now)
    working = asyncio.create_task(running.run([Part(loops=loops, on_change=books.on_commit)]))
    yield
    running.stop()
    await working


async def test_the_list_stays_as_it_is_while_its_changes_do_not_fit(line: Line) -> None:
    async with at_work(line):
        await line.lists(1)
        await line.is_well_at(LISTED)
        ballast = line.fills()
        await line.lists(1_001)
        refused = await line.adapter.logs("disk-refuses")
        said = await line.says()
        screened = await screens_a_passer_by(line.port)
        ballast.unlink()
        await line.adapter.logs("disk-takes-again")
        await line.is_well_at(2 * LISTED)

    assert (refused["what"], refused["why"]) == ("changes", "mdb_txn_commit: No space left on device")
    assert "changes of the list cannot be written" in said["disk-refuses"]
    assert "make room in ADAPTER_DATA, and it goes on by itself" in said["disk-refuses"]
    assert screened == {"answer": "clear"}


async def test_a_whole_list_waits_for_room(long_ago: None, line: Line) -> None:
    ballast = line.fills()
    async with at_work(line):
        refused = await line.adapter.logs("disk-refuses")
        said = await line.says()
        screened = await screens_a_passer_by(line.port)
        ballast.unlink()
        await line.adapter.logs("snapshot-taken")
        await line.is_well_at(AT_FIRST)

    assert refused["what"] == "list"
    assert "the list cannot be written" in said["disk-refuses"]
    assert screened["reason"] == "list-incomplete"
