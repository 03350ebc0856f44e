"""The whole system under a bench: people on the list, loops at work, and hits handed to the edges."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

from adapters.edge.card_use import CardUse, Hit
from adapters.edge.edge import EdgeState
from adapters.machine import SystemClock
from adapters.running import run_until_cancelled
from adapters.screening import FeedCondition
from notifications.channels.recorder import Recorder
from schemas.documents import DocumentKind
from schemas.messages import Itinerary, Place, SightingKind
from scripts.benches.listing import list_people, number_of
from scripts.benches.wire import Log, Wire
from scripts.engines.port import Engines
from scripts.partners import PARTNERS
from scripts.system import Shifts, System, World
from tracker.domain.court_time import court_day
from tracker.entropy import SystemEntropy
from tracker.loops.heartbeats import HeartbeatLoop

NOTICES_OF_A_HIT: Final = 4
"""Judge and duty officer, by SMS and by push."""
IN_FORCE_WITHIN_S: Final = 600.0
LOOK_EVERY_S: Final = 0.2
ONLINE: Final = Place(name="12306", city="网络")
DEPARTS_IN: Final = timedelta(hours=3)
ARRIVES_IN: Final = timedelta(hours=9)


class BenchCourt:
    """A running system. Each hit is of another person, so that each raises an alert."""

    def __init__(self, system: System, wire: Wire, log: Log) -> None:
        self._clock = system.world.clock
        self.system = system
        self.registry = system.court.registry
        self.wire = wire
        self.log = log
        self._listed = 0
        self._used = 0

    @classmethod
    @asynccontextmanager
    async def running(
        cls, data: Path, engines: Engines, answers_after_s: float
    ) -> AsyncIterator["BenchCourt"]:
        """Until the end of the block."""
        clock, wire = SystemClock(), Wire(answers_after_s)
        today = court_day(clock.now())
        first, last = today - timedelta(days=1), today + timedelta(days=30)
        world = World(
            data=data,
            clock=clock,
            entropy=SystemEntropy(),
            shifts=Shifts(first=first, last=last, duty=(first, last)),
            recorder=Recorder(),
            channels=wire.channels,
            engines=engines,
        )
        log = Log(data / "log.jsonl")
        logging.getLogger("aiormq").setLevel(logging.CRITICAL)
        system = await System.open(world)
        loops = asyncio.create_task(run_until_cancelled(system.parts, clock.now))
        try:
            yield cls(system, wire, log)
        finally:
            loops.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await loops
            await system.close()
            log.close()

    async def lists(self, count: int) -> None:
        """So many further people are in force at every agency, and proven."""
        await list_people(self.registry, self._listed, count)
        self._listed += count
        await self._look_over_the_tables()
        async with asyncio.timeout(IN_FORCE_WITHIN_S):
            await self._until(self._has_arrived)
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

    async def _until(self, holds: Callable[[EdgeState], bool]) -> None:
        edges = self.system.edges.values()
        while not all([holds(await edge.state()) for edge in edges]):  # noqa: ASYNC110 - replicas tell nobody
            await asyncio.sleep(LOOK_EVERY_S)

    def _has_arrived(self, state: EdgeState) -> bool:
        return state.count == self._listed and not state.waiting_reports

    def _is_proven(self, state: EdgeState) -> bool:
        return self._has_arrived(state) and state.condition is FeedCondition.PROVEN

    async def hit(self) -> str:
        """The next person buys a ticket, at the agencies in turn; the agency's id of the event."""
        position, self._used = self._used, self._used + 1
        event_id = f"use-{position}"
        edge = self.system.edges[PARTNERS[position % len(PARTNERS)].kind]
        screened = await edge.screen(self._use(event_id, number_of(position)))
        assert isinstance(screened, Hit), screened
        assert screened.is_proven
        return event_id

    def _use(self, event_id: str, number: str) -> CardUse:
        now = self.registry.now()
        return CardUse(
            event_id=event_id,
            kind=SightingKind.TICKET_BOUGHT,
            occurred_at=now,
            place=ONLINE,
            document_kind=DocumentKind.RESIDENT_ID,
            number=number,
            itinerary=Itinerary(
                service="Z38",
                origin="武昌",
                destination="北京西",
                departs_at=now + DEPARTS_IN,
                arrives_at=now + ARRIVES_IN,
                coach="7",
                seat="12下",
            ),
        )
