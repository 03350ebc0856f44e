"""Several processes screen on one list: what callers are answered, whoever of them hangs or is killed."""

import asyncio
import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from adapters.commands.lock import locked
from schemas.documents import IdentityDocument
from schemas.messages import SightingReport
from tests.contract.edge.gate import Gate
from tests.contract.edge.program import Program, running, running_module
from tests.contract.edge.test_local_api import card_use
from tests.unit.adapters.world import PASSER_BY, PHONE, TONG, World

KEEPING = "tests.contract.edge.keeping"
WITHIN_S = 60.0
KEEPER_AWAY = {"answer": "not-screened", "reason": "keeper-away", "phone_24h": PHONE}
HIT = {"answer": "hit", "references": ["7101"], "proven": True}


async def posts(port: int, path: str, body: object) -> dict[str, Any]:
    """On a connection of its own, so that any of the screeners may answer."""
    url = f"http://127.0.0.1:{port}{path}"
    async with aiohttp.ClientSession() as session, session.post(url, json=body) as response:
        return dict(await response.json())


async def gets(port: int, path: str) -> dict[str, Any]:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}{path}") as response:
        return dict(await response.json())


async def screens(port: int, document: IdentityDocument, event_id: str = "rail-1") -> dict[str, Any]:
    return await posts(port, "/screen", {**card_use(document.number), "event_id": event_id})


async def becomes(port: int, answer: Mapping[str, Any]) -> set[str]:
    """Asks until a passer-by is answered this; the answers before it."""
    before: set[str] = set()
    async with asyncio.timeout(WITHIN_S):
        while (now := await screens(port, PASSER_BY)) != answer:
            before.add(now["answer"])
            await asyncio.sleep(0.1)
    return before


async def all_screen(port: int) -> dict[str, Any]:
    """Until no screener is missing; what `/readyz` says of them then."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            screeners: dict[str, Any] = (await gets(port, "/readyz"))["screeners"]
            if screeners["screening"] == screeners["wanted"]:
                return screeners
            await asyncio.sleep(0.1)


async def starts(keeper: Program) -> int:
    """Until a screener answers; the port."""
    port = (await keeper.logs("adapter-listening"))["port"]
    await all_screen(port)
    return int(port)


def is_there(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


async def hits_answered(port: int, first: int, last: int) -> set[str]:
    """The event ids of those of these uses of 佟's card, all at once, that were answered as hits."""
    uses = [f"rail-{number}" for number in range(first, last)]
    answers = await asyncio.gather(*(screens(port, TONG, use) for use in uses), return_exceptions=True)
    return {use for use, answer in zip(uses, answers, strict=True) if answer == HIT}


async def reported_later(folder: Path) -> set[str]:
    """The event ids of all that an edge has to report that is started on the same folder."""
    with locked(folder / "rail"):
        world = await World.start(folder)
        await world.settle()
        heard = world.court.heard_of(SightingReport)
        await world.stop()
    return {report.event_id for report in heard if isinstance(report, SightingReport)}


async def test_they_answer_as_one(tmp_path: Path) -> None:
    numbers = [PASSER_BY.number, TONG.number]
    async with running_module(KEEPING, str(tmp_path), "0", "2") as keeper:
        port = await starts(keeper)
        clear = await screens(port, PASSER_BY)
        hit = await screens(port, TONG)
        sifted = await posts(port, "/sift", {"kind": "resident-id", "numbers": numbers})
        stop = await posts(port, "/instructions/7101/before-stop", {})
        nothing = await gets(port, "/elsewhere")

    assert (clear, hit) == ({"answer": "clear"}, HIT)
    assert sifted == {"answer": "sifted", "screen": [1], "invalid": {}, "others": {"answer": "clear"}}
    assert (stop["answer"], stop["reason"]) == ("do-not-stop", "not-confirmed")
    assert nothing["type"].endswith("nothing-here")


async def test_no_hit_that_was_answered_is_lost_whoever_is_killed(tmp_path: Path) -> None:
    async with running_module(KEEPING, str(tmp_path), "0", "2") as keeper:
        port = await starts(keeper)
        under_way = asyncio.create_task(hits_answered(port, 0, 200))
        await asyncio.sleep(0)
        first = await screens(port, TONG, "rail-first")
        os.kill(keeper.children[0], signal.SIGKILL)
        answered = await under_way
        again = await all_screen(port)
        under_way = asyncio.create_task(hits_answered(port, 200, 400))
        second = await screens(port, TONG, "rail-second")
        keeper.process.kill()
        answered |= await under_way
        nobody = await screens(port, PASSER_BY)
        reported = await reported_later(tmp_path)

    assert (first, second, again) == (HIT, HIT, {"wanted": 2, "screening": 2})
    assert answered | {"rail-first", "rail-second"} <= reported
    assert nobody == KEEPER_AWAY


async def test_the_next_keeper_takes_the_place_of_one_that_was_killed(tmp_path: Path) -> None:
    async with running_module(KEEPING, str(tmp_path), "0", "1") as keeper:
        port = await starts(keeper)
        left_behind = keeper.children
        keeper.process.kill()
        alone = await becomes(port, KEEPER_AWAY)
        async with running_module(KEEPING, str(tmp_path), str(port), "1") as following:
            await following.logs("screener-ready")
            await becomes(port, {"answer": "clear"})

    assert alone <= {"clear"}
    assert not is_there(left_behind[0])


async def test_nobody_is_clear_while_the_keeper_hangs(tmp_path: Path) -> None:
    async with running_module(KEEPING, str(tmp_path), "0", "1") as keeper:
        port = await starts(keeper)
        keeper.process.send_signal(signal.SIGSTOP)
        await becomes(port, KEEPER_AWAY)
        of_an_officer = await posts(port, "/instructions/7101/before-stop", {})
        ready = await gets(port, "/readyz")
        keeper.process.send_signal(signal.SIGCONT)
        await becomes(port, {"answer": "clear"})

    assert of_an_officer["type"].endswith("keeper-away")
    assert PHONE in of_an_officer["detail"]
    assert (ready["ready"], ready["reasons"][0]["what"]) == (False, "keeper-away")


@pytest.fixture
def trial(tmp_path: Path) -> dict[str, str]:
    """Settings of an adapter without a broker."""
    return {"environment": "trial", "broker_url": f"embedded:///{tmp_path / 'bus.sqlite'}"}


async def test_the_adapter_runs_with_them_and_leaves_none_behind(
    gate: Gate, folder: Path, trial: dict[str, str]
) -> None:
    await gate.enrols(folder)
    settings = {**trial, "court_url": gate.url}

    async with running(folder, "run", "--agency", "rail", "--screeners", "2", **settings) as adapter:
        port = await starts(adapter)
        await adapter.logs("adapter-ready")
        screened = await screens(port, PASSER_BY)
        screeners = adapter.children
        ended = await adapter.stops()

    assert screened == {"answer": "not-screened", "reason": "nothing-received", "phone_24h": PHONE}
    assert len(screeners) == 2
    assert (ended.code, ended.lasted_s < 5) == (0, True)
    assert [is_there(one) for one in screeners] == [False, False]
