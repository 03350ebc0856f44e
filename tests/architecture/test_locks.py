"""The locks pin what is asked for, the same for tests and service, with hashes."""

from pathlib import Path

import pytest

from scripts.checks.locks import lock_breaches
from tests.architecture.small_trees import Files, small_tree

HASHED = " \\\n    --hash=sha256:00\n"
TRUE_LOCKS = {
    "requirements/runtime.in": "# why\naiohttp\nsqlalchemy[asyncio]\n",
    "requirements/runtime.txt": "aiohttp==3.14.5" + HASHED + "sqlalchemy==2.1.9" + HASHED,
    "requirements/dev.in": "-r runtime.txt\npytest\n",
    "requirements/dev.txt": "aiohttp==3.14.5"
    + HASHED
    + "pytest==9.2.0"
    + HASHED
    + "sqlalchemy==2.1.9"
    + HASHED,
}


def reported(folder: Path, changed: Files) -> list[str]:
    return [
        f"{breach.path}: {breach.what}"
        for breach in lock_breaches(small_tree(folder, {**TRUE_LOCKS, **changed}))
    ]


def test_true_locks_pass(tmp_path: Path) -> None:
    assert reported(tmp_path, {}) == []


@pytest.mark.parametrize(
    ("path", "text", "breach"),
    [
        (
            "requirements/runtime.in",
            "lmdb",
            "requirements/runtime.in: requirements/runtime.txt does not pin `lmdb`",
        ),
        (
            "requirements/runtime.txt",
            "aiohttp==3.14.6" + HASHED + "sqlalchemy==2.1.9" + HASHED,
            "requirements/dev.txt: aiohttp is 3.14.6 for the service, 3.14.5 here",
        ),
        (
            "requirements/runtime.txt",
            "aiohttp==3.14.5\nsqlalchemy==2.1.9" + HASHED,
            "requirements/runtime.txt: `aiohttp==3.14.5` has no hash",
        ),
        (
            "tests/push_service/package-lock.json",
            '{"packages": {"": {"funding": "https://example.org/fund"}}}\n',
            "tests/push_service/package-lock.json: an address stands in a lock",
        ),
    ],
)
def test_an_untrue_lock_is_reported(tmp_path: Path, path: str, text: str, breach: str) -> None:
    assert reported(tmp_path, {path: text}) == [breach]
