"""The railway behind a file gateway, which carries when the test says so."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from adapters.bus.folder.passage import Passage
from adapters.edge.carried_log import CarriedLog
from schemas.measures import AgencyKind
from scripts import cast
from scripts.partners import INSTANCE, PARTNERS, Habits, open_edge
from tests.acceptance.court import CourtStage
from tests.contract.bus.folder_lines import End, carry
from tracker.domain.ids import AgencyId
from tracker.domain.people import system_actor
from tracker.services.agencies.enrolment import set_transport
from tracker.storage.folder_lines import record_carryings

RAIL = AgencyId("rail")
PARTNER = next(one for one in PARTNERS if one.kind is AgencyKind.RAIL)
EVERY_MINUTES = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """Copies the letters of both ways, each half hour."""

    stage: CourtStage
    court: End
    rail: End

    async def carries(self) -> None:
        """Half an hour goes by, and everything that lies there is carried."""
        await self.stage.waits(minutes=EVERY_MINUTES)
        carry(self.court.folders.outgoing, self.rail.folders.incoming)
        carry(self.rail.folders.outgoing, self.court.folders.incoming)
        await self.stage.settles()
        async with self.stage.registry.transaction() as tx:
            await record_carryings(tx, RAIL, INSTANCE, self.court.bus.carryings)


@asynccontextmanager
async def gateway_to_the_railway(stage: CourtStage, *, is_new: bool = False) -> AsyncIterator[Gateway]:
    """The railway's adapter is started with two folders and no other way to the court; `is_new`: with nothing
    of the list.
    """
    system, clock = stage.system, stage.clock
    async with stage.registry.transaction() as tx:
        await set_transport(tx, system_actor(cast.COURT.court_id), RAIL, INSTANCE, is_by_folder=True)
    folder = system.world.data / "folders"
    court = await End.open(folder / "court", ("court", "agency.rail"), clock.now)
    rail = await End.open(folder / "rail", ("agency.rail", "court"), clock.now)
    Passage(system.bus, court.bus, RAIL, INSTANCE)
    await system.edges[AgencyKind.RAIL].close()
    log = CarriedLog(folder / "carried")
    data = system.world.data / "edges" / RAIL
    if is_new:
        shutil.rmtree(data / "replica")
    edge = await open_edge(system.court, rail.bus, PARTNER, data, Habits(log=log))
    await stage.takes_up(AgencyKind.RAIL, edge, (*court.bus.loops, *rail.bus.loops))
    yield Gateway(stage=stage, court=court, rail=rail)
    await stage.settles()
    stage.leaves(AgencyKind.RAIL)
    await court.close()
    await rail.close()
