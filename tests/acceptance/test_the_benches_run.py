"""Each bench of the path runs small, prints what it promises to print, and leaves nothing behind. How fast it
was is not looked at: that is what the benches themselves are for.
"""

import importlib
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from scripts.benches.__main__ import BENCHES, options_of
from scripts.benches.port import Run
from scripts.benches.report import as_lines
from scripts.benches.servers import Servers

ROOT = Path(__file__).resolve().parents[2]
LONGEST_S = 300


def run(folder: Path, *arguments: str) -> list[dict[str, Any]]:
    """What a small run prints, line by line; it may write nowhere but into the folder."""
    ended = subprocess.run(
        [sys.executable, "-P", "-m", "scripts.benches", *arguments, "--quick", "--json"],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "TMPDIR": str(folder)},
        capture_output=True,
        timeout=LONGEST_S,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr.decode()
    return [json.loads(line) for line in ended.stdout.splitlines()]


@pytest.fixture(scope="module")
async def servers_of_benches(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Servers]:
    """One pair for all benches that are run in this process."""
    async with Servers.started(tmp_path_factory.mktemp("benches")) as servers:
        yield servers


async def run_here(folder: Path, servers: Servers, name: str) -> list[dict[str, Any]]:
    """What a small run prints, in this process and on servers that are there already."""
    bench = importlib.import_module(BENCHES[name][0])
    asked = options_of(bench, name).parse_args(["--quick"])
    run = Run(asked=asked, folder=folder, say=print, servers=lambda _: nullcontext(servers))
    outcome = await bench.measure(run)
    assert outcome.broken is None
    return [json.loads(line) for line in as_lines(name, outcome)]


def test_alert_latency_tells_both_figures_on_both_engines_beside_the_bare_hops_and_a_rival(
    tmp_path: Path,
) -> None:
    first, *figures = run(tmp_path, "alert-latency")

    assert {"postgresql", "rabbitmq", "sqlite", "uvloop"} <= set(first["versions"])
    assert [(figure["figure"], figure["target"]) for figure in figures] == [
        ("handed-to-wire p50 production", "<= 40 ms"),
        ("handed-to-wire p99 production", "<= 200 ms"),
        ("committed-to-wire p50 production", "<= 40 ms"),
        ("committed-to-wire p99 production", "<= 200 ms"),
        ("handed-to-wire p50 idle", "<= 25 ms"),
        ("handed-to-wire p99 idle", None),
        ("committed-to-wire p50 idle", "<= 25 ms"),
        ("committed-to-wire p99 idle", None),
        ("Alertmanager, alert to webhook p50", None),
        ("Alertmanager, alert to webhook p99", None),
        ("handed-to-wire p50 embedded", None),
        ("handed-to-wire p99 embedded", "<= 1000 ms"),
        ("committed-to-wire p50 embedded", None),
        ("committed-to-wire p99 embedded", "<= 1000 ms"),
    ]
    assert {one["reference"]["name"] for one in figures if one["reference"]} == {"bare hops"}
    assert min(one["value"] for one in figures) > 0
    assert list(tmp_path.iterdir()) == []


def test_snapshot_tells_what_each_phase_takes_beside_the_bare_append(tmp_path: Path) -> None:
    first, whole, *figures = run(tmp_path, "snapshot")

    assert {"postgresql", "lmdb"} <= set(first["versions"])
    assert (whole["figure"], whole["unit"]) == ("books to replica", "s")
    assert whole["met"] is (whole["ratio"] <= 2)
    assert [(figure["figure"], figure["unit"], figure["target"]) for figure in figures] == [
        ("build and sign", "s", None),
        ("fetch and verify", "s", None),
        ("load, verify and swap", "s", None),
        ("processor time of the court", "us/entry", None),
        ("processor time of the edge", "us/entry", None),
        ("on the wire", "bytes/entry", "<= 28 bytes/entry"),
        ("peak memory of the court", "MiB", None),
        ("peak memory of the edge", "MiB", None),
    ]
    assert [figure["reference"]["name"] for figure in [whole, *figures[:5]]] == 6 * ["bare LMDB append"]
    assert figures[5]["met"]
    assert list(tmp_path.iterdir()) == []


async def test_hits_tells_the_rate_beside_that_of_the_bare_hops(
    tmp_path: Path, servers_of_benches: Servers
) -> None:
    _, rate, cost = await run_here(tmp_path, servers_of_benches, "hits")

    assert (rate["figure"], rate["unit"], rate["target"]) == ("full hits", "hits/s", ">= 250 hits/s")
    assert (rate["reference"]["name"], rate["runs"]["n"]) == ("bare hops", 1)
    assert (cost["figure"], cost["unit"]) == ("processor time of this process", "ms/hit")


async def test_burst_tells_how_soon_all_are_told_beside_the_bare_hops(
    tmp_path: Path, servers_of_benches: Servers
) -> None:
    _, *figures = await run_here(tmp_path, servers_of_benches, "burst")

    assert [(figure["figure"], figure["target"], figure["reference"]["name"]) for figure in figures] == [
        ("first SMS of each", "<= 10 s", "bare hops"),
        ("all requests", "<= 30 s", "bare hops"),
        ("half of the urgent ones", None, "bare hops"),
        ("half of all", None, "bare hops"),
    ]


async def test_notice_throughput_tells_its_share_of_the_client_alone(
    tmp_path: Path, servers_of_benches: Servers
) -> None:
    _, rate, cost, *engine, oldest_look = await run_here(tmp_path, servers_of_benches, "notice-throughput")

    assert (rate["figure"], rate["target"], rate["reference"]["name"]) == (
        "notices",
        ">= 0.55 of it",
        "the client alone",
    )
    assert (cost["figure"], cost["reference"]["name"]) == ("processor time of a notice", "the client alone")
    assert [one["figure"] for one in engine] == [
        "our engine alone",
        "processor time of a message of the engine",
    ]
    assert (oldest_look["figure"], oldest_look["target"]) == ("last look at its alert, oldest", "<= 1 s")


async def test_take_race_tells_how_long_a_taken_alert_still_rings(
    tmp_path: Path, servers_of_benches: Servers
) -> None:
    _, longest, _, after, before, never, _ = await run_here(tmp_path, servers_of_benches, "take-race")

    assert (longest["figure"], longest["target"]) == ("begun after the taking, longest", "<= 1 s")
    assert after["value"] + before["value"] + never["value"] == 160


async def test_escalation_tells_how_late_steps_are_taken(tmp_path: Path, servers_of_benches: Servers) -> None:
    _, *figures = await run_here(tmp_path, servers_of_benches, "escalation")

    assert [(figure["figure"], figure["target"]) for figure in figures] == [
        ("spread over a minute, late p99", "<= 1 s"),
        ("spread over a minute, earliest", None),
        ("all at once, last of all", "<= 30 s"),
        ("all at once, last of the urgent", None),
        ("none due, share of a core", "<= 1 %"),
        ("late after 3 steps", "<= 1 s"),
    ]
    assert figures[1]["value"] >= 0
    assert figures[5]["value"] >= 0


async def test_propagation_tells_how_soon_a_change_is_in_force_beside_the_bare_fan_out(
    tmp_path: Path, servers_of_benches: Servers
) -> None:
    _, *figures = await run_here(tmp_path, servers_of_benches, "propagation")

    assert [(figure["figure"], figure["target"], figure["reference"]["name"]) for figure in figures] == [
        ("in force everywhere p50", "<= 30 ms", "bare fan-out"),
        ("in force everywhere p99", "<= 150 ms", "bare fan-out"),
    ]


async def test_withdrawal_tells_how_soon_one_is_gone_while_the_list_is_filled(
    tmp_path: Path, servers_of_benches: Servers
) -> None:
    _, *figures, filled = await run_here(tmp_path, servers_of_benches, "withdrawal")

    assert [(figure["figure"], figure["target"], figure["reference"]["name"]) for figure in figures] == [
        ("gone everywhere p50", None, "in rest"),
        ("gone everywhere p99", "<= 500 ms", "in rest"),
        ("gone everywhere longest", "<= 2000 ms", "in rest"),
    ]
    # How many they are is a matter of speed: on a busy machine a small run is over before the first.
    assert (filled["figure"], filled["unit"]) == ("put on the list meanwhile", "people/s")


def test_screening_tells_the_rate_of_one_core_beside_the_bare_hash_and_look(tmp_path: Path) -> None:
    _, one_epoch, two_epochs, core, alone, together, memory, first_answer, _ = run(tmp_path, "screening")

    assert [(figure["figure"], figure["target"]) for figure in (one_epoch, two_epochs)] == [
        ("screened with 1 epoch", ">= 0.7 of it"),
        ("screened with 2 epochs", ">= 0.4 of it"),
    ]
    assert one_epoch["reference"]["name"] == "bare check, hash and look"
    assert core["reference"]["name"] == "the adapter alone"
    assert [figure["figure"] for figure in (alone, together)] == [
        "1 at work, by the clock",
        "2 at work, by the clock",
    ]
    assert (memory["target"], first_answer["target"]) == ("<= 150 MiB", "<= 0.5 s")
    assert list(tmp_path.iterdir()) == []


def test_digest_tells_what_a_change_and_a_recount_cost_beside_what_they_are_made_of(tmp_path: Path) -> None:
    _, short, long, growth, recounted, share, whole_pass = run(tmp_path, "digest")

    assert [figure["figure"] for figure in (short, long)] == ["a change to 1,000", "a change to 10,000"]
    assert {figure["reference"]["name"] for figure in (short, long)} == {"its rows alone"}
    assert (growth["figure"], growth["target"]) == ("beyond its rows, longest to shortest", "<= 1.5 times")
    assert (recounted["figure"], recounted["reference"]["name"]) == (
        "10,000 recounted",
        "bare hash and sum of each",
    )
    assert (share["target"], whole_pass["target"]) == ("<= 5 %", "<= 10 min")
    assert list(tmp_path.iterdir()) == []
