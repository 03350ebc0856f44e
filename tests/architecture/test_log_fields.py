"""Nothing that the code logs would be blanked: each event is a word, each field is on the list."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from adapters.logs import FIELDS

ROOT = Path(__file__).parents[2]
LEVELS = frozenset({"debug", "info", "warning", "error", "critical", "exception", "log"})
LOGGERS = frozenset({"log", "_log", "tx"})
WORD = re.compile(r"[a-z]+(-[a-z]+)*")


def calls_that_log() -> Iterator[tuple[str, ast.Call]]:
    for part in ("adapters", "notifications", "tracker"):
        for path in (ROOT / part).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                match node:
                    case ast.Call(func=ast.Attribute(value=ast.Name(id=logger), attr=level)) if (
                        logger in LOGGERS and level in LEVELS
                    ):
                        yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def test_every_field_is_on_the_list() -> None:
    blanked = {
        (where, word.arg)
        for where, call in calls_that_log()
        for word in call.keywords
        if word.arg is not None and word.arg not in FIELDS
    }

    assert blanked == set()


def test_every_event_is_a_word() -> None:
    sentences = {
        (where, call.args[0].value)
        for where, call in calls_that_log()
        if call.args
        and isinstance(call.args[0], ast.Constant)
        and not WORD.fullmatch(str(call.args[0].value))
    }

    assert sentences == set()
