"""Whoever runs it finds every metric and every event that he may meet in the documents."""

import ast
import re
from pathlib import Path

from adapters.edge.settings import EdgeStage
from tests.architecture.test_log_fields import calls_that_log
from tracker.domain.metering import HAPPENING_LABELS, STAGE_LABELS, Happening, Stage

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "observability.md").read_text(encoding="utf-8")
NAMED = frozenset(re.findall(r"`([a-z_-]+)`", DOCUMENT))


def test_every_stage_is_documented() -> None:
    assert {f"tracker_{stage}_seconds" for stage in Stage} <= NAMED
    assert {f"adapter_{stage}_seconds" for stage in EdgeStage} <= NAMED


def test_every_counter_is_documented() -> None:
    assert {f"tracker_{happening}_total" for happening in Happening} <= NAMED


def test_everything_that_is_measured_has_its_labels() -> None:
    assert set(STAGE_LABELS) == set(Stage)
    assert set(HAPPENING_LABELS) == set(Happening)


def test_no_metric_is_documented_that_does_not_exist() -> None:
    timed = {name for name in NAMED if re.fullmatch(r"tracker_\w+_to_\w+_seconds", name)}
    counted = {name for name in NAMED if re.fullmatch(r"tracker_\w+_total", name)}

    assert timed == {f"tracker_{stage}_seconds" for stage in Stage}
    assert counted == {f"tracker_{happening}_total" for happening in Happening}


def test_every_event_of_the_path_that_is_documented_is_logged() -> None:
    source = "\n".join(
        path.read_text(encoding="utf-8")
        for part in ("adapters", "tracker")
        for path in (ROOT / part).rglob("*.py")
    )
    events = re.findall(r"^\| ((?:`[a-z]+(?:-[a-z]+)+`(?:, )?)+) \|", DOCUMENT, re.MULTILINE)

    assert {
        event for row in events for event in re.findall(r"`(.+?)`", row) if f'"{event}"' not in source
    } == set()


def test_every_warning_and_every_error_is_documented() -> None:
    """Whoever meets one in the log at night finds what it means and what goes on by itself."""
    told = {
        call.args[0].value
        for _where, call in calls_that_log()
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in ("warning", "error")
        and isinstance(call.args[0], ast.Constant)
    }

    assert told - NAMED == set()
