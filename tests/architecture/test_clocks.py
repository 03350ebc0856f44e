"""Only entry points read a clock."""

from pathlib import Path

import pytest

from scripts.checks.clocks import clock_breaches
from tests.architecture.small_trees import small_tree


def reported(folder: Path, path: str, text: str) -> list[str]:
    return [breach.what for breach in clock_breaches(small_tree(folder, {path: text}))]


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("import datetime\nat = datetime.datetime.now(UTC)", "datetime.now"),
        ("from datetime import datetime\nat = datetime.utcnow()", "datetime.utcnow"),
        ("from datetime import date\nday = date.today()", "date.today"),
        ("from datetime import datetime\nEdge(now=datetime.now)", "datetime.now"),
        ("import time\nat = time.time()", "time.time"),
        ("import time\nat = time.monotonic()", "time.monotonic"),
        ("from time import perf_counter", "time.perf_counter"),
        ("from datetime import datetime as dt\nat = dt.now()", "datetime.now"),
        ("import datetime as d\nat = d.datetime.now()", "datetime.now"),
        ("from datetime import datetime\nclock = datetime\nat = clock.now()", "datetime.now"),
        ("import time as t\nat = t.time()", "time.time"),
        ("import time\nat = time.process_time()", "time.process_time"),
        ("import time\nat = time.clock_gettime(0)", "time.clock_gettime"),
        ("import asyncio\nat = asyncio.get_running_loop().time()", "loop.time"),
        ("import asyncio\nx = asyncio.get_event_loop()\nat = x.time()", "loop.time"),
        ("at = self._loop.time()", "loop.time"),
    ],
)
def test_a_clock_read_elsewhere_is_reported(tmp_path: Path, text: str, clock: str) -> None:
    assert reported(tmp_path, "tracker/services/alerts/moves.py", text) == [
        f"`{clock}` reads a clock outside the entry points"
    ]


def test_an_entry_point_reads_the_clock(tmp_path: Path) -> None:
    assert reported(tmp_path, "scripts/main.py", "import time\nat = time.time()") == []


def test_time_as_an_argument_is_no_clock(tmp_path: Path) -> None:
    assert reported(tmp_path, "adapters/edge/line.py", "at = ports.now()\nlasted = at.time()") == []
