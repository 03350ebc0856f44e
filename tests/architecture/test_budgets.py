"""The budgets hold at their edge and break one beyond it."""

from pathlib import Path

import pytest

from scripts.checks.budgets import budget_breaches
from tests.architecture.small_trees import small_tree

BODY = "    x = 1\n"


def reported(folder: Path, path: str, text: str) -> list[str]:
    return [str(breach) for breach in budget_breaches(small_tree(folder, {path: text}))]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.py", "def take() -> None:\n" + BODY * 39),
        ("a.py", "x = 1\n" * 400),
        ("a.py", "def take(a, /, b, c, *, d, e): ..."),
        ("a.py", "class Alert:\n    def take(self, a, b, c, d, e): ..."),
        ("a.py", "class Alert:\n    @classmethod\n    def take(cls, a, b, c, d, e): ..."),
        ("tracker/migrations/versions/0001_first_schema.py", "def upgrade() -> None:\n" + BODY * 500),
    ],
)
def test_within_budget(tmp_path: Path, path: str, text: str) -> None:
    assert reported(tmp_path, path, text) == []


@pytest.mark.parametrize(
    ("path", "text", "breach"),
    [
        (
            "a.py",
            "\ndef take() -> None:\n" + BODY * 40,
            "a.py:2: `take` has 41 lines, at most 40; remedy: name its steps and call them",
        ),
        (
            "a.py",
            "class Alert:\n    async def take(self):\n" + f"    {BODY}" * 40,
            "a.py:2: `take` has 41 lines, at most 40; remedy: name its steps and call them",
        ),
        (
            "console.js",
            "let x = 1;\n" * 401,
            "console.js:401: the module has 401 lines, at most 400; "
            "remedy: split it into two that each decide one thing",
        ),
        (
            "a.py",
            "def take(a, b, c, *, d, e, f): ...",
            "a.py:1: `take` takes 6 parameters, at most 5; "
            "remedy: group those that belong together in a frozen dataclass",
        ),
    ],
)
def test_beyond_budget(tmp_path: Path, path: str, text: str, breach: str) -> None:
    assert reported(tmp_path, path, text) == [breach]
