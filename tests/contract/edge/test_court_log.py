"""What an adapter has missed of its own list is given to it, by its certificate, and to nobody else."""

from pathlib import Path

import aiohttp
import pytest

from adapters.bus.embedded import EmbeddedBus
from adapters.edge.settings import LogAway
from adapters.identity import Identity
from adapters.replica.values import FeedKey
from adapters.sqlite import SqliteDatabase
from adapters.web.court_log import HttpCourtLog
from scripts.pump import settle
from tests.contract.edge.gate import COURT_ID, Gate
from tests.contract.storage.test_feed_writer import put
from tracker.domain.ids import AgencyId
from tracker.domain.people import system_actor
from tracker.loops.feed_writer import FeedWriterLoop
from tracker.services.agencies.enrolment import revoke_instance
from tracker.services.lines.epoch_rolls import roll_epoch
from tracker.storage import feed_changes, feed_generations, feed_log, feeds

RAIL = AgencyId("rail")
FIRST = FeedKey(epoch=1, incarnation=1)


@pytest.fixture
async def packets(gate: Gate, tmp_path: Path) -> list[bytes]:
    """Three packets on the railway's feed, as they went over the bus."""
    database = await SqliteDatabase.open(tmp_path / "bus.sqlite")
    writer = FeedWriterLoop(gate.registry, EmbeddedBus(database, gate.registry.now), [RAIL])
    for reference in (1, 2, 3):
        async with gate.registry.transaction() as tx:
            await feed_changes.add_change(tx, put(reference))
        await settle([writer])
    await database.close()
    async with gate.registry.reading() as tx:
        feed = await feeds.get_feed(tx, RAIL)
        return [packet.envelope for packet in await feed_log.list_packets(tx, feed.feed_id, 0, 100)]


async def asks(gate: Gate, identity: Identity, path: str) -> tuple[int, str]:
    """Status, and the kind of the problem."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(gate.url + path, ssl=identity.tls_context()) as response,
    ):
        assert response.content_type == "application/problem+json"
        return response.status, (await response.json())["type"]


async def test_an_instance_gets_the_packets_past_its_cursor_as_they_were_signed(
    gate: Gate, folder: Path, packets: list[bytes]
) -> None:
    log = HttpCourtLog(gate.url, await gate.enrols(folder))

    assert len(packets) == 3
    assert await log.packets_after(FIRST, 0) == tuple(packets)
    assert await log.packets_after(FIRST, 2) == tuple(packets[2:])
    assert await log.packets_after(FIRST, 3) == ()


async def test_a_running_adapter_is_given_the_keys_of_every_epoch_in_force(gate: Gate, folder: Path) -> None:
    log = HttpCourtLog(gate.url, await gate.enrols(folder))
    async with gate.registry.transaction() as tx:
        await roll_epoch(tx, system_actor(COURT_ID), RAIL, operator="yunwei")
        known = await feed_generations.list_epochs(tx, RAIL)

    assert [keys.epoch for keys in known] == [2, 1]
    assert await log.epochs() == list(known)


async def test_each_agency_gets_its_own_list_only(gate: Gate, tmp_path: Path, packets: list[bytes]) -> None:
    police = HttpCourtLog(gate.url, await gate.enrols(tmp_path / "police", "police"))

    assert packets
    assert await police.packets_after(FIRST, 0) == ()


async def test_who_was_put_out_gets_nothing(gate: Gate, folder: Path, packets: list[bytes]) -> None:
    log = HttpCourtLog(gate.url, await gate.enrols(folder))
    async with gate.registry.transaction() as tx:
        await revoke_instance(tx, system_actor(COURT_ID), RAIL, "one")

    with pytest.raises(LogAway, match="does not admit this instance"):
        await log.packets_after(FIRST, 0)


async def test_a_feed_that_never_was_is_named_as_such(gate: Gate, folder: Path) -> None:
    identity = await gate.enrols(folder)

    assert await asks(gate, identity, "/edge/feeds/1/9/packets?after=0") == (404, "no-such-feed")
    with pytest.raises(LogAway, match="status 404"):
        await HttpCourtLog(gate.url, identity).packets_after(FeedKey(epoch=9, incarnation=1), 0)


@pytest.mark.parametrize(
    "after", ["", "?after=", "?after=-1", "?after=one", "?after=%D9%A3", "?after=" + "9" * 40]
)
async def test_a_sequence_that_is_none_is_refused(gate: Gate, folder: Path, after: str) -> None:
    identity = await gate.enrols(folder)

    assert await asks(gate, identity, f"/edge/feeds/1/1/packets{after}") == (400, "no-sequence")
