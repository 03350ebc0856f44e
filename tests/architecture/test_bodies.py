"""A test decides nothing, and asserts in no loop."""

from pathlib import Path

import pytest

from scripts.checks.bodies import body_breaches
from tests.architecture.small_trees import small_tree


def reported(folder: Path, body: str, path: str = "tests/unit/test_alerts.py") -> list[str]:
    text = f"async def test_that_it_is_so(x):\n    {body}\n"
    return [breach.what for breach in body_breaches(small_tree(folder, {path: text}))]


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("if x:\n        assert x", "`if` in a test's body"),
        ("match x:\n        case 1: assert x", "`match` in a test's body"),
        ("try:\n        assert x\n    except KeyError: pass", "`try` in a test's body"),
        ("with x:\n        if x: pass", "`if` in a test's body"),
        ("for one in x:\n        assert one", "an assertion in a loop"),
        ("async for one in x:\n        assert one", "an assertion in a loop"),
        ("while x():\n        with x: assert x", "an assertion in a loop"),
    ],
)
def test_what_hides_an_expectation_is_reported(tmp_path: Path, body: str, what: str) -> None:
    assert reported(tmp_path, body) == [what]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("for one in x: one()\n    assert x", id="a loop that sets the scene"),
        pytest.param("assert [one for one in x if one]", id="what a list is made of"),
        pytest.param("def stand_in(one):\n        if one: return 1\n    assert stand_in", id="a stand-in"),
    ],
)
def test_what_hides_none_is_fine(tmp_path: Path, body: str) -> None:
    assert reported(tmp_path, body) == []


def test_what_helps_tests_may_decide(tmp_path: Path) -> None:
    assert reported(tmp_path, "if x: pass", path="tests/unit/examples.py") == []
