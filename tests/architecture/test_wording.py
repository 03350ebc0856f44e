"""Names that say nothing, unfinished work, real people and addresses of machines are found in any file.

What must be found is put together from pieces here, so that this file itself stays clean.
"""

from pathlib import Path

import pytest

from scripts.checks.wording import looks_like_a_real_number, wording_breaches
from tests.architecture.small_trees import small_tree


def reported(folder: Path, path: str, text: str) -> list[str]:
    return [breach.what for breach in wording_breaches(small_tree(folder, {path: text}))]


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("tracker/" + "utils.py", "utils"),
        ("tests/" + "common/clock.py", "common"),
        ("adapters/" + "base_channel.py", "base"),
        ("tracker/web/static/" + "helpers.js", "helpers"),
        ("notifications/" + "channel_manager.py", "manager"),
    ],
)
def test_a_name_that_says_nothing_is_reported(tmp_path: Path, path: str, word: str) -> None:
    assert reported(tmp_path, path, "") == [f"the name says nothing: `{word}`"]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("# TO" + "DO: later", "unfinished work: `TO" + "DO`"),
        ("<!-- FIX" + "ME -->", "unfinished work: `FIX" + "ME`"),
        ("raise Not" + "ImplementedError", "unfinished work: `raise Not" + "ImplementedError`"),
        ("https://pypi" + ".org/simple", "the address of a package registry: `pypi" + ".org`"),
        ("registry" + ".npmjs" + ".org", "the address of a package registry: `registry" + ".npmjs" + ".org`"),
        ("find-links /o" + "pt/wheels", "a path of one machine: `/o" + "pt/w`"),
        ("data = '/ho" + "me/li/data'", "a path of one machine: `/ho" + "me/l`"),
    ],
)
def test_forbidden_words_are_reported(tmp_path: Path, text: str, what: str) -> None:
    assert reported(tmp_path, "docs/notes.md", text) == [what]


@pytest.mark.parametrize(
    "text",
    [
        "except NotImplementedError:",
        "#!/usr/bin/env bash",
        "https://court.example/home/entries",
        "executable_path='/usr/bin/chromium'",
        "CREATE DATABASE",
    ],
)
def test_innocent_words_are_not_reported(tmp_path: Path, text: str) -> None:
    assert reported(tmp_path, "docs/notes.md", text) == []


@pytest.mark.parametrize(
    "number",
    [
        "110105" + "19491231" + "002X",
        "110105" + "19491231" + "0021",
        "310101" + "900307" + "123",
        "号码：440103" + "20010203" + "4015。",
    ],
)
def test_a_number_that_may_be_somebodys_is_real(number: str) -> None:
    assert looks_like_a_real_number(number)


@pytest.mark.parametrize(
    "number",
    [
        "990101" + "19800101" + "0017",
        "110105" + "19491331" + "0021",
        "sha256:a110105" + "19491231" + "002167",
        "1" * 18,
    ],
)
def test_an_invented_number_is_not(number: str) -> None:
    assert not looks_like_a_real_number(number)


def test_the_breach_does_not_repeat_the_number(tmp_path: Path) -> None:
    (breach,) = wording_breaches(small_tree(tmp_path, {"a.csv": "x\n110105" + "19491231" + "002X"}))

    assert str(breach) == (
        "a.csv:2: an identity number that may be somebody's (not repeated here); "
        "remedy: invent one with an area code 990000-999999"
    )
