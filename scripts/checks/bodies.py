"""What a test's body may not hold: a branch, and an assertion in a loop.

Must not break: whoever reads a test sees what is expected, and each of its assertions is reached each time.
What is done several times to set the scene may be a loop.
"""

import ast
from collections.abc import Iterator

from scripts.checks.tree import Breach, Source, Tree

BRANCHES = {ast.If: "if", ast.Match: "match", ast.Try: "try"}
LOOPS = (ast.For, ast.AsyncFor, ast.While)


def body_breaches(tree: Tree) -> Iterator[Breach]:
    for source in tree.python():
        if source.path.name.startswith("test_"):
            for node in source.syntax.body:
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                    yield from _breaches_in(source, node)


def _breaches_in(source: Source, test: ast.AST) -> Iterator[Breach]:
    for node in _own(test):
        if (word := BRANCHES.get(type(node))) is not None:
            yield source.breach(
                node.lineno,
                f"`{word}` in a test's body",
                remedy="write one test for each case, or put into a function what the case does not change",
            )
        if isinstance(node, LOOPS) and any(isinstance(one, ast.Assert) for one in _own(node)):
            yield source.breach(
                node.lineno,
                "an assertion in a loop",
                remedy="gather in the loop, and say behind it what all of it must be",
            )


def _own(node: ast.AST) -> Iterator[ast.stmt]:
    """The statements within, but those of functions that the test defines: a stand-in may decide."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case):
            if isinstance(child, ast.stmt):
                yield child
            if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield from _own(child)
