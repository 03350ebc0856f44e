"""An adapter's `/metrics`: its stretches of the path, and how its list and its store stand."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from adapters.station import Station
from adapters.web.local_api import make_local_api
from adapters.web.metrics import measured
from adapters.web.serving import serving
from scripts.invented_people import found_in
from tests.contract.edge.test_local_api import ANY_PORT, PHONE
from tests.unit.adapters.world import REFERENCE, TONG, World, card_use


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = await World.start(tmp_path)
    yield world
    await world.stop()


@pytest.fixture
def station() -> Station:
    return Station(name="rail.1", phone_24h=PHONE)


@pytest.fixture
async def url(station: Station) -> AsyncIterator[str]:
    async with serving(measured(make_local_api(station), station), ANY_PORT) as port:
        yield f"http://127.0.0.1:{port}/metrics"


async def lines_of(url: str) -> list[str]:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        assert answer.status == 200
        return (await answer.text()).splitlines()


async def test_before_its_keys_are_there_it_says_so(url: str) -> None:
    assert "adapter_has_keys 0.0" in await lines_of(url)


async def test_the_path_and_the_state_of_the_list(url: str, station: Station, world: World) -> None:
    world.timed = station.timed
    await world.restart()
    station.edge = world.edge
    await world.court.lists(REFERENCE, TONG)
    await world.beat()
    await world.edge.screen(card_use(TONG))
    await world.settle()

    shown = await lines_of(url)
    assert "adapter_card_use_to_spooled_seconds_count 1.0" in shown
    assert "adapter_packet_signed_to_applied_seconds_count 1.0" in shown
    assert "adapter_list_references 1.0" in shown
    assert "adapter_reports_waiting 0.0" in shown
    assert 'adapter_feed_condition{condition="proven"} 1.0' in shown
    assert 'adapter_trust{trust="no-hits"} 0.0' in shown
    assert found_in("\n".join(shown)) == []


async def test_what_was_refused_of_the_court_is_counted_by_kind(
    url: str, station: Station, world: World
) -> None:
    station.edge = world.edge
    await world.court.send_raw("feed", b"poison")
    await world.court.send_raw("feed", b"more poison")
    await world.settle()

    assert 'adapter_refused_messages{kind="unreadable"} 2.0' in await lines_of(url)
