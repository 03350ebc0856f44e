"""In which order, and in whose hands, a whole test run goes; and what it has to say at its end."""

import gc
from pathlib import PurePosixPath
from typing import Any, Final
from zlib import crc32

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.faults.table import print_table

LONG: Final = "tests/faults/test_soak.py"
"""Begun first: at the end everybody would wait for it alone."""
WAITING: Final = {
    "tests/faults/test_servers_away.py": "waiting-for-servers",
    **dict.fromkeys(
        (
            "tests/faults/test_time_and_twins.py",
            "tests/acceptance/test_the_story_as_processes.py",
            "tests/acceptance/test_the_programs_run.py",
        ),
        "waiting",
    ),
}
"""Wait for a minute or more, and need little else: two processes do them while the others work."""
ON_PUSH_SERVICE: Final = "on-push-service"
SHARING: Final = {
    **WAITING,
    **dict.fromkeys(
        (
            "tests/contract/bus/",
            "tests/contract/database/",
            "tests/contract/storage/",
            "tests/contract/edge/test_adapter_program.py",
        ),
        "on-servers",
    ),
    "tests/contract/channels/test_web_push.py": ON_PUSH_SERVICE,
    "tests/browser/": "browser",
    "tests/contract/edge/": "edge",
    "tests/contract/web/": "web",
}
"""The group of what begins like this: it needs servers, or copies a court that was moved into once."""
PRODUCTION: Final = "production"
QUICK: Final = "tests/unit/"
"""The last, so that no process is left with something long."""


def group_of(nodeid: str) -> str:
    """What shares something dear to make (servers, played scenes, recorded lives) stays in one process, the
    longest of it in two. So does any file, since pytest-xdist looks through all of a process's groups after
    each test.
    """
    file = nodeid.partition("::")[0]
    suite = PurePosixPath(file).parts[1]
    for beginning, group in SHARING.items():
        if file.startswith(beginning):
            return group
    if "[web push]" in nodeid:
        return ON_PUSH_SERVICE
    if suite == "acceptance" and f"[{PRODUCTION}" in nodeid:
        return f"acceptance-{PRODUCTION}-{crc32(file.encode()) % 2}"
    for engine in (PRODUCTION, "embedded"):
        if suite in ("acceptance", "faults") and f"[{engine}" in nodeid:
            return f"{suite}-{engine}"
    return file


def place_of(nodeid: str) -> int:
    """The longest groups first, and what waits among them."""
    file, group = nodeid.partition("::")[0], group_of(nodeid)
    if file == LONG:
        return 0
    if group != file:
        return 1 if file in WAITING else 2 if PRODUCTION in group else 3
    return 5 if file.startswith(QUICK) else 4


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Hands out a group at a time (`--dist loadgroup` would do, but does not know this pytest's node ids)."""
    scheduler = LoadScopeScheduling(config, log)
    scheduler._split_scope = group_of
    return scheduler


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: place_of(item.nodeid))


def pytest_configure() -> None:
    """What is loaded while tests are collected stays: nothing of it is garbage that is worth looking for."""
    gc.disable()


def pytest_collection_finish() -> None:
    """What is loaded by now lives as long as the run: no collection of garbage need look at it again."""
    gc.freeze()
    gc.enable()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    print_table(terminalreporter)
