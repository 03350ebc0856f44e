"""Each test has a court of its own, with its listener for adapters."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contract.edge.gate import Gate, open_gate


@pytest.fixture
async def gate(tmp_path: Path) -> AsyncIterator[Gate]:
    async with open_gate(tmp_path / "court") as gate:
        yield gate


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The railway's own folder."""
    return tmp_path / "rail"
