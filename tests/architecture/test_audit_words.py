"""Whatever the services write into the audit log has its word on the auditor's page and on the alert's."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tracker.web.words.audit import ABOUT_ZH, AUDIT_ZH

SERVICES = Path(__file__).parents[2] / "tracker" / "services"
RECORDERS = {"record", "_record", "note", "_note"}


def calls_of_services() -> Iterator[ast.Call]:
    for path in SERVICES.rglob("*.py"):
        yield from (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))


def name_of(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ast.unparse(call.func)


def words_of(arguments: list[ast.expr]) -> set[str]:
    return {one.value for one in arguments if isinstance(one, ast.Constant) and isinstance(one.value, str)}


def actions() -> set[str]:
    """`note` of the founding takes the action first, and then what it is about."""
    recorded = [one for one in calls_of_services() if name_of(one) in RECORDERS]
    return {word for one in recorded for word in sorted(words_of(one.args[:3]) - set(ABOUT_ZH))}


def kinds() -> set[str]:
    abouts = [one for one in calls_of_services() if name_of(one) == "About"]
    return {word for one in abouts for word in words_of([given.value for given in one.keywords])}


def test_every_action_has_a_chinese_word() -> None:
    assert "alert paused" in actions()
    assert actions() - set(AUDIT_ZH) == set()


def test_every_kind_of_thing_has_a_chinese_word() -> None:
    assert "alert" in kinds()
    assert kinds() - set(ABOUT_ZH) == set()
