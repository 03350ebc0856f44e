"""A program that tells what it is, or ends as it is told to.

python -m tests.contract.programs.being what-it-is | chance | exit CODE | fail | wait
"""

import asyncio
import gc
import json
import os
import secrets
import signal
import sys
import threading
import uuid
from pathlib import Path
from random import random
from typing import Final

SIGNALS: Final = (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGPIPE)


def what_it_is() -> dict[str, object]:
    """As far as it does not depend on chance."""
    return {
        "name": __name__,
        "arguments": sys.argv,
        "environment": {name: text for name, text in os.environ.items() if name != "LC_CTYPE"},
        "folder": str(Path.cwd()),
        "descriptors": open_descriptors(),
        "threads": threading.active_count(),
        "leads a session": os.getsid(0) == os.getpid(),
        "blocked signals": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
        "signals": [str(signal.getsignal(one)) for one in SIGNALS],
        "collects garbage": gc.isenabled(),
        "has a loop": asyncio._get_running_loop() is not None,
        "flags": str(sys.flags),
    }


def open_descriptors() -> list[int]:
    # The one by which the folder was read is closed by now.
    return sorted(int(one.name) for one in list(Path("/proc/self/fd").iterdir()) if one.exists())


def main() -> None:
    match sys.argv[1:]:
        case ["what-it-is"]:
            print(json.dumps(what_it_is()))
        case ["chance"]:
            print(random(), secrets.token_hex(), uuid.uuid4())  # noqa: S311 - is it the same twice?
        case ["exit", code]:
            sys.exit(int(code))
        case ["fail"]:
            raise RuntimeError("it fails")
        case _:
            print("waits", flush=True)
            signal.pause()


main()
