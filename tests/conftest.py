"""What a whole test run has to say at its end."""

import pytest

from tests.faults.table import print_table


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    print_table(terminalreporter)
