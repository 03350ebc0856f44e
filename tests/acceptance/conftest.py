"""What every acceptance test stands on. An SMS that a test does not read fails it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from adapters.bus.embedded import EmbeddedBus
from scripts.engines.embedded import EmbeddedEngines
from scripts.engines.port import Engines
from scripts.engines.production import Broker, ProductionEngines, WholeRabbitBus
from tests.acceptance.court import CourtStage, Opening, open_stage, refuse_inside_transaction
from tests.acceptance.scenes import Scene, Scenes
from tests.engines import Servers
from tests.kept_courts import KeptCourts
from tests.short_cuts import taking_short_cuts
from tracker.domain.ids import EntryId

Publish: TypeAlias = Callable[..., Awaitable[None]]


@pytest.fixture(scope="package", autouse=True)
def short_cuts() -> Iterator[None]:
    """Hundreds of courts are opened here; the contract suites run on the drivers as they are."""
    with taking_short_cuts():
        yield


@pytest.fixture(scope="session", autouse=True)
def bus_refuses_transactions() -> Iterator[None]:
    """The real buses, which refuse to be awaited while a transaction is held."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(EmbeddedBus, "publish", outside_of_transactions(EmbeddedBus.publish))
        patch.setattr(WholeRabbitBus, "publish", outside_of_transactions(WholeRabbitBus.publish))
        yield


def outside_of_transactions(publish: Publish) -> Publish:
    async def publish_outside(*where: Any, **what: Any) -> None:
        refuse_inside_transaction()
        await publish(*where, **what)

    return publish_outside


@pytest.fixture(scope="session", params=["embedded", "production"])
async def engines(
    request: pytest.FixtureRequest, servers: Servers, bus_refuses_transactions: None
) -> AsyncIterator[Engines]:
    """Every promise is kept on both: SQLite with the embedded bus, PostgreSQL with RabbitMQ."""
    if request.param == "embedded":
        yield EmbeddedEngines()
        return
    broker = await Broker.set_up(await servers.rabbit(), "acceptance")
    async with KeptCourts.kept(await servers.postgres()) as courts:
        yield ProductionEngines(courts, broker)


@pytest.fixture(scope="session")
def scenes(tmp_path_factory: pytest.TempPathFactory, engines: Engines) -> Scenes:
    """What has happened before a test begins, played once and copied for each test."""
    return Scenes(tmp_path_factory.mktemp("scenes"), engines)


@pytest.fixture(scope="session")
async def seeking_a(scenes: Scenes) -> Scene:
    return await scenes.seeking_a()


@pytest.fixture
def entry_a(seeking_a: Scene) -> EntryId:
    """A's entry: a test that asks for it finds A on the list since the day before."""
    assert seeking_a.entry_id is not None
    return seeking_a.entry_id


@pytest.fixture
async def scene(request: pytest.FixtureRequest, scenes: Scenes) -> Scene:
    """The latest scene that the test asks for by the name of a fixture."""
    asked = request.fixturenames
    if "watched" in asked:
        return await scenes.watched()
    if "dispatched" in asked:
        return await scenes.dispatched()
    if "taken" in asked:
        return await scenes.taken()
    if "alerted" in asked:
        return await scenes.alerted()
    return await (scenes.seeking_a() if "entry_a" in asked else scenes.moved_in())


@pytest.fixture
async def data(tmp_path: Path, scene: Scene, engines: Engines) -> AsyncIterator[Path]:
    """The folder of the test's own court."""
    await engines.copy(scene.data, tmp_path / "data")
    yield tmp_path / "data"
    await engines.forget(tmp_path / "data")


@pytest.fixture
async def stage(data: Path, scene: Scene, engines: Engines) -> AsyncIterator[CourtStage]:
    """The whole system at noon on 25 February 2026."""
    async with open_stage(Opening(data=data, reply_codes=scene.codes_left, engines=engines)) as stage:
        yield stage
        await stage.settles()
        assert stage.unread_sms() == [], "somebody got an SMS that the test did not expect"


@pytest.fixture
def watched(stage: CourtStage) -> CourtStage:
    """Every adapter passes the canary each five minutes; nobody is on the list."""
    return stage


@pytest.fixture
def alerted(stage: CourtStage) -> CourtStage:
    """A minute ago A bought a ticket for Saturday; judge (40718) and duty officer (58263) have read it."""
    return stage


@pytest.fixture
def taken(stage: CourtStage) -> CourtStage:
    """As `alerted`, and the judge has taken it and answered the railway."""
    return stage


@pytest.fixture
def dispatched(stage: CourtStage) -> CourtStage:
    """A comes on the night train of 26 February; judge (40718) and bailiff (61935) go, the duty officer
    (58263) was told, the railway was answered.
    """
    return stage
