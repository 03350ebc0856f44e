"""The entry of `./scripts/bench`: reads what was asked for, runs the bench in a folder of its own, prints.

What must not break: only the report goes to the standard output, what goes on goes to standard error; however
a bench ends, the servers it started and their folder are gone. A bench is a module with `add_options` and
`measure`, named in `BENCHES`.
"""

import argparse
import asyncio
import importlib
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final, cast

from scripts.benches.port import Bench, Run
from scripts.benches.report import Outcome, as_lines, as_table

BENCHES: Final = {
    "alert-latency": ("scripts.benches.alert_latency", "how soon a hit reaches the phones"),
    "hits": ("scripts.benches.hits", "how many full hits a second the whole path takes"),
    "burst": ("scripts.benches.burst", "how soon everybody is told when many hits come in one moment"),
    "notice-throughput": (
        "scripts.benches.notice_throughput",
        "how many notices a second go out through Twilio's client",
    ),
    "take-race": ("scripts.benches.take_race", "how long after a taking its alert still rings anybody"),
    "escalation": ("scripts.benches.escalation", "how ladders climb when very many wait"),
    "propagation": ("scripts.benches.propagation", "how soon a change of the list is in force everywhere"),
    "withdrawal": ("scripts.benches.withdrawal", "how soon a withdrawal is gone everywhere meanwhile"),
    "screening": ("scripts.benches.screening", "how many card uses a second one core of an adapter screens"),
    "snapshot": ("scripts.benches.snapshot", "how long a whole list takes from the court's books to an edge"),
    "digest": ("scripts.benches.digest", "what each change and each recount of a list cost an adapter"),
    "soak": ("scripts.benches.soak", "whether anything is lost or doubled while everything is killed"),
}


def main(argv: Sequence[str]) -> int:
    """Run it; the exit code: 0 measured, 1 could not run or a promise broke, 2 wrong options."""
    parser = argparse.ArgumentParser(
        prog="./scripts/bench",
        description="Measures what was promised, each figure beside its floor in the same run.",
    )
    benches = parser.add_subparsers(dest="bench", metavar="NAME", required=True)
    for name, (_, about) in BENCHES.items():
        benches.add_parser(name, help=about, add_help=False)
    name = parser.parse_known_args(argv[:1])[0].bench
    bench = cast(Bench, importlib.import_module(BENCHES[name][0]))
    asked = options_of(bench, name).parse_args(argv[1:])
    return _run(name, bench, asked)


def options_of(bench: Bench, name: str) -> argparse.ArgumentParser:
    """What may be asked of a bench."""
    parser = argparse.ArgumentParser(prog=f"./scripts/bench {name}", description=BENCHES[name][1])
    parser.add_argument("--json", dest="as_json", action="store_true", help="one JSON object per line")
    parser.add_argument("--quick", dest="is_quick", action="store_true", help="a small run of a few seconds")
    bench.add_options(parser)
    return parser


def _run(name: str, bench: Bench, asked: argparse.Namespace) -> int:
    from adapters.machine import program_loop
    from scripts.engines.processes import EngineFailed, EngineMissing

    try:
        with (
            tempfile.TemporaryDirectory(prefix="bench-") as folder,
            asyncio.Runner(loop_factory=program_loop) as runner,
        ):
            outcome = runner.run(_measure(bench, Run(asked=asked, folder=Path(folder), say=_say)))
    except (EngineMissing, EngineFailed) as reason:
        print(f"error: {reason}", file=sys.stderr)
        return 1
    except TimeoutError:
        print("error: it did not end in time: the machine is too busy, or ask for less", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 130
    for line in (as_lines if asked.as_json else as_table)(name, outcome):
        print(line)
    if outcome.broken is not None:
        print(f"error: {outcome.broken}", file=sys.stderr)
    return int(outcome.broken is not None)


async def _measure(bench: Bench, run: Run) -> Outcome:
    task = asyncio.current_task()
    assert task is not None
    # Ended from outside, a bench still stops its servers and removes its folder.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await bench.measure(run)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
