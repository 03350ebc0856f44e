"""What a program says of itself is one event a line, and never holds what the code was given."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from adapters.logs import withhold

ROOT = Path(__file__).parents[3]
SETTING_UP = "import logging, structlog, threading\nfrom adapters.logs import configure_logs\n"
AS_TRACKER = SETTING_UP + "configure_logs('tracker', 'json', who={'worker': 'one'})\n"


def said_by(program: str) -> list[dict[str, Any]]:
    """The lines on standard error of a process of its own; nothing may stand on standard output."""
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert ended.stdout == ""
    return [json.loads(line) for line in ended.stderr.splitlines()]


def test_a_line_tells_when_what_and_which_process() -> None:
    [line] = said_by(AS_TRACKER + "structlog.get_logger().info('hit-spooled', correlation='c-1')")

    assert list(line) == ["time", "level", "event", "program", "worker", "correlation"]
    assert line | {"time": ""} == {
        "time": "",
        "level": "info",
        "event": "hit-spooled",
        "program": "tracker",
        "worker": "one",
        "correlation": "c-1",
    }
    assert line["time"].endswith("Z")


def test_for_people_it_is_a_line_without_braces() -> None:
    program = (
        SETTING_UP + "configure_logs('tracker', 'plain')\nstructlog.get_logger().info('loop-failed', row='7')"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )

    assert ended.stderr.split()[1:] == ["[info", "]", "loop-failed", "program=tracker", "row=7"]


@pytest.mark.parametrize(
    ("event", "told"),
    [
        ({"event": "alert-raised", "name": "whoever"}, {"event": "alert-raised", "name": "(withheld)"}),
        ({"event": "alert-raised", "row": {"a": "b"}}, {"event": "alert-raised", "row": "(withheld)"}),
        ({"event": "alert-raised", "row": "x" * 401}, {"event": "alert-raised", "row": "(withheld)"}),
        ({"event": "alert-raised", "reason": "for 沈"}, {"event": "alert-raised", "reason": "(withheld)"}),
        ({"event": "alert-raised", "row": "+8610000000001"}, {"event": "alert-raised", "row": "(withheld)"}),
        ({"event": "Raised for whoever"}, {"event": "(withheld)"}),
        (
            {"event": "alert-raised", "row": "01939482-0000-7000-8000-000000000001"},
            {"event": "alert-raised", "row": "01939482-0000-7000-8000-000000000001"},
        ),
        (
            {"event": "alert-raised", "row": 7, "gone": None},
            {"event": "alert-raised", "row": 7, "gone": None},
        ),
    ],
    ids=[
        "an unknown field",
        "more than a word",
        "a long text",
        "Chinese",
        "a long number",
        "a sentence as event",
        "an id",
        "numbers",
    ],
)
def test_what_may_hold_input_is_blanked(event: dict[str, Any], told: dict[str, Any]) -> None:
    assert withhold(None, "info", event) == told


def test_an_error_is_told_by_its_kind_and_place() -> None:
    [line] = said_by(
        AS_TRACKER + "try: int('secret')\nexcept ValueError: structlog.get_logger().exception('loop-failed')"
    )

    assert (line["error"], line["where"], "secret" in str(line)) == ("ValueError", "<string>:4", False)


def test_an_error_that_nobody_caught_too() -> None:
    failing = AS_TRACKER + "threading.Thread(target=lambda: int('secret')).start()\nint('secret')"
    lines = said_by(failing)

    assert {(line["event"], line["error"]) for line in lines} == {("program-failed", "ValueError")}
    assert len(lines) == 2
    assert "secret" not in str(lines)


def test_of_a_library_only_the_pattern_is_kept() -> None:
    lines = said_by(
        AS_TRACKER
        + "log = logging.getLogger('aio_pika')\nlog.warning('lost %s', 'secret')\nlog.warning('lost secret')"
    )

    assert [(line["library"], line["pattern"]) for line in lines] == [
        ("aio_pika", "lost %s"),
        ("aio_pika", None),
    ]
    assert "secret" not in str(lines)


def test_a_warning_is_no_text_either() -> None:
    [line] = said_by(AS_TRACKER + "import warnings\nwarnings.warn('secret', stacklevel=1)")

    assert (line["library"], "secret" in str(line)) == ("py.warnings", False)


def test_nobody_who_listens_ends_no_work() -> None:
    program = (
        AS_TRACKER
        + "import sys\nsys.stderr.close()\nstructlog.get_logger().info('hit-spooled')\nprint('done')"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )

    assert ended.stdout == "done\n"
