"""The table of the crash matrix, printed at the end of a test run that has filled any of it."""

import argparse
from collections.abc import Iterable, Mapping
from typing import Final

import pytest

from tests.faults.crossings import Point, When
from tests.faults.path import ARROWS, PATH

CELL: Final = "crash-matrix-cell"
ENGINES: Final = ("embedded", "production")
ALONE: Final = "--alone"
POINTS: Final = [
    Point(arrow=arrow, when=when) for arrows in ARROWS.values() for arrow in arrows for when in When
]
HELD, BROKEN, NOT_RUN = "held", "BROKEN", "-"


def fill(reports: Iterable[object], result: str) -> dict[str, str]:
    """The cells that these reports are about; a module that could not be read has none."""
    told = [one for one in reports if isinstance(one, pytest.TestReport)]
    return {str(value): result for report in told for name, value in report.user_properties if name == CELL}


def cell(engine: str, point: Point) -> str:
    return f"{engine}|{point}"


def read_alone(text: str) -> Point:
    """A point of the table, as a test's output names it."""
    named = [point for point in POINTS if str(point) == text]
    if not named:
        raise argparse.ArgumentTypeError(f"{text!r} stands in no row; say it as the tests do: {POINTS[0]}")
    return named[0]


def table(cells: Mapping[str, str]) -> list[str]:
    """One line for each arrow, under its row of the path; before and after it, on each engine."""
    columns = [(engine, when) for engine in ENGINES for when in When]
    lines = [f"{'':62}" + "".join(f"{engine:<20}" for engine in ENGINES)]
    lines.append(f"{'killed':62}" + "".join(f"{when.value:<10}" for _, when in columns))
    for row, what in PATH.items():
        lines.append(f"{row:>2} {what}")
        for arrow in ARROWS[row]:
            points = [(engine, Point(arrow=arrow, when=when)) for engine, when in columns]
            results = [cells.get(cell(engine, point), NOT_RUN) for engine, point in points]
            lines.append(f"     {arrow:<57}" + "".join(f"{result:<10}" for result in results))
    return lines


def print_table(terminal: pytest.TerminalReporter) -> None:
    """Only when the run has filled a cell."""
    stats = terminal.stats
    broken = fill([*stats.get("failed", ()), *stats.get("error", ())], BROKEN)
    cells = {**fill(stats.get("passed", ()), HELD), **broken}
    if not cells:
        return
    terminal.section("crash matrix")
    for line in table(cells):
        terminal.write_line(line)
    held = sum(result == HELD for result in cells.values())
    engines = {name.partition("|")[0] for name in cells}
    terminal.write_line(f"{held} of {len(POINTS) * len(engines)} cells held on {', '.join(sorted(engines))}")
