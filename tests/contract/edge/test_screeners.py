"""Several processes screen on one list: what callers are answered, whoever of them hangs or is killed."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import select

from adapters.sqlite import SqliteDatabase
from adapters.store.tables import hits
from schemas.documents import IdentityDocument
from tests.contract.edge.gate import Gate
from tests.contract.edge.program import Program, running, running_module
from tests.contract.edge.test_local_api import card_use
from tests.unit.adapters.world import PASSER_BY, PHONE, TONG

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


async def metrics(port: int) -> list[str]:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/metrics") as answer:
        return (await answer.text()).splitlines()


async def screens(port: int, document: IdentityDocument, event_id: str = "rail-1") -> dict[str, Any]:
    return await posts(port, "/screen", {**card_use(document.number), "event_id": event_id})


async def becomes(port: int, answer: Mapping[str, Any]) -> None:
    """Asks until a passer-by is answered this."""
    async with asyncio.timeout(WITHIN_S):
        while await screens(port, PASSER_BY) != answer:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.1)


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


async def kept_hits(folder: Path) -> set[str]:
    """The event ids of all that lies in the store of an edge."""
    database = await SqliteDatabase.open(folder / "rail" / "edge.sqlite")
    async with database.reading() as tx:
        kept = set((await tx.execute(select(hits.c.event_id))).scalars())
    await database.close()
    return kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A keeper, and where its two screeners answer."""

    keeper: Program
    port: int


@pytest.fixture(scope="module")
async def kept(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Kept]:
    async with running_module(KEEPING, str(tmp_path_factory.mktemp("edge")), "0", "2") as keeper:
        yield Kept(keeper=keeper, port=await starts(keeper))


async def test_they_answer_as_one(kept: Kept) -> None:
    numbers = [PASSER_BY.number, TONG.number]
    sifted = await posts(kept.port, "/sift", {"kind": "resident-id", "numbers": numbers})
    stop = await posts(kept.port, "/instructions/7101/before-stop", {})
    nothing = await gets(kept.port, "/elsewhere")

    assert await screens(kept.port, PASSER_BY) == {"answer": "clear"}
    assert await screens(kept.port, TONG) == HIT
    assert sifted == {"answer": "sifted", "screen": [1], "invalid": {}, "others": {"answer": "clear"}}
    assert (stop["answer"], stop["reason"]) == ("do-not-stop", "not-confirmed")
    assert nothing["type"].endswith("nothing-here")


async def test_nobody_is_clear_while_the_keeper_hangs(kept: Kept) -> None:
    kept.keeper.process.send_signal(signal.SIGSTOP)
    await becomes(kept.port, KEEPER_AWAY)
    of_an_officer = await posts(kept.port, "/instructions/7101/before-stop", {})
    ready = await gets(kept.port, "/readyz")
    kept.keeper.process.send_signal(signal.SIGCONT)
    await becomes(kept.port, {"answer": "clear"})

    assert of_an_officer["type"].endswith("keeper-away")
    assert PHONE in of_an_officer["detail"]
    assert (ready["ready"], ready["reasons"][0]["what"]) == (False, "keeper-away")


async def test_a_screener_that_hangs_is_replaced(kept: Kept) -> None:
    """The harm: it looks at an old list for ever, and the court never hears that anybody is gone."""
    os.kill(kept.keeper.children[0], signal.SIGSTOP)
    await kept.keeper.logs("screener-hangs")
    await kept.keeper.logs("screener-ended")

    assert await all_screen(kept.port) == {"wanted": 2, "screening": 2}


async def test_no_hit_that_was_answered_is_lost_whoever_is_killed(tmp_path: Path) -> None:
    async with running_module(KEEPING, str(tmp_path), "0", "2") as keeper:
        port = await starts(keeper)
        under_way = asyncio.create_task(hits_answered(port, 0, 60))
        first = await screens(port, TONG, "rail-first")
        os.kill(keeper.children[0], signal.SIGKILL)
        answered = await under_way
        again = await all_screen(port)
        under_way = asyncio.create_task(hits_answered(port, 60, 120))
        second = await screens(port, TONG, "rail-second")
        keeper.process.kill()
        answered |= await under_way
        await becomes(port, KEEPER_AWAY)
        kept = await kept_hits(tmp_path)
        async with running_module(KEEPING, str(tmp_path), str(port), "1") as following:
            await following.logs("screener-ready")
            await becomes(port, {"answer": "clear"})

    assert (first, second, again) == (HIT, HIT, {"wanted": 2, "screening": 2})
    assert answered | {"rail-first", "rail-second"} <= kept


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
        measured = await metrics(port)
        screeners = adapter.children
        ended = await adapter.stops()

    assert screened == {"answer": "not-screened", "reason": "nothing-received", "phone_24h": PHONE}
    assert "adapter_screeners_screening 2.0" in measured
    assert len(screeners) == 2
    assert (ended.code, ended.lasted_s < 5) == (0, True)
    assert [is_there(one) for one in screeners] == [False, False]
