"""How long a whole list takes from the court's books into a replica: built and signed, fetched and verified,
loaded and swapped in; beside what LMDB alone takes to append as much.

Tokens, one document under each reference. Court, edge and floor are processes of their own on one machine.
"""

import argparse
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from scripts.benches.port import Run
from scripts.benches.processes import running, said_by
from scripts.benches.report import Figure, Outcome, Reference, at_most
from scripts.benches.snapshot_list import Listed, write_list
from scripts.engines.postgresql import PostgresServer

ENDS: Final = "scripts.benches.snapshot_ends"
MOST_BYTES_AN_ENTRY: Final = 28.0
MOST_S: Final = 90.0
MOST_TIMES_THE_FLOOR: Final = 2.0
KIB_PER_MIB: Final = 1024
US: Final = 1e6


def add_options(parser: argparse.ArgumentParser) -> None:
    """Size."""
    parser.add_argument("--entries", type=int, help="on the list (default 10,000,000, quick 20,000)")
    parser.add_argument("--runs", type=int, help="of ours and of the floor in turn (default 5, quick 1)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What the three processes of one run have said."""

    court: Mapping[str, float]
    edge: Mapping[str, float]
    floor: Mapping[str, float]


async def measure(run: Run) -> Outcome:
    """The list is written once; ours and the floor in turn."""
    entries = run.asked.entries or (20_000 if run.asked.is_quick else 10_000_000)
    async with PostgresServer.started(run.folder / "postgresql", is_safe=True) as server:
        run.say(f"writing {entries:,} entries into the books")
        listed = await write_list(server, run.folder / "court", entries)
        runs, wanted = [], run.asked.runs or (1 if run.asked.is_quick else 5)
        for number in range(1, wanted + 1):
            runs.append(await _measure_once(run.folder, listed, entries))
            run.say(f"run {number} of {wanted}: {json.dumps(_phases(runs[-1]))}")
        version = await server.version()
    return Outcome(figures=_figures(runs, entries), versions={"postgresql": version})


async def _measure_once(folder: Path, listed: Listed, entries: int) -> Measured:
    floor = await said_by(ENDS, "floor", folder=str(folder / "floor"), entries=entries)
    shutil.rmtree(folder / "floor")
    async with running(ENDS, "court", data=str(listed.data), database=listed.database) as court:
        edge = await said_by(
            ENDS,
            "edge",
            adapter=str(listed.adapter),
            port=court["port"],
            digest_key=listed.digest_key.hex(),
        )
    shutil.rmtree(listed.adapter / "replica")
    shutil.rmtree(listed.data / "snapshots")
    return Measured(court=court, edge=edge, floor=floor)


def _phases(one: Measured) -> dict[str, float]:
    return {
        "build and sign": one.court["build_s"],
        "fetch and verify": one.edge["fetch_s"],
        "load, verify and swap": one.edge["load_s"],
        "bare append": one.floor["build_s"],
    }


def _figures(runs: list[Measured], entries: int) -> list[Figure]:
    floor = Figure(name="bare append", unit="s", runs=[one.floor["build_s"] for one in runs])
    reference = Reference(name="bare LMDB append", value=floor.value)
    phases = [_phases(one) for one in runs]
    names = ("build and sign", "fetch and verify", "load, verify and swap")
    figures = [
        Figure(name=name, unit="s", runs=[one[name] for one in phases], reference=reference) for name in names
    ]
    whole = [sum(one[name] for name in names) for one in phases]
    slowest = min(MOST_S, MOST_TIMES_THE_FLOOR * floor.value)
    size = Figure(name="on the wire", unit="bytes/entry", runs=[one.court["bytes"] / entries for one in runs])
    memory = [
        _memory("court", [one.court for one in runs]),
        _memory("edge", [one.edge for one in runs]),
    ]
    bare = Reference(
        name="bare LMDB append", value=_processor("bare", [one.floor for one in runs], entries).value
    )
    return [
        at_most(slowest, Figure(name="books to replica", unit="s", runs=whole, reference=reference)),
        *figures,
        replace(_processor("court", [one.court for one in runs], entries), reference=bare),
        replace(_processor("edge", [one.edge for one in runs], entries), reference=bare),
        at_most(MOST_BYTES_AN_ENTRY, size),
        *memory,
    ]


def _processor(end: str, said: list[Mapping[str, float]], entries: int) -> Figure:
    runs = [US * one["processor_s"] / entries for one in said]
    return Figure(name=f"processor time of the {end}", unit="us/entry", runs=runs)


def _memory(end: str, said: list[Mapping[str, float]]) -> Figure:
    runs = [one["peak_kib"] / KIB_PER_MIB for one in said]
    return Figure(name=f"peak memory of the {end}", unit="MiB", runs=runs)
