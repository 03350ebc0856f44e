"""The locks install what the lists ask for, and the tests run on the releases that the service runs on."""

import re
from collections.abc import Iterator

from scripts.checks.tree import Breach, Source, Tree

REMEDY = "run ./scripts/lock and commit what it writes"

PUSH_SERVICE = "tests/push_service/package-lock.json"
ASKED = re.compile(r"^([A-Za-z][\w.-]*)", re.MULTILINE)
PINNED = re.compile(r"^([a-z][\w.-]*)(?:\[[\w,]+\])?==(\S+)", re.MULTILINE)


def lock_breaches(tree: Tree) -> Iterator[Breach]:
    runtime, dev = tree.by_path["requirements/runtime.txt"], tree.by_path["requirements/dev.txt"]
    yield from _unlocked(tree.by_path["requirements/runtime.in"], runtime)
    yield from _unlocked(tree.by_path["requirements/dev.in"], dev)
    yield from _different_pins(runtime, dev)
    yield from _without_hash(runtime)
    yield from _without_hash(dev)
    for path in (runtime.path, dev.path, PUSH_SERVICE):
        if (lock := tree.by_path.get(str(path))) is not None:
            yield from _with_address(lock)


def _pins(lock: Source) -> dict[str, str]:
    return dict(PINNED.findall(lock.text or ""))


def _unlocked(wishes: Source, lock: Source) -> Iterator[Breach]:
    pins = _pins(lock)
    for line, wish in enumerate(wishes.lines, start=1):
        asked = ASKED.match(wish)
        if asked and asked.group().lower().replace("_", "-") not in pins:
            yield wishes.breach(line, f"{lock.path} does not pin `{asked.group()}`", remedy=REMEDY)


def _different_pins(runtime: Source, dev: Source) -> Iterator[Breach]:
    tested = _pins(dev)
    for package, version in _pins(runtime).items():
        if tested.get(package) != version:
            yield dev.breach(
                1, f"{package} is {version} for the service, {tested.get(package)} here", remedy=REMEDY
            )


def _with_address(lock: Source) -> Iterator[Breach]:
    for line, text in enumerate(lock.lines, start=1):
        if "://" in text:
            yield lock.breach(line, "an address stands in a lock", remedy="remove it: hashes are enough")


def _without_hash(lock: Source) -> Iterator[Breach]:
    for line, (pin, follows) in enumerate(zip(lock.lines, [*lock.lines[1:], ""], strict=True), start=1):
        if PINNED.match(pin) and "--hash=sha256:" not in follows:
            yield lock.breach(line, f"`{pin}` has no hash", remedy=REMEDY)
