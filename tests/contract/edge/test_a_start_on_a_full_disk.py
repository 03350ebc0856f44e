"""The disk is full when an adapter is started: it says so, clears nobody, and goes on once there is room."""

import resource
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.contract.edge.gate import Gate
from tests.contract.edge.program import running, running_anew
from tests.contract.edge.test_adapter_program import asks, screens_a_passer_by, trial
from tests.unit.adapters.outside import full_disk

__all__ = ["trial"]


@pytest.fixture
async def former(gate: Gate, folder: Path, trial: dict[str, str]) -> dict[str, str]:
    """The settings of an adapter that has run already, and has ended in order."""
    await gate.enrols(folder)
    settings = {**trial, "court_url": gate.url}
    async with running(folder, "run", "--agency", "rail", **settings) as adapter:
        await adapter.logs("adapter-ready")
        await adapter.stops()
    return settings


async def test_a_full_disk_is_said_from_the_start_and_heals_by_itself(
    folder: Path, former: dict[str, str]
) -> None:
    async with AsyncExitStack() as ended:
        with full_disk(0):
            program = running_anew(folder, "run", "--agency", "rail", **former)
            adapter = await ended.enter_async_context(program)
        port = (await adapter.logs("adapter-listening"))["port"]
        refused = await adapter.logs("disk-refuses")
        full = await asks(port, "readyz")
        screened = await screens_a_passer_by(port)
        resource.prlimit(
            adapter.process.pid, resource.RLIMIT_FSIZE, resource.getrlimit(resource.RLIMIT_FSIZE)
        )
        await adapter.logs("adapter-ready")
        healed = await asks(port, "readyz")

    assert (refused["what"], refused["why"]) == ("start", "disk I/O error")
    assert full["reasons"] == [
        {
            "what": "disk-refuses",
            "detail": "what lies on the disk cannot be opened (disk I/O error): nothing is screened; "
            "make room in ADAPTER_DATA, and it goes on by itself",
        }
    ]
    assert (screened["answer"], screened["reason"]) == ("not-screened", "disk-refuses")
    assert "disk-refuses" not in str(healed["reasons"])
