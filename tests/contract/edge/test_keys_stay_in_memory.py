"""The keys of the list live in the memory of an adapter and of its screeners: nothing that others can read of
a process, nor a crash of it, brings them anywhere else.
"""

import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.edge.gate import Gate
from tests.contract.edge.program import running_anew
from tests.contract.edge.test_adapter_program import RAIL, trial
from tests.contract.edge.test_screeners import starts
from tests.enumeration import everything_under, who_is_found
from tracker.storage import feeds

__all__ = ["trial"]

NO_DUMP = "Max core file size        0                    0                    bytes"


@pytest.fixture
def dumps_allowed() -> Iterator[None]:
    """As on a machine that keeps the memory of whatever crashes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))


def limits_of(pid: int) -> list[str]:
    return [line.strip() for line in Path(f"/proc/{pid}/limits").read_text().splitlines()]


def shown_of(pid: int) -> bytes:
    """What lists of processes show."""
    return Path(f"/proc/{pid}/cmdline").read_bytes() + Path(f"/proc/{pid}/environ").read_bytes()


@pytest.mark.usefixtures("dumps_allowed")
async def test_they_come_onto_no_disk_and_into_no_list_of_processes(
    gate: Gate, folder: Path, trial: dict[str, str]
) -> None:
    await gate.enrols(folder)
    settings = {**trial, "court_url": gate.url}
    async with running_anew(folder, "run", "--agency", "rail", "--screeners", "2", **settings) as adapter:
        await starts(adapter)
        pids = [adapter.process.pid, *adapter.children]
        limits = [limits_of(pid) for pid in pids]
        seen = b"".join(map(shown_of, pids)) + everything_under(folder)
    async with gate.registry.reading() as tx:
        keys = (await feeds.get_feed(tx, RAIL)).keys

    assert [NO_DUMP in of_one for of_one in limits] == [True, True, True]
    assert who_is_found(seen, {"token key": (keys.token_key,), "digest key": (keys.digest_key,)}) == set()
