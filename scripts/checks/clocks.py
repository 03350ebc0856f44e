"""Who may read a clock: entry points only, by name. Everyone else takes the time as an argument.

Must not break: with it, the story and the tests can jump weeks, and a promise about time can be proved.
"""

import ast
from collections.abc import Iterator

from scripts.checks.tree import Breach, Source, Tree

ENTRY_POINTS = frozenset(
    {
        "scripts/bootstrap.py",
        "scripts/checks/__main__.py",
        "scripts/clocks.py",
        "scripts/main.py",
        "tracker/entropy.py",  # the service's own source of ids, which sort by time
    }
)

CLOCKS: dict[str, frozenset[str]] = {
    "datetime": frozenset({"now", "utcnow", "today"}),
    "date": frozenset({"today"}),
    "time": frozenset(
        {
            "gmtime",
            "localtime",
            "monotonic",
            "monotonic_ns",
            "perf_counter",
            "perf_counter_ns",
            "time",
            "time_ns",
        }
    ),
}


def clock_breaches(tree: Tree) -> Iterator[Breach]:
    for source in tree.python():
        if str(source.path) in ENTRY_POINTS:
            continue
        for line, clock in _readings(source):
            yield source.breach(
                line,
                f"`{clock}` reads a clock outside the entry points",
                remedy="take `at: datetime` or `now: Callable[[], datetime]` as an argument",
            )


def _readings(source: Source) -> Iterator[tuple[int, str]]:
    """Also where a clock is only named, since it may be called by whoever gets it."""
    for node in ast.walk(source.syntax):
        if isinstance(node, ast.Attribute) and node.attr in CLOCKS.get(_last_name(node.value), frozenset()):
            yield node.lineno, f"{_last_name(node.value)}.{node.attr}"
        elif isinstance(node, ast.ImportFrom) and node.module == "time":
            for alias in node.names:
                if alias.name in CLOCKS["time"]:
                    yield node.lineno, f"time.{alias.name}"


def _last_name(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""
