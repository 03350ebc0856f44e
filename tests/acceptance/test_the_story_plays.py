"""The model case runs to its end, and a promise that is not kept ends it with its name."""

import json

import pytest

from scripts.story import play


async def test_every_promise_of_the_story_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    assert await play.play(as_json=True) == 0

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {tuple(line) for line in lines} == {("at", "step", "who", "detail", "promise")}
    promises = [line["promise"] for line in lines if line["step"] == "promise"]
    assert promises[0] == "a number has evidence, a hold has papers"
    assert "nobody stops a man who paid" in promises
    assert promises[-1] == "nobody was told anything else"
    assert lines[-1]["detail"] == f"{len(promises)} promises kept"
    assert lines[0]["at"] == "2026-02-24T09:12:00+08:00"
    assert lines[-1]["at"] == "2026-02-27T17:41:00+08:00"


async def test_a_broken_promise_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(play, "REPLY_CODES", ("11111", "22222"))

    assert await play.play(as_json=True) == 1

    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert last["step"] == "broken"
    assert last["detail"].startswith("PROMISE BROKEN  told within a second\n")
