"""What the crash matrix stands on: a nursery of lives, and a recorded life on each engine."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engines import Servers
from tests.faults.ground import EmbeddedWorlds, Ground, ProductionWorlds
from tests.faults.nursery import Nursery
from tests.faults.table import ALONE, ENGINES, read_alone

MEMORY = Path("/dev/shm")  # noqa: S108
"""A killed process leaves what it has written, on whatever file system; the disk's own safety has a test of
its own.
"""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(ALONE, type=read_alone, help="play one kill of the crash matrix alone: 'before ARROW'")


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    with Nursery.started() as nursery:
        yield nursery


@pytest.fixture(scope="session")
def fast_folder() -> Iterator[Path]:
    where = MEMORY if MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="debtor-tracker-lives-", dir=where) as folder:
        yield Path(folder)


@pytest.fixture(scope="session", params=ENGINES)
async def ground(
    request: pytest.FixtureRequest, nursery: Nursery, servers: Servers, fast_folder: Path
) -> Ground:
    """A life on these engines, recorded."""
    engine = str(request.param)
    worlds = EmbeddedWorlds() if engine == "embedded" else await ProductionWorlds.on(servers)
    ground = Ground(name=engine, nursery=nursery, worlds=worlds, folder=fast_folder / engine)
    await ground.record()
    return ground
