"""The image holds what the project is made of, its packages by their hashes, and nothing of a machine."""

import re
import tomllib

from tests.architecture.compose_file import OURS, SERVICES, those_with
from tests.architecture.small_trees import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
SENT = (ROOT / ".dockerignore").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_images_are_of_one_version() -> None:
    assert {service.given["image"] for service in SERVICES.values()} == {
        "postgres:17.11-bookworm",
        "rabbitmq:4.3.4-management",
        f"debtor-tracker:{PROJECT['project']['version']}",
    }
    assert {SERVICES[name].given["pull_policy"] for name in OURS} == {"never"}
    assert those_with("build") == {"migrate"}


def test_the_image_is_built_from_what_is_there_and_sent() -> None:
    copied = re.findall(r"^COPY (?!--from)(\S+) \S+$", DOCKERFILE, re.MULTILINE)
    sent = re.findall(r"^!(\S+)$", SENT, re.MULTILINE)
    packages = {one.rstrip("*") for one in PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]}

    assert set(copied) == {"requirements/runtime.txt", "pyproject.toml"} | packages
    assert sorted(copied) == sorted(sent)
    assert [path for path in copied if not (ROOT / path).exists()] == []


def test_the_image_has_a_python_that_the_project_takes() -> None:
    bases = set(re.findall(r"^FROM python:(\d+)\.(\d+)-slim", DOCKERFILE, re.MULTILINE))

    assert bases == {("3", "11")}
    assert PROJECT["project"]["requires-python"] == ">=3.11"
    assert len(re.findall(r"^FROM ", DOCKERFILE, re.MULTILINE)) == 2


def test_the_image_takes_packages_by_their_hashes_and_the_project_alone() -> None:
    assert re.findall(r"pip install (.+)$", DOCKERFILE, re.MULTILINE) == [
        "--require-hashes -r requirements/runtime.txt",
        "--no-deps .",
    ]


def test_a_new_volume_belongs_to_the_programs() -> None:
    made = re.findall(
        r"install --directory --owner tracker --group tracker --mode 0700 (.+)$", DOCKERFILE, re.M
    )
    mounted = {path for name in OURS for path in SERVICES[name].mounted_at}

    assert set(made[0].split()) == mounted


def test_the_programs_do_not_run_as_root() -> None:
    assert re.findall(r"^USER (.+)$", DOCKERFILE, re.MULTILINE) == ["10001:10001"]
