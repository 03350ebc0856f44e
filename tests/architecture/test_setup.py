"""The first start on a machine sets itself up, whatever it finds there; no package is fetched here."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.architecture.small_trees import ROOT, write_files

PARTS = ("run", "bootstrap.sh", "bootstrap.py")
LOCK = "requirements/runtime.txt"
MAIN = "import os, sys\nprint('started', sys.argv[1:], os.getcwd())\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A tree with nothing to install, in a folder whose name has a space."""
    return fresh_clone(tmp_path)


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoStarts:
    """What two first starts of one tree have said, as output and errors of each."""

    project: Path
    one: tuple[str, str]
    other: tuple[str, str]


@pytest.fixture(scope="module")
def two_first_starts(tmp_path_factory: pytest.TempPathFactory) -> TwoStarts:
    project = fresh_clone(tmp_path_factory.mktemp("machine"))
    one, other = start(project, "--story"), start(project, "two words")
    return TwoStarts(project=project, one=one.communicate(), other=other.communicate())


@pytest.fixture
def used_project(two_first_starts: TwoStarts, tmp_path: Path) -> Path:
    """A copy of a tree that has been started before; an environment may be moved, so it may be copied."""
    project = two_first_starts.project
    return Path(shutil.copytree(project, tmp_path / project.name, symlinks=True))


def fresh_clone(folder: Path) -> Path:
    root = folder / "fresh clone"
    write_files(root, {LOCK: "# nothing\n", "scripts/__init__.py": "", "scripts/main.py": MAIN})
    for part in PARTS:
        shutil.copy(ROOT / "scripts" / part, root / "scripts" / part)
    return root


def start(project: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [project / "scripts/run", *arguments],
        cwd=project.parent,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def tools_of_a_machine(folder: Path, **pythons: str) -> str:
    """A PATH with the few commands that the scripts call, and these Pythons."""
    for command in ("bash", "cmp", "dirname", "id"):
        (folder / command).symlink_to(str(shutil.which(command)))
    for name, script in pythons.items():
        python = folder / name.replace("_", ".")
        python.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        python.chmod(0o755)
    return str(folder)


def test_two_first_starts_at_once_set_up_once_and_both_run(two_first_starts: TwoStarts) -> None:
    folder = two_first_starts.project.parent
    complaints = two_first_starts.one[1] + two_first_starts.other[1]

    assert two_first_starts.one[0] == f"started ['--story'] {folder}\n"
    assert two_first_starts.other[0] == f"started ['two words'] {folder}\n"
    assert complaints.count("setting up: creating .venv") == 1
    assert complaints.count("setting up: done") == 1


def test_a_start_after_the_lock_changed_sets_up_again_and_the_next_does_not(used_project: Path) -> None:
    write_files(used_project, {LOCK: "# nothing, in other words\n"})
    after_the_change = start(used_project).communicate()
    next_one = start(used_project).communicate()

    assert "setting up: installing 0 packages" in after_the_change[1]
    assert "creating .venv" not in after_the_change[1]
    assert next_one == (f"started [] {used_project.parent}\n", "")


def test_a_set_up_that_failed_says_why_and_is_tried_again(used_project: Path) -> None:
    write_files(used_project, {LOCK: "= no requirement =\n"})
    failed = start(used_project)
    told = failed.communicate()
    write_files(used_project, {LOCK: "# nothing\n"})
    again = start(used_project).communicate()

    assert failed.returncode == 1
    assert told[0] == ""
    assert "Invalid requirement" in told[1]
    assert "remedy: check that this machine reaches its Python package index" in told[1]
    assert again[0] == f"started [] {used_project.parent}\n"
    assert "setting up: installing 0 packages" in again[1]


def test_an_environment_whose_python_is_gone_is_made_anew(used_project: Path) -> None:
    (used_project / ".venv/bin/python").unlink()
    told = start(used_project).communicate()

    assert told[0] == f"started [] {used_project.parent}\n"
    assert "setting up: creating .venv" in told[1]


def test_dead_and_old_pythons_on_the_path_are_passed_over(used_project: Path, tmp_path: Path) -> None:
    write_files(used_project, {LOCK: "# nothing, in other words\n"})
    path = tools_of_a_machine(
        tmp_path, python3_14="exit 127", python3_13="exit 1", python3=f"exec '{sys.executable}' \"$@\""
    )
    told = start(used_project, PATH=path).communicate()

    assert told[0] == f"started [] {used_project.parent}\n"


def test_without_a_python_the_remedy_is_named(project: Path, tmp_path: Path) -> None:
    started = start(project, PATH=tools_of_a_machine(tmp_path, python3="exit 1"))
    told = started.communicate()

    assert started.returncode == 1
    assert told == (
        "",
        "error: no Python 3.11 or newer with its venv module was found on the PATH\n"
        "error: remedy: install it (on Debian and Ubuntu: apt-get install python3 python3-venv), "
        "then start again\n",
    )
