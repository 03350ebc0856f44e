"""A program out of the nursery is what it is when it was started anew."""

import json
import signal
from contextlib import closing
from pathlib import Path

import pytest

from scripts.engines.processes import Command
from scripts.town.nursery import Nursery, NurseryGone
from scripts.town.program import environment_of
from scripts.town.starting import Process, Starter, start_anew
from tests.programs import warm

BEING = "tests.contract.programs.being"
ways = pytest.mark.parametrize("starter", [start_anew, warm], ids=["anew", "warm"])


def being(folder: Path, *arguments: str, log: Path | None = None) -> Command:
    environment = environment_of({"TRACKER_WORKER": "of-this-start"})
    return Command(arguments=(BEING, *arguments), environment=environment, folder=folder, log=log)


async def begun(starter: Starter, folder: Path) -> Process:
    """A program that waits for a signal."""
    process = await starter(being(folder, "wait"))
    assert process.stdout is not None
    assert await process.stdout.readline() == b"waits\n"
    return process


async def told(starter: Starter, folder: Path, what: str) -> str:
    out, err = await (await starter(being(folder, what))).communicate()
    assert err == b""
    return out.decode()


async def test_it_is_what_it_is_when_started_anew(tmp_path: Path) -> None:
    anew = json.loads(await told(start_anew, tmp_path, "what-it-is"))

    assert anew["descriptors"] == [0, 1, 2]
    assert anew["environment"]["TRACKER_WORKER"] == "of-this-start"
    assert json.loads(await told(warm, tmp_path, "what-it-is")) == anew


async def test_no_two_draw_the_same(tmp_path: Path) -> None:
    first = await told(warm, tmp_path, "chance")
    second = await told(warm, tmp_path, "chance")

    assert set(first.split()) & set(second.split()) == set()


@ways
async def test_it_ends_with_its_own_code(starter: Starter, tmp_path: Path) -> None:
    process = await starter(being(tmp_path, "exit", "3"))

    assert (await process.wait(), process.returncode) == (3, 3)


@ways
async def test_what_it_does_not_catch_is_told_and_fails_it(starter: Starter, tmp_path: Path) -> None:
    process = await starter(being(tmp_path, "fail"))
    _, err = await process.communicate()

    assert (process.returncode, b"RuntimeError: it fails" in err) == (1, True)


@ways
@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGKILL])
async def test_a_signal_ends_it(starter: Starter, sign: signal.Signals, tmp_path: Path) -> None:
    process = await begun(starter, tmp_path)
    assert process.returncode is None
    process.send_signal(sign)

    assert await process.wait() == -sign
    await process.communicate()


@ways
async def test_it_writes_at_the_end_of_its_log(starter: Starter, tmp_path: Path) -> None:
    log = tmp_path / "being.log"
    log.write_text("of a former life\n")
    process = await starter(being(tmp_path, "fail", log=log))
    await process.wait()

    assert log.read_text().startswith("of a former life\nTraceback")
    assert process.stdout is None


async def test_it_ends_with_whoever_started_it(tmp_path: Path) -> None:
    with closing(Nursery()) as nursery:
        process = await begun(nursery.start, tmp_path)
    assert process.stdout is not None

    assert await process.stdout.read() == b""
    with pytest.raises(NurseryGone):
        await process.wait()
