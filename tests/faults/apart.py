"""Lives of one part alone: the railway's edge without anybody else, or the court with the police's edge."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from adapters.edge.edge import Edge
from scripts import cast
from scripts.engines.port import Engines
from scripts.partners import PARTNERS, open_edge
from scripts.pump import settle
from tests.acceptance.court import CourtStage
from tests.faults.crossings import Crossings
from tests.faults.evidence import list_waiting
from tests.faults.life import TICKET, RemainingCodes, SurvivingClock, list_alerts, living, open_edges_of
from tracker.court import Court, Ports
from tracker.key_files import load_or_make_keys
from tracker.storage.tables import alerts as alert_tables
from tracker.storage.tables import feeds as feed_tables

RAIL: Final = next(partner for partner in PARTNERS if partner.agency_id == "rail")
POLICE: Final = next(partner for partner in PARTNERS if partner.agency_id == "police")
AT_THE_POLICE: Final = replace(TICKET, event_id="police-1")


async def the_railway_alone(data: Path, engines: Engines) -> dict[str, Any]:
    """Its edge takes what waits for it and screens the ticket, for the first time or again."""
    async with _rail_edge(data, engines) as (edge, loops):
        await settle(loops)
        await edge.screen(TICKET)
        await settle(loops)
        state = await edge.state()
        return {"waiting": state.waiting_hits + state.waiting_reports}


async def the_court_and_the_police(data: Path, engines: Engines) -> dict[str, Any]:
    """The police screen the same person, and the court does what follows."""
    open_edges_of((POLICE.kind,))
    async with living(data, Crossings(), engines) as stage:
        await stage.settles()
        await stage.system.edges[POLICE.kind].screen(AT_THE_POLICE)
        await stage.settles()
        return {
            "sightings": await _list_sightings(stage),
            "alerts": [alert.state.value for alert in await list_alerts(stage)],
            "told": Counter(one.kind.value for one in stage.recorder.messages),
            "waiting": sum((await list_waiting(stage)).values()),
            "behind": await _list_behind(stage),
        }


@asynccontextmanager
async def _rail_edge(data: Path, engines: Engines) -> AsyncIterator[tuple[Edge, tuple[Any, ...]]]:
    clock, entropy = SurvivingClock(data / "clock"), RemainingCodes()
    opened = await engines.open(data, clock)
    ports = Ports(
        now=clock.now,
        elapsed=clock.elapsed,
        entropy=entropy,
        bus=opened.bus,
        channels=(),
        snapshots=data / "snapshots",
        journal=data / "journal",
    )
    keys = load_or_make_keys(data / "court-keys.json", cast.COURT.court_id)
    # It only hands the edge its keys, and takes nothing from the bus.
    court = Court(opened.database, keys, ports, cast.COURT.court_id)
    edge = await open_edge(court, opened.bus, RAIL, data / "edges" / RAIL.agency_id)
    try:
        yield edge, (opened.bus, *edge.loops)
    finally:
        await edge.close()
        await court.close()
        await opened.bus.close()


async def _list_sightings(stage: CourtStage) -> list[list[str]]:
    sighting = alert_tables.sighting.c
    async with stage.registry.reading() as tx:
        rows = await tx.rows(sa.select(sighting.agency_id, sighting.event_id))
    return sorted([row.agency_id, row.event_id] for row in rows)


async def _list_behind(stage: CourtStage) -> list[str]:
    """The agencies whose adapter has not said that it holds what its feed says."""
    feed, replica = feed_tables.feed.c, feed_tables.replica.c
    query = sa.select(feed.agency_id).where(replica.feed_id == feed.id, replica.digest != feed.digest)
    async with stage.registry.reading() as tx:
        return sorted(row.agency_id for row in await tx.rows(query))
