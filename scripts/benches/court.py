"""The whole system under a bench: people on the list, loops at work, and hits handed to the edges."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from adapters.machine import SystemClock
from adapters.running import run_until_cancelled
from notifications.channels.port import Channel
from notifications.channels.recorder import Recorder
from scripts import cast
from scripts.benches.edges import Edges, EdgesApart, EdgesHere, Standing, Taken
from scripts.benches.listing import list_one, list_people, number_of, submit_people
from scripts.benches.servers import ServerEngines
from scripts.benches.wire import Commits, Log, Wire
from scripts.engines.port import Engines
from scripts.system import Shifts, System, World
from tracker.domain.court_time import court_day
from tracker.domain.entries import Cause
from tracker.domain.ids import EntryId
from tracker.domain.people import Actor, system_actor
from tracker.entropy import SystemEntropy
from tracker.loops.heartbeats import HeartbeatLoop
from tracker.services.entries.approval import approve_entry
from tracker.services.entries.standing import Stop, stop_entries
from tracker.storage import entry_locks, people

NOTICES_OF_A_HIT: Final = 4
"""Judge and duty officer, by SMS and by push."""
CANARY: Final = 1
"""A record of every list."""
IN_FORCE_WITHIN_S: Final = 600.0
LOOK_EVERY_S: Final = 0.2
ENTER_AT_ONCE: Final = 4
WITHDRAWN: Final = Stop(cause=Cause.WITHDRAWN, ends=True)
STAMPED: Final = ("alert-raised", "instruction-changed", "change-numbered", "message-posted")


def world_of(data: Path, engines: Engines, channels: Sequence[Channel], *, has_edges: bool) -> World:
    """The court of a bench today, with everybody on shift. The broker's client logs nothing."""
    logging.getLogger("aiormq").setLevel(logging.CRITICAL)
    clock = SystemClock()
    today = court_day(clock.now())
    first, last = today - timedelta(days=1), today + timedelta(days=30)
    return World(
        data=data,
        clock=clock,
        entropy=SystemEntropy(),
        shifts=Shifts(first=first, last=last, duty=(first, last)),
        recorder=Recorder(),
        channels=channels,
        engines=engines,
        has_edges=has_edges,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """An entry before whoever approves it, who types the number again."""

    entry_id: EntryId
    number: str
    approver: Actor


@asynccontextmanager
async def _edges(system: System, engines: Engines, data: Path) -> AsyncIterator[Edges]:
    if isinstance(engines, ServerEngines):
        async with EdgesApart.started(engines.premises(data)) as apart:
            yield apart
    else:
        yield EdgesHere(system.edges)


class BenchCourt:
    """A running system. Each hit is of another person, so that each raises an alert."""

    def __init__(self, system: System, edges: Edges, wire: Wire, log: Log) -> None:
        self.edges = edges
        self._clock = system.world.clock
        self.system = system
        self.registry = system.court.registry
        self.wire = wire
        self.log = log
        self.alerts = Commits("alert")
        system.court.database.on_written(self.alerts.hear)
        self._entering = asyncio.Semaphore(ENTER_AT_ONCE)
        self._known = 0
        self._listed = 0
        self._withdrawn = 0
        self._used = 0

    @classmethod
    @asynccontextmanager
    async def running(
        cls, data: Path, engines: Engines, answers_after_s: float
    ) -> AsyncIterator["BenchCourt"]:
        """Until the end of the block."""
        wire, log = Wire(answers_after_s), Log(data / "log.jsonl", *STAMPED)
        world = world_of(data, engines, wire.channels, has_edges=not isinstance(engines, ServerEngines))
        clock = world.clock
        system = await System.open(world)
        loops = asyncio.create_task(run_until_cancelled(system.parts, clock.now))
        try:
            async with _edges(system, engines, data) as edges:
                yield cls(system, edges, wire, log)
        finally:
            loops.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await loops
            await system.close()
            log.close()

    async def lists(self, count: int) -> None:
        """So many further people are in force at every agency, and proven."""
        await self.fill(count)
        await self._look_over_the_tables()
        await self.until_in_force()
        async with asyncio.timeout(IN_FORCE_WITHIN_S):
            # Each heartbeat loop begins with one: nobody waits ten seconds for the next.
            await HeartbeatLoop(
                self.registry, self.system.bus, self.system.court.court_id, self._clock.elapsed
            ).step()
            await self._until(self._is_proven)

    async def _look_over_the_tables(self) -> None:
        """What PostgreSQL does by itself within a minute, and has long done in a running court."""
        async with self.registry.transaction() as tx:
            if tx.db.dialect.name == "postgresql":
                await tx.db.exec_driver_sql("ANALYZE")

    async def fill(self, count: int) -> None:
        """So many further people are put on the list in bulk."""
        self._listed += count
        await list_people(self.registry, self._next_positions(count), count)

    def _next_positions(self, count: int) -> int:
        """The first of the next so many people."""
        first, self._known = self._known, self._known + count
        return first

    async def until_in_force(self) -> None:
        """Until everybody listed so far is in force at every agency, and nobody else."""
        async with asyncio.timeout(IN_FORCE_WITHIN_S):
            await self._until(self._has_arrived)

    async def _until(self, holds: Callable[[Standing], bool]) -> None:
        while not all([holds(one) for one in await self.edges.standing()]):  # noqa: ASYNC110 - replicas tell nobody
            await asyncio.sleep(LOOK_EVERY_S)

    def _has_arrived(self, edge: Standing) -> bool:
        return edge.records == CANARY + self._listed - self._withdrawn and not edge.waiting

    def _is_proven(self, edge: Standing) -> bool:
        return self._has_arrived(edge) and edge.is_proven

    async def list_one(self) -> EntryId:
        """The next person is put on the list, as the service does it."""
        self._listed += 1
        # A busy machine makes whoever registers wait, not the court's loops for their connections.
        async with self._entering, self.registry.transaction() as tx:
            return await list_one(tx, self._next_positions(1))

    async def submit(self, count: int) -> Sequence[Submitted]:
        """So many further people wait for whoever approves entries, on the list of nobody."""
        first = self._next_positions(count)
        entry_ids = await submit_people(self.registry, first, count)
        async with self.registry.reading() as tx:
            leader = await people.get_actor(tx, cast.LEADER.person_id)
        return [
            Submitted(entry_id=entry_id, number=number_of(position), approver=leader)
            for position, entry_id in enumerate(entry_ids, start=first)
        ]

    async def approve(self, submitted: Submitted) -> None:
        """One of them is put on the list of every agency, as the service does it."""
        self._listed += 1
        # A busy machine makes whoever approves wait, not the court's loops for their connections.
        async with self._entering, self.registry.transaction() as tx:
            await approve_entry(tx, submitted.approver, submitted.entry_id, [submitted.number])

    async def withdraw(self, entry_id: EntryId) -> None:
        """One entry ends, as the service does it."""
        self._withdrawn += 1
        async with self.registry.transaction() as tx:
            entry = await entry_locks.lock_entry(tx, entry_id)
            await stop_entries(tx, system_actor(entry.court_id), [entry], WITHDRAWN)

    async def taken(self) -> Sequence[Taken]:
        """What each edge has taken when, of a court whose edges are elsewhere."""
        assert isinstance(self.edges, EdgesApart)
        return await self.edges.taken()

    async def hit(self, *, is_there: bool = False) -> str:
        """The next person buys a ticket or is in a hotel now, at the agencies in turn; the agency's id of the
        event.
        """
        position, self._used = self._used, self._used + 1
        return await self.edges.hit(position, is_there=is_there)
