"""What a bench prints: every figure with its runs, its reference and its bound, as JSON and as a table."""

import json

from scripts.benches.report import Figure, Outcome, Reference, as_lines, as_table, at_least, at_most

LATENCY = at_most(
    50,
    Figure(
        name="handed-to-wire p50",
        unit="ms",
        runs=[40.123456, 60.0, 44.0],
        reference=Reference(name="bare hops", value=11.0),
    ),
)
RATE = at_least(100, Figure(name="full hits", unit="hits/s", runs=[80.0]))
PLAIN = Figure(name="processor time", unit="ms/hit", runs=[1.0, 2.0])
OUTCOME = Outcome(figures=[LATENCY, RATE, PLAIN], versions={"postgresql": "15.18"})


def test_the_first_line_says_where_and_on_what_it_ran() -> None:
    first = json.loads(next(iter(as_lines("alert-latency", OUTCOME))))

    assert set(first) == {"bench", "machine", "versions"}
    assert first["bench"] == "alert-latency"
    assert set(first["machine"]) == {"processor", "cores", "memory_gib", "system"}
    assert first["versions"]["postgresql"] == "15.18"


def test_a_figure_stands_with_its_runs_its_reference_and_its_bound() -> None:
    _, latency, _, _ = as_lines("alert-latency", OUTCOME)

    assert json.loads(latency) == {
        "bench": "alert-latency",
        "figure": "handed-to-wire p50",
        "value": 44.0,
        "unit": "ms",
        "runs": {"n": 3, "min": 40.12, "median": 44.0, "max": 60.0},
        "reference": {"name": "bare hops", "value": 11.0},
        "ratio": 4.0,
        "target": "<= 50 ms",
        "met": True,
    }


def test_a_figure_that_falls_short_says_so() -> None:
    _, _, rate, _ = map(json.loads, as_lines("hits", OUTCOME))

    assert (rate["value"], rate["target"], rate["met"]) == (80.0, ">= 100 hits/s", False)
    assert (rate["reference"], rate["ratio"]) == (None, None)


def test_what_was_not_promised_is_neither_met_nor_missed() -> None:
    *_, plain = map(json.loads, as_lines("hits", OUTCOME))

    assert (plain["value"], plain["target"], plain["met"]) == (1.5, None, None)


def test_the_table_says_the_same_to_people() -> None:
    *_, headings, latency, rate, plain = as_table("hits", OUTCOME)

    assert headings.split() == ["figure", "value", "runs", "reference", "ratio", "target", "met"]
    assert latency.split("  ")[0] == "handed-to-wire p50"
    assert latency.endswith("yes")
    assert rate.endswith("NO")
    assert plain.endswith("1-2 (2)")
