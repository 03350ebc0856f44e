"""What it costs to know that a list is the court's: with each change, however long the list, and in one pass
that recounts it; beside the keyed hash and the sum alone, and the same rows in LMDB alone, of the same run.

By processor time, since a share of a core was promised. A change is one of a full packet on its way into a
replica, all that is written and committed with it included. What it costs beyond its rows must not depend
on how long the list is; the rows themselves do, each on a page of its own below some more levels of a tree.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from scripts.benches.port import Run
from scripts.benches.processes import said_by
from scripts.benches.report import Figure, Outcome, Reference, at_most

ENDS: Final = "scripts.benches.digest_ends"
LENGTHS: Final = (10_000, 1_000_000, 10_000_000)
QUICK_LENGTHS: Final = (1_000, 10_000)
MOST_GROWTH: Final = 1.5
"""Of what a change costs beyond its rows, from the shortest list to the longest, which is a thousand times as
long: no more than runs of the same length differ by.
"""
PASS_MIN: Final = 10.0
SHARE_PERCENT: Final = 5.0
US: Final = 1e6
PERCENT: Final = 100
MINUTE_S: Final = 60


def add_options(parser: argparse.ArgumentParser) -> None:
    """Size."""
    parser.add_argument(
        "--lengths", type=int, nargs="+", help="of the lists (default 10 thousand, 1 and 10 million)"
    )
    parser.add_argument("--packets", type=int, help="of 500 changes in one run (default 40, quick 4)")
    parser.add_argument("--runs", type=int, help="of ours and of the floor in turn (default 5, quick 1)")


@dataclass(frozen=True, slots=True)
class Said:
    """What the parts have said in each run, of changes by the length of the list."""

    bare: list[Mapping[str, float]] = field(default_factory=list)
    changes: dict[int, list[Mapping[str, float]]] = field(default_factory=dict)
    rows: dict[int, list[Mapping[str, float]]] = field(default_factory=dict)
    passes: list[Mapping[str, float]] = field(default_factory=list)


async def measure(run: Run) -> Outcome:
    """The lists are filled once; the floor, the changes to each list and a pass over the longest in turn."""
    asked, is_quick = run.asked, run.asked.is_quick
    folders = {
        length: run.folder / f"list-{length}"
        for length in sorted(asked.lengths or (QUICK_LENGTHS if is_quick else LENGTHS))
    }
    for length, folder in folders.items():
        run.say(f"filling a list of {length:,}")
        await said_by(ENDS, "fill", folder=str(folder), entries=length)
    said = Said(changes={length: [] for length in folders}, rows={length: [] for length in folders})
    packets = asked.packets or (4 if is_quick else 40)
    for number in range(1, (asked.runs or (1 if is_quick else 5)) + 1):
        await _run_once(said, folders, packets)
        run.say(f"run {number}: {said.bare[-1]}, {said.passes[-1]}")
    return Outcome(figures=_figures(said))


async def _run_once(said: Said, folders: Mapping[int, Path], packets: int) -> None:
    said.bare.append(await said_by(ENDS, "bare", entries=max(folders)))
    for length, folder in folders.items():
        said.changes[length].append(await said_by(ENDS, "change", folder=str(folder), packets=packets))
        said.rows[length].append(await said_by(ENDS, "bare-change", folder=str(folder), packets=packets))
    said.passes.append(await said_by(ENDS, "recount", folder=str(folders[max(folders)])))


def _figures(said: Said) -> list[Figure]:
    bare = _figure("bare", "us", said.bare, _cost_us).value
    rows = {length: _figure("rows", "us", runs, _cost_us).value for length, runs in said.rows.items()}
    changes = [
        _figure(
            f"a change to {length:,}",
            "us",
            runs,
            _cost_us,
            Reference(name="its rows alone", value=rows[length]),
        )
        for length, runs in said.changes.items()
    ]
    beyond = {length: _beyond_rows(said, length) for length in (min(rows), max(rows))}
    growth = [long / short for short, long in zip(beyond[min(rows)], beyond[max(rows)], strict=True)]
    longest = max(said.changes)
    of_each = Reference(name="bare hash and sum of each", value=bare * longest / US)
    return [
        *changes,
        at_most(MOST_GROWTH, Figure(name="beyond its rows, longest to shortest", unit="times", runs=growth)),
        _figure(f"{longest:,} recounted", "s", said.passes, lambda one: one["cost_s"], of_each),
        at_most(SHARE_PERCENT, _figure("share of a core in a pass", "%", said.passes, _share_percent)),
        at_most(PASS_MIN, _figure("a pass with its rests", "min", said.passes, _pass_min)),
    ]


def _beyond_rows(said: Said, length: int) -> list[float]:
    pairs = zip(said.changes[length], said.rows[length], strict=True)
    return [_cost_us(change) - _cost_us(row) for change, row in pairs]


def _cost_us(said: Mapping[str, float]) -> float:
    return said["cost_s"] * US


def _share_percent(said: Mapping[str, float]) -> float:
    return PERCENT * said["cost_s"] / said["pass_s"]


def _pass_min(said: Mapping[str, float]) -> float:
    return said["pass_s"] / MINUTE_S


def _figure(
    name: str,
    unit: str,
    said: Sequence[Mapping[str, float]],
    value: Callable[[Mapping[str, float]], float],
    reference: Reference | None = None,
) -> Figure:
    return Figure(name=name, unit=unit, runs=[value(one) for one in said], reference=reference)
