"""Formatter, linter and type checker, with the settings of pyproject.toml, report what they are there for."""

import subprocess
from pathlib import Path

import pytest

from scripts.checks.__main__ import run_own
from scripts.checks.budgets import budget_breaches
from scripts.checks.tools import TOOLS, run_tool
from scripts.checks.tree import NoTree, read_tree
from tests.architecture.small_trees import ROOT, small_tree, write_files

TOOL = {tool.name: tool for tool in TOOLS}
PACKAGES = ("schemas", "notifications", "adapters", "tracker", "scripts", "tests")

NINE_WAYS = (
    "def way(x: int) -> int:\n"
    + "".join(f"    if x == {n}:\n        x += {n}\n" for n in range(8))
    + "    return x\n"
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    settings = {"pyproject.toml": (ROOT / "pyproject.toml").read_text(encoding="utf-8")}
    write_files(tmp_path, settings | {f"{package}/__init__.py": "" for package in PACKAGES})
    return tmp_path


def test_a_clean_project_passes_every_tool(project: Path) -> None:
    write_files(
        project,
        {
            "tracker/domain/__init__.py": "",
            "tracker/storage/__init__.py": "",
            "tracker/services/__init__.py": "",
            "tracker/web/__init__.py": "",
            "adapters/commits.py": "",
            "adapters/sqlite.py": "",
            "adapters/sqlite_driver.py": "",
            "adapters/bus/__init__.py": "",
        },
    )

    assert {name: run_tool(tool, project) for name, tool in TOOL.items()} == {
        "format": [],
        "lint": [],
        "contracts": [],
        "types": [],
    }


@pytest.mark.parametrize(
    ("tool", "text", "complaint"),
    [
        ("format", "x = [ 1 ]\n", "unformatted"),
        ("lint", NINE_WAYS, "C901 `way` is too complex (9 > 8)"),
        (
            "lint",
            "def f(a: int, *, b: int, c: int, d: int, e: int, f: int) -> None: ...\n",
            "PLR0913 Too many arguments in function definition (6 > 5)",
        ),
        ("lint", "import os\n", "F401"),
        ("lint", "from datetime import datetime\n\nAT = datetime(2026, 2, 25)\n", "DTZ001"),
        ("lint", "from .storage import x as x\n", "TID252"),
        ("lint", "# x = take(1)\n", "ERA001"),
        ("lint", "X = 1  # " + "a" * 110 + "\n", "E501"),
        ("types", "def f(x):\n    return x\n", "[no-untyped-def]"),
        ("types", "def f(x: dict) -> None: ...\n", "[type-arg]"),
        ("types", "X: int = 'one'  # type: ignore\n", "[ignore-without-code]"),
        (
            "types",
            "def f(x: bool) -> int:\n    match x:\n        case True:\n            return 1\n    return 0\n",
            "[exhaustive-match]",
        ),
    ],
)
def test_a_blemish_is_reported(project: Path, tool: str, text: str, complaint: str) -> None:
    write_files(project, {"tracker/blemish.py": text})

    assert complaint in "\n".join(run_tool(TOOL[tool], project))


def test_a_file_that_is_no_python_is_named_and_ends_no_other_check(tmp_path: Path) -> None:
    tree = small_tree(tmp_path, {"tracker/half.py": "x = 1\ndef\n"})

    assert run_own(budget_breaches, tree) == [
        "tracker/half.py:2: not Python: invalid syntax; remedy: mend it first"
    ]


def test_files_not_yet_committed_are_looked_at_and_ignored_ones_are_not(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    write_files(tmp_path, {".gitignore": "data/\n", "new.py": "", "data/court.txt": ""})

    assert [str(source.path) for source in read_tree(tmp_path).sources] == [".gitignore", "new.py"]


def test_a_folder_that_is_no_clone_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(NoTree, match="remedy: install git, work in a clone"):
        read_tree(tmp_path)
