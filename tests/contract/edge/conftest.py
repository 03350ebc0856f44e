"""Each test has a court of its own, with its listener for adapters."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contract.edge.gate import Gate, move_in_without_adapters, open_gate


@pytest.fixture(scope="session")
async def moved_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a court that is copied for each test, since moving in is slow."""
    folder = tmp_path_factory.mktemp("gate") / "court"
    await move_in_without_adapters(folder)
    return folder


@pytest.fixture
def court_folder(moved_in: Path, tmp_path: Path) -> Path:
    """The folder of the test's own court."""
    return shutil.copytree(moved_in, tmp_path / "court")


@pytest.fixture
async def gate(court_folder: Path) -> AsyncIterator[Gate]:
    async with open_gate(court_folder) as gate:
        yield gate


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The railway's own folder."""
    return tmp_path / "rail"
