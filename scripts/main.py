"""The entry of `./scripts/run`: reads what was asked for and starts the demonstration server or the story.

What must not break: a wrong option or a busy port is told in one line with its remedy, never as a traceback.
Everything heavy is imported only once it is clear that it is needed, so that `--help` answers at once.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PORT = 8080
LARGEST_PORT = 65_535
RATE = 2.0
LARGEST_RATE = 1_000.0
EMBEDDED, PRODUCTION = "embedded", "production"


def main(argv: Sequence[str]) -> int:
    """Run it; the exit code: 0 well ended, 1 could not start or a promise broke, 2 wrong options."""
    parser = _parser()
    asked = parser.parse_args(argv)
    if (asked.json or asked.engines != EMBEDDED) and not asked.story:
        parser.error("--json and --engines belong to --story")
    try:
        return _play(asked.engines, as_json=asked.json) if asked.story else _serve(asked)
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./scripts/run",
        description="The whole system in one process: the court, four agencies, recorded phones. "
        "Every person in it is invented.",
    )
    parser.add_argument("--story", action="store_true", help="play the model case and exit")
    parser.add_argument("--json", action="store_true", help="with --story: one JSON object per line")
    parser.add_argument(
        "--engines",
        choices=(EMBEDDED, PRODUCTION),
        default=EMBEDDED,
        help="with --story: SQLite and the embedded bus, or PostgreSQL and RabbitMQ, started for it "
        "(default embedded)",
    )
    parser.add_argument(
        "--port", type=_port, default=PORT, help=f"of the server (default {PORT}; 0: a free one)"
    )
    parser.add_argument(
        "--lang",
        choices=("zh", "en"),
        default="zh",
        help="of the console, and of the messages when the data folder is made (default zh)",
    )
    parser.add_argument("--fresh", action="store_true", help="forget what the demonstration kept, start anew")
    parser.add_argument(
        "--rate",
        type=_rate,
        default=RATE,
        help=f"simulated card uses per second (default {RATE:g}; 0: none)",
    )
    parser.add_argument(
        "--data",
        type=Path,
        default=ROOT / "data",
        help="folder in which everything is kept (default: data/ in the project)",
    )
    return parser


def _port(typed: str) -> int:
    if not (typed.isascii() and typed.isdigit() and int(typed) <= LARGEST_PORT):
        raise argparse.ArgumentTypeError(f"give a whole number from 0 to {LARGEST_PORT}")
    return int(typed)


def _rate(typed: str) -> float:
    try:
        rate = float(typed)
    except ValueError:
        rate = -1
    if not 0 <= rate <= LARGEST_RATE:
        raise argparse.ArgumentTypeError(f"give a number from 0 to {LARGEST_RATE:g}")
    return rate


def _play(engines: str, *, as_json: bool) -> int:
    from scripts.engines.processes import EngineFailed, EngineMissing
    from scripts.story.play import play, play_on_production

    try:
        return asyncio.run(
            play_on_production(as_json=as_json) if engines == PRODUCTION else play(as_json=as_json)
        )
    except (EngineMissing, EngineFailed) as reason:
        print(f"error: {reason}", file=sys.stderr)
        return 1


def _serve(asked: argparse.Namespace) -> int:
    from scripts.server import Options, run_server

    options = Options(
        data=asked.data.resolve(),
        port=asked.port,
        language=asked.lang,
        is_fresh=asked.fresh,
        rate=asked.rate,
    )
    return run_server(options)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
