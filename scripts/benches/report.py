"""What a bench prints: one JSON object per line, or the same as a table.

A figure stands beside its reference of the same run, since a machine drifts by a third within minutes.
"""

import importlib.metadata
import json
import os
import platform
import sqlite3
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

PACKAGES: Final = ("aio-pika", "aiosqlite", "asyncpg", "lmdb", "pydantic", "sqlalchemy", "uvloop")
DIGITS: Final = 4
HEADINGS: Final = ("figure", "value", "runs", "reference", "ratio", "target", "met")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """The floor or rival of the same run."""

    name: str
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure over all runs. `target` is the bound as text, None where nothing was promised, and `is_met`
    then too.
    """

    name: str
    unit: str
    runs: Sequence[float]
    reference: Reference | None = None
    target: str | None = None
    is_met: bool | None = None

    @property
    def value(self) -> float:
        return statistics.median(self.runs)

    @property
    def ratio(self) -> float | None:
        if self.reference is None or self.reference.value == 0:
            return None
        return self.value / self.reference.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a bench found. `versions` are those of the servers it started; `broken` tells a promise that must
    hold at any speed and did not.
    """

    figures: Sequence[Figure]
    versions: Mapping[str, str] = field(default_factory=dict)
    broken: str | None = None


def at_most(bound: float, figure: Figure) -> Figure:
    """The figure with its upper bound."""
    return _bounded(figure, f"<= {bound:g} {figure.unit}", is_met=figure.value <= bound)


def at_least(bound: float, figure: Figure) -> Figure:
    """The figure with its lower bound."""
    return _bounded(figure, f">= {bound:g} {figure.unit}", is_met=figure.value >= bound)


def _bounded(figure: Figure, target: str, *, is_met: bool) -> Figure:
    return Figure(
        name=figure.name,
        unit=figure.unit,
        runs=figure.runs,
        reference=figure.reference,
        target=target,
        is_met=is_met,
    )


def as_lines(bench: str, outcome: Outcome) -> Iterable[str]:
    """One JSON object per line: first where it ran, then every figure."""
    yield json.dumps({"bench": bench, "machine": machine(), "versions": _versions(outcome)})
    for figure in outcome.figures:
        yield json.dumps(_as_json(bench, figure))


def as_table(bench: str, outcome: Outcome) -> Iterable[str]:
    """The same for people."""
    yield f"{bench} on {_in_words(machine())}"
    yield _in_words(_versions(outcome))
    yield ""
    rows = [HEADINGS, *map(_as_row, outcome.figures)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def machine() -> dict[str, Any]:
    """Where a bench ran, without the machine's name."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(pages / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
    }


def _processor() -> str:
    named = [line for line in _lines_of("/proc/cpuinfo") if line.startswith("model name")]
    return named[0].partition(":")[2].strip() if named else platform.machine()


def _lines_of(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).exists() else []


def _versions(outcome: Outcome) -> dict[str, str]:
    packages = {name: importlib.metadata.version(name) for name in PACKAGES}
    return {
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        **packages,
        **outcome.versions,
    }


def _as_json(bench: str, figure: Figure) -> dict[str, Any]:
    reference = figure.reference
    return {
        "bench": bench,
        "figure": figure.name,
        "value": _rounded(figure.value),
        "unit": figure.unit,
        "runs": {
            "n": len(figure.runs),
            "min": _rounded(min(figure.runs)),
            "median": _rounded(figure.value),
            "max": _rounded(max(figure.runs)),
        },
        "reference": reference and {"name": reference.name, "value": _rounded(reference.value)},
        "ratio": None if figure.ratio is None else _rounded(figure.ratio),
        "target": figure.target,
        "met": figure.is_met,
    }


def _as_row(figure: Figure) -> tuple[str, ...]:
    reference, ratio = figure.reference, figure.ratio
    return (
        figure.name,
        f"{_rounded(figure.value):g} {figure.unit}",
        f"{_rounded(min(figure.runs)):g}-{_rounded(max(figure.runs)):g} ({len(figure.runs)})",
        "" if reference is None else f"{_rounded(reference.value):g} {reference.name}",
        "" if ratio is None else f"{ratio:.2f}",
        figure.target or "",
        {True: "yes", False: "NO", None: ""}[figure.is_met],
    )


def _rounded(value: float) -> float:
    """To as many significant digits as a measurement is worth."""
    return float(f"{value:.{DIGITS}g}")


def _in_words(facts: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in facts.items())
