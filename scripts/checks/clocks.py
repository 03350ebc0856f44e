"""Who may read a clock: entry points only, by name. Everyone else takes the time as an argument.

Must not break: with it, the story and the tests can jump weeks, and a promise about time can be proved.
"""

import ast
from collections.abc import Iterator

from scripts.checks.tree import Breach, Source, Tree

ENTRY_POINTS = frozenset(
    {
        "adapters/machine.py",
        "scripts/bootstrap.py",
        "scripts/benches/timing.py",
        "scripts/checks/__main__.py",
        "scripts/clocks.py",
        "scripts/main.py",
        "tests/acceptance/demonstration.py",  # measures how long a real process takes to end
        "tests/acceptance/programs.py",  # measures how long real processes take to start and to end
        "tracker/entropy.py",  # the service's own source of ids, which sort by time
    }
)

CLOCKS: dict[str, frozenset[str]] = {
    "datetime": frozenset({"now", "utcnow", "today"}),
    "date": frozenset({"today"}),
    "time": frozenset(
        {
            "clock_gettime",
            "clock_gettime_ns",
            "ctime",
            "gmtime",
            "localtime",
            "monotonic",
            "monotonic_ns",
            "perf_counter",
            "perf_counter_ns",
            "process_time",
            "process_time_ns",
            "thread_time",
            "thread_time_ns",
            "time",
            "time_ns",
        }
    ),
    "loop": frozenset({"time"}),
}
# Calls that give an event loop, whose `time()` is a clock; `time()` of a datetime is none.
LOOPS = frozenset({"get_event_loop", "get_running_loop", "new_event_loop"})


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
    names = _other_names(source)
    for node in ast.walk(source.syntax):
        if isinstance(node, ast.Attribute):
            owner = _owner(node.value, names)
            if node.attr in CLOCKS.get(owner, frozenset()):
                yield node.lineno, f"{owner}.{node.attr}"
        elif isinstance(node, ast.ImportFrom) and node.module == "time":
            for alias in node.names:
                if alias.name in CLOCKS["time"]:
                    yield node.lineno, f"time.{alias.name}"


def _other_names(source: Source) -> dict[str, str]:
    """What owners of clocks are called in this module: by import, or by assignment."""
    names: dict[str, str] = {}
    for node in ast.walk(source.syntax):
        match node:
            case ast.Import(names=imported) | ast.ImportFrom(names=imported):
                names |= {alias.asname: alias.name for alias in imported if alias.asname}
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if owner := _owner(value, names):
                names[name] = owner
    return {name: owner for name, owner in names.items() if owner in CLOCKS}


def _owner(node: ast.expr, names: dict[str, str]) -> str:
    """The owner of a clock that an expression stands for, as far as its words tell."""
    if isinstance(node, ast.Call):
        return "loop" if _last_name(node.func) in LOOPS else ""
    name = _last_name(node)
    return names.get(name, name).lstrip("_")


def _last_name(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""
