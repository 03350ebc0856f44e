"""How every command begins and ends: settings, logs, the event loop, and one plain line for what went
wrong.
"""

import asyncio
import sys
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any, Final

from adapters.logs import configure_logs
from adapters.machine import program_loop
from schemas.settings import SettingsRefused
from tracker.domain.errors import TrackerError
from tracker.settings import TrackerSettings

TO_SERVE: Final = ("court_id", "database_url", "broker_url", "keys_file", "public_url", "sms", "journal")
"""The settings without which nothing serves; a trial has a journal without saying where."""

WELL: Final = 0
FAILED: Final = 1
INTERRUPTED: Final = 130


class CannotRun(Exception):
    """Why a command cannot do its work, and the remedy; nothing was changed."""


Work = Callable[[TrackerSettings], Coroutine[Any, Any, int]]


def run(environment: Mapping[str, str], needed: Iterable[str], work: Work) -> int:
    """Do the work of a command with the settings it needs; the exit code."""
    try:
        settings = TrackerSettings.from_environment(environment, needed)
    except SettingsRefused as refused:
        complain("the settings cannot be used:", *refused.problems)
        return FAILED
    configure_logs("tracker", settings.log_format, who={"worker": settings.worker})
    try:
        with asyncio.Runner(loop_factory=program_loop) as runner:
            return runner.run(work(settings))
    except (CannotRun, TrackerError) as reason:
        complain(str(reason))
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED


def complain(first: str, *others: str) -> None:
    """Lines on standard error."""
    print(f"error: {first}", *(f"  {line}" for line in others), sep="\n", file=sys.stderr, flush=True)


def say(line: str) -> None:
    """One line on standard output."""
    print(line, flush=True)
