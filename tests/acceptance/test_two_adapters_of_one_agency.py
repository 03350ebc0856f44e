"""An agency runs two adapters: either screens by its own copy of the list, one person seen by both is one
alert, and nobody counts as gone on the word of one of them alone.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest

from adapters.bus.port import Answer, Delivery, Later
from adapters.bus.topology import LANES, topology_of
from adapters.edge.card_use import Clear, Hit
from adapters.edge.edge import Edge
from adapters.screening import FeedCondition
from schemas.measures import AgencyKind
from schemas.signing import SigningKey
from scripts.cast import JUDGE, A, B
from scripts.desk import AgencyDesk
from scripts.engines.port import Engines
from scripts.engines.production import INSTANCE, Broker, ProductionEngines
from scripts.partners import PARTNERS, AgencyKeys, Habits, load_or_make_agency_keys, open_edge
from tests.acceptance.court import CourtStage
from tests.acceptance.journeys import BEIJING_GATE
from tests.acceptance.listing import AGENCIES, B_IS_WANTED, gone_at, opens_bs_case
from tests.engines import Servers
from tracker.domain.ids import AgencyId, EntryId
from tracker.services.lines.status import list_statuses
from tracker.storage import agencies, alerts, entries, sightings
from tracker.storage.agencies import Instance

RAIL = AgencyId("rail")
RAILWAY = next(one for one in PARTNERS if one.kind is AgencyKind.RAIL)
SECOND = "two"
OTHERS = {"police", "border", "exit-entry"}
TWO_AT_THE_RAILWAY = topology_of({one: [INSTANCE] for one in OTHERS} | {RAIL: [INSTANCE, SECOND]})
SECOND_KEY = SigningKey.from_secret("rail-2", b"2" * 32)


async def nobody_is_there(delivery: Delivery) -> Answer:
    """What the court sends to an adapter that is away waits in its queue."""
    return Later("the adapter is away")


@dataclass
class SecondAdapter:
    """Another machine of the railway, with a list and a signing key of its own."""

    stage: CourtStage
    edge: Edge

    @classmethod
    async def joins(cls, stage: CourtStage) -> "SecondAdapter":
        second = Instance(agency_id=RAIL, name=SECOND, verifying=SECOND_KEY.verifying, heard_at=None)
        async with stage.registry.transaction() as tx:
            await agencies.add_instance(tx, second)
        adapter = cls(stage, await _opened(stage))
        await adapter.works()
        return adapter

    async def works(self) -> None:
        """Its loops run, its queues have rested, and the court is heard."""
        self.stage.clock.move_to(self.stage.clock.now() + timedelta(minutes=1))
        first = self.stage.system.edges[AgencyKind.RAIL]
        await self.stage.takes_up(AgencyKind.RAIL, first, self.edge.loops)
        await self.stage.waits(seconds=20)

    async def falls_away(self) -> None:
        await self.edge.close()
        for lane in LANES:
            self.stage.system.bus.subscribe(f"{lane}.{RAIL}.{SECOND}", nobody_is_there)
        await self.stage.takes_up(AgencyKind.RAIL, self.stage.system.edges[AgencyKind.RAIL])

    async def comes_back(self) -> None:
        """A second later it is started, and has heard nothing yet."""
        await self.stage.waits(seconds=1)
        self.edge = await _opened(self.stage)

    @property
    def desk(self) -> AgencyDesk:
        return AgencyDesk(self.edge, self.stage.clock)

    async def condition(self) -> FeedCondition:
        return (await self.edge.state()).condition


async def _opened(stage: CourtStage) -> Edge:
    folder = stage.system.world.data / "edges"
    sealing = load_or_make_agency_keys(folder / RAIL, RAIL).sealing
    keys = AgencyKeys(signing=SECOND_KEY, sealing=sealing)
    habits = Habits(instance=SECOND, keys=keys)
    return await open_edge(stage.system.court, stage.system.bus, RAILWAY, folder / f"{RAIL}-{SECOND}", habits)


@asynccontextmanager
async def _queues_for_two(engines: Engines, servers: Servers) -> AsyncIterator[None]:
    """A broker knows the adapters that are let in; the bus in one file knows no queues beforehand."""
    if not isinstance(engines, ProductionEngines):
        yield
        return
    await Broker.set_up(await servers.rabbit(), "acceptance", TWO_AT_THE_RAILWAY)
    yield
    await Broker.set_up(await servers.rabbit(), "acceptance")


@pytest.fixture
async def second(engines: Engines, servers: Servers, stage: CourtStage) -> AsyncIterator[SecondAdapter]:
    async with _queues_for_two(engines, servers):
        adapter = await SecondAdapter.joins(stage)
        yield adapter
        await adapter.falls_away()


async def sightings_of_the_only_alert(stage: CourtStage, entry_id: EntryId) -> int:
    async with stage.registry.reading() as tx:
        subject_id = (await entries.get_entry(tx, entry_id)).subject_id
        (alert,) = await alerts.list_alerts_of_subject(tx, subject_id)
        return len(await sightings.list_sightings_of_alert(tx, alert.alert_id))


async def are_equal(stage: CourtStage) -> dict[str, bool]:
    """Each adapter of the railway, and whether it holds what the court holds, by the court's own books."""
    async with stage.registry.reading() as tx:
        statuses = await list_statuses(tx, stage.system.court.court_id)
    (rail,) = [one for one in statuses if one.agency.agency_id == RAIL]
    return {one.name: one.is_equal for one in rail.instances}


async def test_two_adapters_of_one_agency(stage: CourtStage, second: SecondAdapter, entry_a: EntryId) -> None:
    await opens_bs_case(stage)
    entry_b = await stage.lists(B_IS_WANTED)

    # The same person at the gates of both: each hits, and the judge is told once.
    at_first = await stage.railway.opens_gate(A, BEIJING_GATE)
    await stage.waits(seconds=1)
    at_second = await second.desk.opens_gate(A, BEIJING_GATE)
    await stage.settles()

    assert at_first == at_second == Hit(references=(await stage.reference_at(AgencyKind.RAIL, entry_a),))
    assert await sightings_of_the_only_alert(stage, entry_a) == 2
    assert len(stage.sms(JUDGE)) == 1
    stage.reads_everything()

    # One falls away: the other clears B at once, and the court calls nobody gone before both have said so.
    await second.falls_away()
    await stage.withdraws(entry_b, JUDGE)

    assert await stage.railway.opens_gate(B, BEIJING_GATE) == Clear()
    assert await gone_at(stage, entry_b) == OTHERS
    assert await are_equal(stage) == {"one": True, "two": False}

    # It comes back with yesterday's word: what it finds waits, until it holds what the court holds.
    await second.comes_back()

    assert await second.condition() is FeedCondition.UNPROVEN
    waiting = await second.desk.opens_gate(A, BEIJING_GATE)
    assert waiting == Hit(references=at_first.references, is_proven=False)

    await second.works()

    assert await second.condition() is FeedCondition.PROVEN
    assert await second.desk.opens_gate(B, BEIJING_GATE) == Clear()
    assert await gone_at(stage, entry_b) == set(AGENCIES)
    assert await are_equal(stage) == {"one": True, "two": True}
    assert await sightings_of_the_only_alert(stage, entry_a) == 3
    stage.reads_everything()
