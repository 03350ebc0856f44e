"""One running edge per test, on real files of its own."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.short_cuts import taking_short_cuts
from tests.unit.adapters.world import REFERENCE, TONG, World


@pytest.fixture(scope="package", autouse=True)
def short_cuts() -> Iterator[None]:
    """The edge is looked at here, and no driver."""
    with taking_short_cuts():
        yield


@pytest.fixture
async def silent(tmp_path: Path) -> AsyncIterator[World]:
    """An edge that has never heard its court."""
    started = await World.start(tmp_path)
    yield started
    await started.stop()


@pytest.fixture
async def world(silent: World) -> World:
    """An edge whose court has just been heard, with an empty list."""
    await silent.beat()
    return silent


@pytest.fixture
async def listed(silent: World) -> World:
    """An edge with 佟 on its list, to be held, and the list proven."""
    await silent.court.lists(REFERENCE, TONG)
    await silent.beat()
    silent.court.heard.clear()
    return silent


@pytest.fixture
async def confirmed(listed: World) -> World:
    """佟 is listed, and the court has said: still wanted, hold for two hours."""
    await listed.court.confirms()
    await listed.settle()
    return listed
