"""What every acceptance test stands on. An SMS that a test does not read fails it."""

import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog

from adapters.bus.embedded import EmbeddedBus
from tests.acceptance.court import CourtStage, Opening, open_stage, refuse_inside_transaction
from tests.acceptance.scenes import Scene, Scenes
from tracker.domain.ids import EntryId


@pytest.fixture(scope="session", autouse=True)
def quiet_logs() -> Iterator[None]:
    """The tests read what people get, not logs."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session", autouse=True)
def bus_refuses_transactions() -> Iterator[None]:
    """The real bus, which refuses to be awaited while a transaction is held."""
    publish = EmbeddedBus.publish

    async def publish_outside(
        bus: EmbeddedBus, queue: str, body: bytes, *, message_id: str, sender: str
    ) -> None:
        refuse_inside_transaction()
        await publish(bus, queue, body, message_id=message_id, sender=sender)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(EmbeddedBus, "publish", publish_outside)
        yield


@pytest.fixture(scope="session")
def scenes(tmp_path_factory: pytest.TempPathFactory, bus_refuses_transactions: None) -> Scenes:
    """What has happened before a test begins, played once and copied for each test."""
    return Scenes(tmp_path_factory.mktemp("scenes"))


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
    if "dispatched" in asked:
        return await scenes.dispatched()
    if "taken" in asked:
        return await scenes.taken()
    if "alerted" in asked:
        return await scenes.alerted()
    return await (scenes.seeking_a() if "entry_a" in asked else scenes.moved_in())


@pytest.fixture
def data(tmp_path: Path, scene: Scene) -> Path:
    """The folder of the test's own court."""
    return scene.copied_to(tmp_path / "data")


@pytest.fixture
async def stage(data: Path, scene: Scene) -> AsyncIterator[CourtStage]:
    """The whole system at noon on 25 February 2026."""
    async with open_stage(Opening(data=data, reply_codes=scene.codes_left)) as stage:
        yield stage
        await stage.settles()
        assert stage.unread_sms() == [], "somebody got an SMS that the test did not expect"


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
