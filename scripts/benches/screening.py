"""How many card uses a second one core of an adapter screens, from the number as read to the answer:
validity, token, look, and for what is on the list its tag, its last day and its tombstone.

By the way for many numbers (`POST /sift`), on a list of tokens of which one use in ten thousand hits; beside
the bare check digit, keyed BLAKE2b and LMDB look of the same run. And how many use it up together that only
screen, each a process on the same files: without the HTTP around it, all of them.
"""

import argparse
import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from scripts.benches.port import Run
from scripts.benches.processes import said_by
from scripts.benches.report import Figure, Outcome, Reference, at_most
from scripts.benches.timing import seconds
from scripts.cast import resident_number

ENDS: Final = "scripts.benches.screening_ends"
OLDEST: Final = date(1950, 1, 1)
BOUNDS: Final = {1: 0.7, 2: 0.4}
"""The share of the floor that must be reached, by epochs."""
SCREENERS: Final = (1, 2)
MEMORY_MIB: Final = 150.0
FIRST_ANSWER_S: Final = 0.5
KIB_PER_MIB: Final = 1024


def add_options(parser: argparse.ArgumentParser) -> None:
    """Size."""
    parser.add_argument("--entries", type=int, help="on the list (default 10,000,000, quick 20,000)")
    parser.add_argument("--uses", type=int, help="of one run (default 500,000, quick 20,000)")
    parser.add_argument("--runs", type=int, help="of ours and of the floor in turn (default 5, quick 1)")
    parser.add_argument(
        "--screeners", type=int, nargs="+", help="on one list at the same time (default 1 and then 2)"
    )


@dataclass(frozen=True, slots=True)
class Said:
    """What the parts have said in each run."""

    floor: list[Mapping[str, float]] = field(default_factory=list)
    ours: dict[int, list[Mapping[str, float]]] = field(default_factory=lambda: {1: [], 2: []})
    screeners: dict[int, list[list[dict[str, float]]]] = field(default_factory=dict)
    """By how many were at work, what each has said in each run."""


async def measure(run: Run) -> Outcome:
    """The lists are filled once; ours with one and two epochs, the floor, and the screeners in turn."""
    asked, is_quick = run.asked, run.asked.is_quick
    entries = asked.entries or (20_000 if is_quick else 10_000_000)
    uses = asked.uses or (20_000 if is_quick else 500_000)
    folders = {epochs: run.folder / f"epochs-{epochs}" for epochs in BOUNDS}
    for epochs, folder in folders.items():
        run.say(f"filling a list of {entries:,} in {epochs} epochs")
        _write_numbers(folder, uses)
        await said_by(ENDS, "fill", folder=str(folder), epochs=epochs, entries=entries)
    said = Said(screeners={count: [] for count in asked.screeners or SCREENERS})
    for number in range(1, (asked.runs or (1 if is_quick else 5)) + 1):
        said.floor.append(await said_by(ENDS, "floor", folder=str(folders[1])))
        for epochs, folder in folders.items():
            part = said_by(ENDS, "edge", folder=str(folder), epochs=epochs, born_at=seconds())
            said.ours[epochs].append(await part)
        for count, runs in said.screeners.items():
            at_work = (said_by(ENDS, "screener", folder=str(folders[1])) for _ in range(count))
            runs.append(await asyncio.gather(*at_work))
        run.say(f"run {number}: {_in_short(said)}")
    return Outcome(figures=_figures(said), broken=_broken(said))


def _write_numbers(folder: Path, count: int) -> None:
    folder.mkdir(parents=True)
    numbers = (
        resident_number(OLDEST + timedelta(days=position // 999), 1 + position % 999)
        for position in range(count)
    )
    (folder / "numbers").write_text("\n".join(numbers))


def _figures(said: Said) -> list[Figure]:
    bare = Figure(name="bare", unit="uses/s", runs=[one["uses"] for one in said.floor]).value
    reference = Reference(name="bare check, hash and look", value=bare)
    rates = [_rate(epochs, said.ours[epochs], reference) for epochs in BOUNDS]
    both = [one for runs in said.ours.values() for one in runs]
    return [
        *rates,
        *_beside(said),
        at_most(MEMORY_MIB, _figure("own memory", "MiB", both, lambda one: one["own_kib"] / KIB_PER_MIB)),
        at_most(
            FIRST_ANSWER_S, _figure("opened to first answer", "s", both, lambda one: one["first_answer_s"])
        ),
        _figure("start of the process to first answer", "s", both, lambda one: one["since_birth_s"]),
    ]


def _rate(epochs: int, runs: Sequence[Mapping[str, float]], reference: Reference) -> Figure:
    name = f"screened with {epochs} epoch{'s' if epochs > 1 else ''}"
    made = Figure(name=name, unit="uses/s", runs=[one["uses"] for one in runs], reference=reference)
    assert made.ratio is not None
    return Figure(
        name=name,
        unit=made.unit,
        runs=made.runs,
        reference=reference,
        target=f">= {BOUNDS[epochs]:g} of it",
        is_met=made.ratio >= BOUNDS[epochs],
    )


def _beside(said: Said) -> list[Figure]:
    """What one core of a screener does, beside the adapter alone; and what each number of them does together
    by the clock, beside the fewest.
    """
    alone = Figure(name="alone", unit="uses/s", runs=[one["uses"] for one in said.ours[1]]).value
    cores = [one["uses"] for runs in said.screeners.values() for run in runs for one in run]
    together = {
        count: Figure(
            name=f"{count} at work, by the clock",
            unit="uses/s",
            runs=[sum(one["uses_by_the_clock"] for one in run) for run in runs],
        )
        for count, runs in said.screeners.items()
    }
    fewest = Reference(name="the fewest", value=together[min(together)].value)
    return [
        Figure(
            name="a core of a screener",
            unit="uses/s",
            runs=cores,
            reference=Reference(name="the adapter alone", value=alone),
        ),
        *(replace(figure, reference=fewest) for figure in together.values()),
    ]


def _figure(
    name: str, unit: str, said: Sequence[Mapping[str, float]], value: Callable[[Mapping[str, float]], float]
) -> Figure:
    return Figure(name=name, unit=unit, runs=[value(one) for one in said])


def _in_short(said: Said) -> str:
    ours = ", ".join(f"{runs[-1]['uses']:,.0f}/s" for runs in said.ours.values())
    return f"{ours} (floor {said.floor[-1]['uses']:,.0f}/s)"


def _broken(said: Said) -> str | None:
    beside = [one for runs in said.screeners.values() for run in runs for one in run]
    hits = {one["hits"] for one in [*said.floor, *said.ours[1], *said.ours[2], *beside]}
    return None if len(hits) == 1 else f"the same uses hit {sorted(hits)} times"
