"""In what order a whole test run goes, and what it has to say at its end."""

from typing import Final

import pytest

from tests.faults.table import print_table

BEGUN_FIRST: Final = (
    "tests/faults/test_soak.py",
    "tests/faults/test_servers_away.py",
    "tests/faults/test_time_and_twins.py",
    "tests/acceptance/test_the_benches_run.py",
    "tests/acceptance/test_the_story_as_processes.py",
    "tests/acceptance/test_the_programs_run.py",
)
"""What takes long or mostly waits goes on beside the others; at the end everybody would wait for it alone."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    file = item.nodeid.partition("::")[0]
    return BEGUN_FIRST.index(file) if file in BEGUN_FIRST else len(BEGUN_FIRST)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    print_table(terminalreporter)
