"""Reads all that the suite prints and logs. A test after which a person's name, document or phone stands in
it fails, and so does one in which something is logged that `adapters.logs` would blank.

Read are: every event of the product at its lowest level and with all its fields, standard output and error
of the tests and of the processes they start, and warnings. What a browser's driver says to its client is no
output of ours, and the shows named below print names on purpose.
"""

import asyncio.subprocess
import json
import logging
import subprocess
import sys
import threading
import warnings
from collections import defaultdict
from collections.abc import Callable, Generator, Iterator, MutableMapping
from typing import Any, Final

import pytest
import structlog

from adapters.logs import FIELDS
from scripts.invented_people import found_in
from scripts.town.nursery import Words

# Shows for people: the story's timeline and the greeting of the demonstration, on standard output.
SHOWS: Final = ("scripts.main", "scripts/run", "--story")
STORY_TESTS: Final = "tests/acceptance/test_the_story_plays.py"
NOT_OURS: Final = ("playwright",)
ADDED_BY_THE_LIBRARY: Final = frozenset({"exc_info", "stack_info"})


class Heard:
    """What was said since it was last asked for: as (where, text)."""

    def __init__(self) -> None:
        self._said: list[tuple[str, str]] = []
        self._pieces: defaultdict[tuple[int, str], bytearray] = defaultdict(bytearray)

    def hear(self, where: str, text: str | bytes | None) -> None:
        if text:
            self._said.append((where, text if isinstance(text, str) else text.decode(errors="replace")))

    def hear_piece(self, process: int, where: str, piece: bytes) -> None:
        """A piece of a stream that is read to and fro; pieces of one stream are put together."""
        self._pieces[process, where] += piece

    def take(self) -> list[tuple[str, str]]:
        pieces, self._pieces = self._pieces, defaultdict(bytearray)
        said, self._said = self._said, []
        return [*said, *((where, data.decode(errors="replace")) for (_, where), data in pieces.items())]


HEARD: Final = Heard()
LISTENERS: Final[list[list[dict[str, Any]]]] = []


@pytest.fixture
def logged() -> Iterator[list[dict[str, Any]]]:
    """Every event that the product logs from now on, oldest first."""
    events: list[dict[str, Any]] = []
    LISTENERS.append(events)
    yield events
    LISTENERS.remove(events)


def listen(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Keep an event with everything in it, and print it nowhere."""
    HEARD.hear(f"the event {event.get('event')}", json.dumps(event, ensure_ascii=False, default=repr))
    for events in LISTENERS:
        events.append(dict(event))
    unknown = sorted(set(event) - FIELDS - ADDED_BY_THE_LIBRARY)
    if unknown:
        HEARD.hear(f"FIELDS {event.get('event')}", ", ".join(unknown))
    raise structlog.DropEvent


def complaints_about(said: list[tuple[str, str]]) -> list[str]:
    """What is wrong with what was said, without repeating it."""
    blanked = [
        f"{where.removeprefix('FIELDS ')} is logged with {text}: "
        "rename it or add it to FIELDS of adapters.logs"
        for where, text in said
        if where.startswith("FIELDS ")
    ]
    return blanked + [f"a {kind} stands in {where}" for where, text in said for kind in found_in(text)]


def _is_show(arguments: str) -> bool:
    return any(show in arguments for show in SHOWS)


def _tap_processes(patch: pytest.MonkeyPatch) -> None:
    pipe_data_received = asyncio.subprocess.SubprocessStreamProtocol.pipe_data_received
    communicate = subprocess.Popen.communicate
    data_received = Words.data_received

    def hear_piece(protocol: Any, fd: int, data: bytes) -> None:
        pipe_data_received(protocol, fd, data)
        process = protocol._transport.get_extra_info("subprocess")
        arguments = str(process.args)
        if not any(name in arguments for name in NOT_OURS) and not (fd == 1 and _is_show(arguments)):
            HEARD.hear_piece(id(process), f"output {fd} of a process", data)

    def hear_all(process: Any, *given: Any, **named: Any) -> tuple[Any, Any]:
        out, err = communicate(process, *given, **named)
        HEARD.hear("output 1 of a process", None if _is_show(str(process.args)) else out)
        HEARD.hear("output 2 of a process", err)
        return out, err

    def hear_words(words: Words, data: bytes) -> None:
        data_received(words, data)
        HEARD.hear_piece(id(words), "output of a program", data)

    patch.setattr(Words, "data_received", hear_words)
    patch.setattr(asyncio.subprocess.SubprocessStreamProtocol, "pipe_data_received", hear_piece)
    patch.setattr(subprocess.Popen, "communicate", hear_all)


def _tap_captured(patch: pytest.MonkeyPatch) -> None:
    """A test that reads what was printed takes it away from the report."""
    readouterr = pytest.CaptureFixture.readouterr

    def hear_both(fixture: pytest.CaptureFixture[Any]) -> Any:
        captured = readouterr(fixture)
        if not fixture.request.node.nodeid.startswith(STORY_TESTS):
            HEARD.hear("standard output", captured.out)
        HEARD.hear("standard error", captured.err)
        return captured

    patch.setattr(pytest.CaptureFixture, "readouterr", hear_both)


def pytest_configure(config: pytest.Config) -> None:
    patch = pytest.MonkeyPatch()
    _tap_processes(patch)
    _tap_captured(patch)
    config.add_cleanup(patch.undo)
    config.add_cleanup(structlog.reset_defaults)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol() -> Generator[None, object, object]:
    """Every test begins with the product's logs at their lowest level; what it changes of this process's ways
    to complain is put back.
    """
    put_back = _ways_to_complain()
    structlog.configure(
        processors=[structlog.processors.add_log_level, listen],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
        logger_factory=structlog.ReturnLoggerFactory(),
        cache_logger_on_first_use=False,
    )
    try:
        return (yield)
    finally:
        put_back()


def _ways_to_complain() -> Callable[[], None]:
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    root = logging.getLogger()
    handlers, level, is_ours = list(root.handlers), root.level, logging._warnings_showwarning is None  # type: ignore[attr-defined]

    def put_back() -> None:
        sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
        if is_ours:
            logging.captureWarnings(capture=False)
        root.handlers[:] = handlers
        root.setLevel(level)

    return put_back


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    is_story = item.nodeid.startswith(STORY_TESTS)
    captured = [
        (name, text)
        for name, text in report.sections
        if report.when in name and not (is_story and "stdout" in name)
    ]
    complaints = complaints_about([*HEARD.take(), *captured])
    if complaints:
        text = "\n".join(dict.fromkeys(complaints))
        report.sections.append(("What was overheard", text))
        if report.passed:
            report.outcome, report.longrepr = "failed", text
    return report


def pytest_warning_recorded(warning_message: warnings.WarningMessage) -> None:
    HEARD.hear("a warning", str(warning_message.message))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """What was said after the last report."""
    complaints = complaints_about(HEARD.take())
    if complaints:
        print(*dict.fromkeys(complaints), sep="\n", file=sys.stderr)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
