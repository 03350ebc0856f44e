"""All that the suite prints and logs is searched for everybody it invents; here somebody leaks on purpose."""

import ast
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from scripts.invented_people import NAMES, found_in

ROOT = Path(__file__).parents[2]
PEOPLE = frozenset(
    {"Wanted", "Member", "Likeness", "CardUse", "DocumentRead", "SubmittedDocument", "NamedDetails"}
)
LEAKS = """
import asyncio, logging, subprocess, sys
import structlog
from scripts.town.nursery import Words

NAME, PHONE, NUMBER = "佟" + "大川", "+86" + "10000000001", "990000" + "197903120139"
SAYING = [sys.executable, "-c", "import sys; sys.stderr.write('佟' + '大川')"]

def test_event():
    structlog.get_logger().debug("alert-raised", reason=NAME)

def test_field_that_would_be_blanked():
    structlog.get_logger().debug("alert-raised", surprise="harmless")

def test_output():
    print("sent to", PHONE)

def test_error():
    sys.stderr.write(NUMBER)

def test_library():
    logging.getLogger("aiohttp").warning("for %s", NAME)

def test_process_that_is_waited_for():
    subprocess.run(SAYING, stderr=-1, check=True)

def test_process_with_our_own_error_output():
    subprocess.run(SAYING, check=True)

def test_process_that_is_read_to_and_fro():
    async def read():
        process = await asyncio.create_subprocess_exec(*SAYING, stderr=-1)
        await process.communicate()
    asyncio.run(read())

def test_program_out_of_the_nursery():
    async def hear():
        Words(asyncio.StreamReader()).data_received(PHONE.encode())
    asyncio.run(hear())

def test_what_was_read_by_the_test_itself(capsys):
    print(NUMBER)
    capsys.readouterr()

def test_nothing():
    structlog.get_logger().debug("alert-raised", correlation="c-1")
    print("新华社 1000 99")
"""
COMPLAINTS = [
    "a name stands in the event alert-raised",
    "alert-raised is logged with surprise: rename it or add it to FIELDS of adapters.logs",
    "a phone stands in Captured stdout call",
    "a document number stands in Captured stderr call",
    "a name stands in Captured log call",
    "a name stands in output 2 of a process",
    "a name stands in Captured stderr call",
    "a name stands in output 2 of a process",
    "a phone stands in output of a program",
    "a document number stands in standard output",
]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """A run of tests of which all but one leak."""
    folder = tmp_path_factory.mktemp("leaks")
    (folder / "test_leaks.py").write_text(LEAKS, encoding="utf-8")
    options = ("-p", "tests.overheard", "--rootdir", str(folder), "-c", "/dev/null", "--show-capture=no")
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options, "-q", str(folder / "test_leaks.py")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_whoever_leaks_fails(run: subprocess.CompletedProcess[str]) -> None:
    assert run.returncode == 1
    assert "10 failed, 1 passed" in run.stdout


def test_each_complaint_says_where_and_repeats_nothing(run: subprocess.CompletedProcess[str]) -> None:
    said = [line for line in run.stdout.splitlines() if " stands in " in line or " is logged with " in line]

    assert [line for line in said if not line.startswith("FAILED")] == COMPLAINTS
    assert found_in(run.stdout + run.stderr) == []


def people_in(source: str) -> Iterator[str]:
    """Names that stand in a module as somebody's: `Wanted(name=...)`, or beside a document number."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name(id=made), keywords=words) if made in PEOPLE:
                yield from _names(word.value for word in words if word.arg == "name")
            case ast.Call(keywords=words):
                yield from _names(word.value for word in words if word.arg == "subject_name")
            case ast.Dict(keys=keys, values=values):
                given = {
                    ast.literal_eval(key): value
                    for key, value in zip(keys, values, strict=True)
                    if key is not None and _is_text(key)
                }
                yield from _names([given["name"]] if {"name", "number"} <= given.keys() else [])
            case _:
                pass


def _is_text(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _names(values: Iterable[ast.expr]) -> Iterator[str]:
    """Those that could be a person's: Chinese characters and nothing else."""
    texts = [str(ast.literal_eval(value)) for value in values if _is_text(value)]
    yield from (text for text in texts if text and all("一" <= character <= "鿿" for character in text))


def test_everybody_who_is_invented_is_searched_for() -> None:
    sources = [path.read_text() for part in ("scripts", "tests") for path in (ROOT / part).rglob("*.py")]

    assert {name for source in sources for name in people_in(source)} - NAMES == set()
