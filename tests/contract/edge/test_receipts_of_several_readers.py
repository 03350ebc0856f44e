"""The court is told of a change once nobody looks at what was before it, in whichever process.

The harm: "gone since 06:41" stands at the court, and a gate still reads the list of 06:40.
"""

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from schemas.messages import GoneReference, Receipt
from scripts.town.program import ROOT
from tests.unit.adapters.world import CHENG, EPOCH, REFERENCE, TONG, World


@dataclass(frozen=True, slots=True)
class Holder:
    """Another process, in the midst of a look at the list."""

    process: "subprocess.Popen[bytes]"

    def lets_go(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == b"let go\n"

    def is_killed(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
async def listed(tmp_path: Path) -> AsyncIterator[World]:
    world = await World.start(tmp_path)
    await world.court.lists(REFERENCE, TONG)
    await world.beat()
    world.court.heard.clear()
    yield world
    await world.stop()


@pytest.fixture
def holder(listed: World) -> Iterator[Holder]:
    arguments = [str(listed.folder / "rail" / "replica"), EPOCH.digest_key.hex()]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.contract.edge.holding", *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"looking\n"
        yield Holder(process)
        process.kill()


async def test_a_withdrawal_is_answered_once_the_look_before_it_is_over(
    listed: World, holder: Holder
) -> None:
    await listed.court.withdraws(REFERENCE)
    await listed.settle()
    while_looked_at = listed.court.reports()
    holder.lets_go()
    await listed.settle()

    assert while_looked_at == []
    (receipt,) = listed.court.reports()
    assert isinstance(receipt, Receipt)
    assert receipt.gone == (GoneReference(reference=REFERENCE, version=1),)


async def test_so_is_a_change_of_the_list(listed: World, holder: Holder) -> None:
    await listed.court.lists(REFERENCE + 1, CHENG)
    await listed.settle()
    while_looked_at = listed.court.reports()
    holder.lets_go()
    await listed.settle()

    assert while_looked_at == []
    (receipt,) = listed.court.reports()
    assert isinstance(receipt, Receipt)
    assert receipt.head == listed.court.head


async def test_who_was_killed_in_the_midst_of_a_look_delays_nothing(listed: World, holder: Holder) -> None:
    holder.is_killed()
    await listed.court.withdraws(REFERENCE)
    await listed.settle()

    assert len(listed.court.reports()) == 1
