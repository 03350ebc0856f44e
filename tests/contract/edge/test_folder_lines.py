"""`tracker serve` carries the lines by folder that the books name: by one process each, on either bus."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from adapters.bus.embedded import EmbeddedBus
from adapters.bus.port import Accepted, Answer, Bus, Delivery
from adapters.bus.rabbitmq import RabbitBus
from adapters.bus.topology import COURT
from adapters.machine import SystemClock
from adapters.sqlite import SqliteDatabase
from schemas.letters import unpack_letter
from scripts.engines.production import BROKER_SECRET, Broker
from tests.contract.bus.folder_lines import End, carry
from tests.contract.edge.gate import COURT_ID, Gate
from tests.engines import Servers
from tracker.commands.folder_lines import FolderLines
from tracker.domain.ids import AgencyId
from tracker.domain.people import system_actor
from tracker.key_files import complete_key_file
from tracker.services.agencies.enrolment import set_transport
from tracker.settings import TrackerSettings
from tracker.storage import agencies

RAIL = AgencyId("rail")
WITHIN_S = 30.0
VHOST = "folder-lines"


@pytest.fixture
async def bus(tmp_path: Path) -> AsyncIterator[EmbeddedBus]:
    """The court's own, of a trial."""
    database = await SqliteDatabase.open(tmp_path / "bus.sqlite")
    yield EmbeddedBus(database, SystemClock().now)
    await database.close()


@pytest.fixture
def settings(tmp_path: Path) -> TrackerSettings:
    keys = tmp_path / "court-keys.json"
    secrets = {"at_rest": b"a", "index": b"i", "signing": b"s", "sealing": b"x", "chain": b"c"}
    broker = {"broker": BROKER_SECRET.hex()}
    keys.write_text(json.dumps({name: secret.hex() * 32 for name, secret in secrets.items()} | broker))
    complete_key_file(keys)
    return TrackerSettings.from_environment(
        {
            "TRACKER_ENVIRONMENT": "trial",
            "TRACKER_COURT_ID": COURT_ID,
            "TRACKER_BROKER_URL": f"embedded:///{tmp_path / 'bus.sqlite'}",
            "TRACKER_KEYS_FILE": str(keys),
            "TRACKER_FOLDERS": str(tmp_path / "folders"),
        }
    )


@pytest.fixture
async def railway(tmp_path: Path, gate: Gate) -> AsyncIterator[End]:
    """The railway's end of its line, which the court has set to folders."""
    await gate.enrols(tmp_path / "rail")
    await reaches_railway(gate, is_by_folder=True)
    end = await End.open(tmp_path / "railway", ("agency.rail", COURT), SystemClock().now)
    yield end
    await end.close()


async def reaches_railway(gate: Gate, *, is_by_folder: bool) -> None:
    async with gate.registry.transaction() as tx:
        await set_transport(tx, system_actor(COURT_ID), RAIL, "one", is_by_folder=is_by_folder)


@asynccontextmanager
async def serving(settings: TrackerSettings, gate: Gate, bus: Bus) -> AsyncIterator[FolderLines]:
    """A process of the court that has looked into the books once."""
    async with FolderLines(settings, gate.registry, bus, SystemClock()) as lines:
        await lines.step()
        yield lines


async def first_letter(folder: Path) -> Path:
    async with asyncio.timeout(WITHIN_S):
        while not (letters := letters_in(folder)):  # noqa: ASYNC110 - a folder tells nobody
            await asyncio.sleep(0.05)
    return letters[0]


def letters_in(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.letter"))


async def test_what_the_court_says_lies_in_the_folder_of_the_adapter(
    settings: TrackerSettings, gate: Gate, bus: EmbeddedBus, railway: End, tmp_path: Path
) -> None:
    async with serving(settings, gate, bus) as lines:
        await bus.publish("express.rail.one", b"withdrawn", message_id="m-1", sender=COURT)
        await bus.step()
        letter = await first_letter(tmp_path / "folders" / "rail.one" / "out")

    assert unpack_letter(letter.read_bytes())[1] == b"withdrawn"
    assert lines.troubles == ()


async def test_a_second_process_leaves_a_line_to_the_first_until_that_ends(
    settings: TrackerSettings, gate: Gate, bus: EmbeddedBus, railway: End, tmp_path: Path
) -> None:
    async with serving(settings, gate, bus), serving(settings, gate, bus) as second:
        while_the_first_runs = second.carried
    async with serving(settings, gate, bus) as third:
        afterwards = third.carried

    assert (while_the_first_runs, afterwards) == ((), ("rail.one",))


async def test_a_line_without_a_place_for_its_folders_is_told(
    settings: TrackerSettings, gate: Gate, bus: EmbeddedBus, railway: End
) -> None:
    nowhere = settings.model_copy(update={"folders": None})
    async with serving(nowhere, gate, bus) as lines:
        troubles = lines.troubles

    assert troubles == (
        "line by folder to rail.one: TRACKER_FOLDERS: is not set, and rail.one is reached by folder; set it",
    )


async def test_on_a_broker_the_line_stands_in_for_the_adapter_with_its_agencys_login(
    settings: TrackerSettings, gate: Gate, servers: Servers, railway: End, tmp_path: Path
) -> None:
    broker = await Broker.set_up(await servers.rabbit(), VHOST)
    court = RabbitBus(broker.settings(COURT), now=SystemClock().now)
    heard: asyncio.Queue[Delivery] = asyncio.Queue()

    async def hear(delivery: Delivery) -> Answer:
        heard.put_nowait(delivery)
        return Accepted()

    court.subscribe("from.rail", hear)
    await court.start()
    url = SecretStr(broker.settings(COURT).url)
    on_broker = settings.model_copy(update={"broker_url": url})
    place = tmp_path / "folders" / "rail.one"
    async with serving(on_broker, gate, court):
        await court.publish("feed.rail.one", b"heartbeat", message_id="m-1", sender=COURT)
        letter = await first_letter(place / "out")
        await railway.bus.publish("from.rail", b"sighting", message_id="m-2", sender="agency.rail")
        await railway.settle()
        carry(railway.folders.outgoing, place / "in")
        async with asyncio.timeout(WITHIN_S):
            came = await heard.get()
    await court.close()

    assert unpack_letter(letter.read_bytes())[1] == b"heartbeat"
    assert (came.sender, came.message_id, came.body) == ("agency.rail", "m-2", b"sighting")


async def test_what_is_carried_is_noted_in_the_books(
    settings: TrackerSettings, gate: Gate, bus: EmbeddedBus, railway: End, tmp_path: Path
) -> None:
    place = tmp_path / "folders" / "rail.one" / "in"
    heard = asyncio.Event()

    async def hear(_delivery: Delivery) -> Answer:
        heard.set()
        return Accepted()

    bus.subscribe("from.rail", hear)
    async with serving(settings, gate, bus) as lines:
        await railway.bus.publish("from.rail", b"sighting", message_id="m-2", sender="agency.rail")
        await railway.settle()
        carry(railway.folders.outgoing, place)
        async with asyncio.timeout(WITHIN_S):
            while not heard.is_set():
                await bus.step()
                await asyncio.sleep(0.05)
        await lines.note_carryings()
    async with gate.registry.reading() as tx:
        instance = await agencies.find_instance(tx, RAIL, "one")

    assert instance is not None
    assert instance.carryings is not None
    assert len(instance.carryings.inward) == 1
