"""How long things may be: a function, a module, a list of parameters. (Complexity is ruff's.)

Keyword-only parameters count: a long list of names is a missing value, however it is passed.
"""

import ast
from collections.abc import Iterator
from typing import TypeAlias

from scripts.checks.tree import Breach, Source, Tree

FUNCTION_LINES = 40
MODULE_LINES = 400
PARAMETERS = 5

# A migration is the record of one change, listed once and never edited again.
UNBOUNDED = "tracker/migrations/versions/"

MODULE_SUFFIXES = frozenset({".py", ".js", ".css", ".sh"})

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


def budget_breaches(tree: Tree) -> Iterator[Breach]:
    for source in tree.sources:
        if source.path.suffix in MODULE_SUFFIXES and not str(source.path).startswith(UNBOUNDED):
            yield from _module_breaches(source)
            yield from _breaches_inside(source)


def _module_breaches(source: Source) -> Iterator[Breach]:
    length = len(source.lines)
    if length > MODULE_LINES:
        yield source.breach(
            MODULE_LINES + 1,
            f"the module has {length} lines, at most {MODULE_LINES}",
            remedy="split it into two that each decide one thing",
        )


def _breaches_inside(source: Source) -> Iterator[Breach]:
    if source.path.suffix == ".py":
        for node in ast.walk(source.syntax):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield from _function_breaches(source, node)


def _function_breaches(source: Source, function: Function) -> Iterator[Breach]:
    length = (function.end_lineno or function.lineno) - function.lineno + 1
    if length > FUNCTION_LINES:
        yield source.breach(
            function.lineno,
            f"`{function.name}` has {length} lines, at most {FUNCTION_LINES}",
            remedy="name its steps and call them",
        )
    parameters = _parameters(function)
    if len(parameters) > PARAMETERS:
        yield source.breach(
            function.lineno,
            f"`{function.name}` takes {len(parameters)} parameters, at most {PARAMETERS}",
            remedy="group those that belong together in a frozen dataclass",
        )


def _parameters(function: Function) -> list[str]:
    declared = function.args
    names = [argument.arg for argument in (*declared.posonlyargs, *declared.args, *declared.kwonlyargs)]
    return names[1:] if names[:1] in (["self"], ["cls"]) else names
