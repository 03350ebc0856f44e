"""The model case runs to its end on either set of engines, and a promise that is not kept ends it with its
name.
"""

import io
import json
from collections import Counter
from contextlib import redirect_stdout
from typing import Any

import pytest

from scripts.engines.port import Engines
from scripts.engines.production import Broker, ProductionEngines
from scripts.story import play
from tests.engines import Servers
from tests.kept_courts import KeptCourts

Line = dict[str, Any]


async def played(engines: Engines | None = None) -> list[Line]:
    """What the story told, to its end."""
    with redirect_stdout(io.StringIO()) as told:
        assert await play.play(engines, as_json=True) == 0, told.getvalue()[-2_000:]
    return [json.loads(line) for line in told.getvalue().splitlines()]


@pytest.fixture(scope="module")
async def story() -> list[Line]:
    return await played()


async def test_every_promise_of_the_story_is_kept(story: list[Line]) -> None:
    assert {tuple(line) for line in story} == {("at", "step", "who", "detail", "promise")}
    promises = [line["promise"] for line in story if line["step"] == "promise"]
    assert promises[0] == "a number has evidence, a hold has papers"
    assert "nobody stops a man who paid" in promises
    assert promises[-1] == "nobody was told anything else"
    assert story[-1]["detail"] == f"{len(promises)} promises kept"
    assert story[0]["at"] == "2026-02-24T09:12:00+08:00"
    assert story[-1]["at"] == "2026-02-27T17:41:00+08:00"


async def test_it_is_the_same_story_on_production_engines(story: list[Line], servers: Servers) -> None:
    broker = await Broker.set_up(await servers.rabbit(), "story")
    async with KeptCourts.kept(await servers.postgres()) as courts:
        there = await played(ProductionEngines(courts, broker))

    assert promises_in(there) == promises_in(story)
    assert who_did_what(there) == who_did_what(story)


def promises_in(story: list[Line]) -> list[str]:
    return [line["promise"] for line in story if line["promise"]]


def who_did_what(story: list[Line]) -> Counter[tuple[str, str, str, str]]:
    """Messages of one moment go out side by side."""
    return Counter((line["at"], line["step"], line["who"], line["promise"]) for line in story)


async def test_a_broken_promise_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(play, "REPLY_CODES", ("11111", "22222"))

    assert await play.play(as_json=True) == 1

    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert last["step"] == "broken"
    assert last["detail"].startswith("PROMISE BROKEN  told within a second\n")
