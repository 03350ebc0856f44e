"""In what order a whole test run goes, and what it has to say at its end."""

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
"""Wait for a minute or more, and need little else: spread out, so that the others have work meanwhile."""
QUICK: Final = "tests/unit/"
"""The last, so that no worker is left with something long."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    long, waiting, quick, others = (list[pytest.Item]() for _ in range(4))
    for item in items:
        file = item.nodeid.partition("::")[0]
        if file == LONG:
            long.append(item)
        elif file in WAITING:
            waiting.append(item)
        elif file.startswith(QUICK):
            quick.append(item)
        else:
            others.append(item)
    items[:] = [*long, *_spread(waiting, others), *quick]


def _spread(waiting: list[pytest.Item], others: list[pytest.Item]) -> list[pytest.Item]:
    """Those that wait at even distances among the others, beginning with one of them."""
    gap = len(others) // len(waiting) if waiting else 0
    spread: list[pytest.Item] = []
    for place, item in enumerate(waiting):
        spread += [item, *others[place * gap : (place + 1) * gap]]
    return spread + others[len(waiting) * gap :]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    print_table(terminalreporter)
