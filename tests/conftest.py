"""In which order, and in whose hands, a whole test run goes; and what it has to say at its end."""

import gc
from collections.abc import Iterator
from itertools import cycle
from typing import Final

import pytest

from tests.faults.table import print_table

LONG: Final = "tests/faults/test_soak.py"
"""Begun first: at the end everybody would wait for it alone."""
WAITING: Final = (
    "tests/faults/test_servers_away.py",
    "tests/faults/test_time_and_twins.py",
    "tests/acceptance/test_the_story_as_processes.py",
    "tests/acceptance/test_the_programs_run.py",
)
"""Wait for a minute or more, and need little else: two processes do them while the others work."""
WAITERS: Final = ("waiting-1", "waiting-2")
QUICK: Final = "tests/unit/"
"""The last, so that no process is left with something long."""


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """What shares something dear to make (servers, played scenes, recorded lives) stays in one process."""
    waiters = cycle(WAITERS)
    places: dict[pytest.Item, int] = {}
    for item in items:
        file = item.nodeid.partition("::")[0]
        group = next(waiters) if file in WAITING else _sharing(item, file)
        if group:
            item.add_marker(pytest.mark.xdist_group(group))
        places[item] = _place(file, group)
    yield
    items.sort(key=places.__getitem__)


def _sharing(item: pytest.Item, file: str) -> str | None:
    """The suite and the engine of a test that needs a whole system, or servers."""
    suite = file.split("/")[1]
    params = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    for fixture in ("engines", "ground"):
        if fixture in params:
            return f"{suite}-{params[fixture]}"
    return suite if "servers" in getattr(item, "fixturenames", ()) else None


def _place(file: str, group: str | None) -> int:
    if file == LONG:
        return 0
    if group is not None:
        return 1 if group in WAITERS else 2 if group.endswith("-production") else 3
    return 5 if file.startswith(QUICK) else 4


def pytest_collection_finish() -> None:
    """What is loaded by now lives as long as the run: no collection of garbage need look at it again."""
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    print_table(terminalreporter)
