"""The project's own tree keeps the rules that `./scripts/check` knows (ruff and mypy run there only)."""

import pytest

from scripts.checks.__main__ import OWN_CHECKS, run_own
from scripts.checks.imports import OURS, PURE_PARTS
from scripts.checks.tools import TOOLS, run_tool
from scripts.checks.tree import Tree, read_tree
from tests.architecture.small_trees import ROOT


@pytest.fixture(scope="session")
def this_tree() -> Tree:
    return read_tree(ROOT)


@pytest.mark.parametrize("check", OWN_CHECKS)
def test_this_tree_passes(this_tree: Tree, check: str) -> None:
    assert run_own(OWN_CHECKS[check], this_tree) == []


def test_this_tree_keeps_the_import_contracts() -> None:
    (contracts,) = (tool for tool in TOOLS if tool.name == "contracts")

    assert run_tool(contracts, ROOT) == []


@pytest.mark.parametrize("part", [pure.part for pure in PURE_PARTS])
def test_every_pure_part_exists(this_tree: Tree, part: str) -> None:
    """A part that was renamed would no longer be looked at."""
    assert part in {source.module for source in this_tree.python()}


@pytest.mark.parametrize("package", sorted(OURS - {"scripts", "tests"}))
def test_every_package_tells_that_it_is_typed(this_tree: Tree, package: str) -> None:
    assert f"{package}/py.typed" in this_tree.by_path
