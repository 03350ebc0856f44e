"""One running edge per test, on real files of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.adapters.world import REFERENCE, TONG, World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """An edge whose court has just been heard, with an empty list."""
    started = await World.start(tmp_path)
    await started.beat()
    yield started
    await started.stop()


@pytest.fixture
async def listed(world: World) -> World:
    """The same with 佟 on the list, to be held, and the list proven."""
    await world.court.lists(REFERENCE, TONG)
    await world.beat()
    world.court.heard.clear()
    return world
