"""The commands as they are typed: help at once, and one plain line for what is wrong."""

import asyncio
import gc
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tracker.__main__ import app
from tracker.commands import serve

ROOT = Path(__file__).resolve().parents[3]
EXAMPLE = ROOT / "docs/court.example.toml"
HEAVY = (
    "aiohttp",
    "pydantic",
    "sqlalchemy",
    "structlog",
    "twilio",
    "lmdb",
    "aio_pika",
    "tracker.settings",
    "adapters.settings",
)


@pytest.fixture(autouse=True)
def collector() -> Iterator[None]:
    """A command sets the collector of garbage up for a program of its own."""
    usual = gc.get_threshold()
    yield
    gc.set_threshold(*usual)


def typed(*words: str, **settings: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command, in this process: a start takes longer than
    most commands. That they work as programs is shown where programs run.
    """
    environment = {f"TRACKER_{name}": text for name, text in settings.items()}
    ended = CliRunner().invoke(app, words, env=environment, prog_name="tracker", catch_exceptions=False)
    return ended.exit_code, ended.stdout, ended.stderr


@pytest.mark.parametrize(
    "command",
    [
        "serve",
        "migrate",
        "found",
        "restored",
        "doctor",
        "password",
        "keys make",
        "webhook-keys give",
        "broker setup",
        "agency enrol",
        "agency close",
        "agency open",
        "agency roll",
        "dead-letters list",
        "dead-letters replay",
        "dead-letters discard",
        "keys complete",
    ],
)
def test_every_command_says_what_it_does(command: str) -> None:
    code, said, _ = typed(*command.split(), "--help")

    assert code == 0
    assert said.startswith(f"Usage: tracker {command} ")


@pytest.mark.parametrize("program", ["tracker", "adapters"])
async def test_help_imports_nothing_heavy(program: str) -> None:
    code = f"import sys, {program}.__main__; print([name for name in {HEAVY!r} if name in sys.modules])"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, cwd=ROOT, stdout=PIPE)
    said, _ = await process.communicate()

    assert said.decode() == "[]\n"


def test_a_stop_that_hangs_does_not_look_graceful(
    monkeypatch: pytest.MonkeyPatch, logged: list[dict[str, Any]]
) -> None:
    codes: list[int] = []
    monkeypatch.setattr(os, "_exit", codes.append)

    serve._leave_at_once()

    assert codes == [3]
    assert [(line["level"], line["event"]) for line in logged] == [("error", "cut-off")]


def test_what_is_not_set_is_told_without_a_traceback() -> None:
    code, said, complaints = typed("serve")

    assert (code, said) == (1, "")
    assert complaints.startswith(
        "error: the settings cannot be used:\n  TRACKER_COURT_ID: is not set; set it"
    )
    assert "Traceback" not in complaints


def test_the_doctor_tells_of_settings_line_by_line(tmp_path: Path) -> None:
    code, said, _ = typed("doctor", LISTNE="x", ENVIRONMENT="trial", KEYS_FILE=str(tmp_path / "keys"))

    assert code == 1
    assert said.splitlines()[0] == (
        "wrong  settings: TRACKER_LISTNE means nothing: mend its name or remove it"
    )
    assert said.splitlines()[1].startswith("wrong  settings: TRACKER_COURT_ID: is not set")


def test_replay_wants_ids_or_all() -> None:
    code, _, complaints = typed("dead-letters", "replay")

    assert code == 2
    assert "name the messages by their ids, or say --all" in complaints


def test_a_trial_goes_from_nothing_to_a_founded_court(tmp_path: Path) -> None:
    settings = {
        "ENVIRONMENT": "trial",
        "COURT_ID": "yunhe",
        "DATABASE_URL": f"sqlite:///{tmp_path}/court.sqlite",
        "BROKER_URL": f"embedded:///{tmp_path}/bus.sqlite",
        "KEYS_FILE": str(tmp_path / "keys.json"),
        "PUBLIC_URL": "http://127.0.0.1:8080",
        "SMS": "recorder",
    }
    assert typed("migrate", **settings)[1].endswith(" (was empty)\n")
    assert typed("keys", "make", **settings)[0] == 0

    code, said, _ = typed("found", str(EXAMPLE), **settings)

    assert code == 0
    assert typed("password", "shen", **settings)[1].startswith("new password of shen, shown this once")
    assert typed("password", "nobody", **settings)[2].startswith("error: login not found")
    assert typed("restored", **settings)[1].startswith("the journal knew 0 lines more;")
    assert "the secret, as base64" in typed("webhook-keys", "give", "rail", **settings)[1]
    assert "--public FILE" in typed("webhook-keys", "give", "case-system", **settings)[2]
    assert typed("webhook-keys", "list", **settings)[1].endswith("  rail\n")
    assert said.startswith("court-founded: yunhe\n")
    assert said.count("\n  ") == 9
    assert (tmp_path / "keys.json").stat().st_mode & 0o777 == 0o600
