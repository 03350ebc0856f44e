"""A court with many open alerts and no agencies at work: what the benches of notices stand on.

Its loops do not run by themselves; a bench runs those that it is about.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from adapters.running import Part, run_until_cancelled
from notifications.channels.port import Channel
from schemas.documents import DocumentKind, DocumentRefused, normalise_document
from schemas.messages import Itinerary, Place, SightingKind
from scripts.benches.court import world_of
from scripts.benches.listing import list_people, number_of
from scripts.benches.servers import ServerEngines
from scripts.benches.wire import Log
from scripts.system import System
from tracker.domain.ids import AgencyId, AlertId
from tracker.domain.matching import Likeness
from tracker.domain.plans import Seen
from tracker.services.alerts.sightings import ReportedUse, Trace, take_sightings
from tracker.storage.tables import alerts

RAIL: Final = AgencyId("rail")
TAKEN_AT_ONCE: Final = 50
DEPARTS_IN: Final = timedelta(hours=3)
ARRIVES_IN: Final = timedelta(hours=9)
"""Near enough that no night holds a notice back."""


class AlarmedCourt:
    def __init__(self, system: System, log: Log) -> None:
        self.registry = system.court.registry
        self.log = log
        self._system = system
        self._raised = 0

    @classmethod
    @asynccontextmanager
    async def opened(
        cls, data: Path, engines: ServerEngines, channels: Sequence[Channel]
    ) -> AsyncIterator["AlarmedCourt"]:
        """Until the end of the block."""
        log = Log(data / "log.jsonl")
        system = await System.open(world_of(data, engines, channels, has_edges=False))
        try:
            yield cls(system, log)
        finally:
            await system.close()
            log.close()

    async def raise_alerts(self, count: int, *, are_there: bool = False) -> Sequence[AlertId]:
        """So many further people are listed, and seen buying a ticket, or in a hotel now."""
        first, self._raised = self._raised, self._raised + count
        await list_people(self.registry, first, count)
        await self._look_over_the_tables()
        for begin in range(first, first + count, TAKEN_AT_ONCE):
            async with self.registry.transaction() as tx:
                positions = range(begin, min(begin + TAKEN_AT_ONCE, first + count))
                await take_sightings(tx, [_use(one, tx.at, are_there=are_there) for one in positions])
        await self._look_over_the_tables()
        async with self.registry.reading() as tx:
            newest = sa.select(alerts.alert.c.id).order_by(alerts.alert.c.raised_at.desc()).limit(count)
            return [AlertId(row.id) for row in await tx.rows(newest)]

    async def _look_over_the_tables(self) -> None:
        """What PostgreSQL does by itself within a minute, and has long done in a running court."""
        async with self.registry.transaction() as tx:
            await tx.db.exec_driver_sql("ANALYZE")

    @asynccontextmanager
    async def at_work(self, *names: str) -> AsyncIterator[None]:
        """These loops run until the end of the block."""
        loops = tuple(loop for loop in self._system.court.loops if loop.name in names)
        assert len(loops) == len(names), [loop.name for loop in self._system.court.loops]
        part = Part(loops=loops, on_change=self._system.court.database.on_commit)
        running = asyncio.create_task(run_until_cancelled([part], self.registry.now))
        try:
            yield
        finally:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running


def _use(position: int, at: datetime, *, are_there: bool) -> ReportedUse:
    document = normalise_document(DocumentKind.RESIDENT_ID, number_of(position))
    assert not isinstance(document, DocumentRefused)
    return ReportedUse(
        agency_id=RAIL,
        event_id=f"use-{position}",
        seen=_in_a_hotel(at) if are_there else _ticket(at),
        document=document,
        read=Likeness(name=None, birth_date=None, sex=None),
        trace=Trace(correlation=f"use-{position}", received_at=at),
    )


def _in_a_hotel(at: datetime) -> Seen:
    place = Place(name="如归旅店", city="北京")
    return Seen(kind=SightingKind.HOTEL_CHECK_IN, occurred_at=at, place=place, itinerary=None)


def _ticket(at: datetime) -> Seen:
    return Seen(
        kind=SightingKind.TICKET_BOUGHT,
        occurred_at=at,
        place=Place(name="12306", city="网络"),
        itinerary=Itinerary(
            service="Z38",
            origin="武昌",
            destination="北京西",
            departs_at=at + DEPARTS_IN,
            arrives_at=at + ARRIVES_IN,
            coach="7",
            seat="12下",
        ),
    )
