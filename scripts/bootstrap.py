"""Makes `.venv` or brings it up to a lock; runs before anything is installed, so the standard library only.

Must not break: a stamp in `.venv` means that everything in that lock is installed. The stamps go before pip
starts and come back after it ended well, so an interrupted start is repeated by the next one.
"""

import fcntl
import shutil
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"

# The dev lock repeats every pin of the runtime lock, so installing it satisfies both.
SATISFIES = {"runtime": ("runtime",), "dev": ("runtime", "dev")}

LINES_SHOWN_ON_FAILURE = 25
PACKAGES_PER_PROGRESS_LINE = 10


class SetupFailed(Exception):
    """What went wrong while setting up, and the remedy."""


def main(kind: str) -> int:
    started = time.monotonic()
    try:
        with one_start_at_a_time():
            if not is_current(kind):
                make_environment_if_broken()
                install(kind)
                say(f"done in {time.monotonic() - started:.0f} s")
    except SetupFailed as failure:
        print(f"error: {failure}", file=sys.stderr)
        return 1
    return 0


def say(progress: str) -> None:
    print(f"setting up: {progress}", file=sys.stderr, flush=True)


@contextmanager
def one_start_at_a_time() -> Iterator[None]:
    """Holds a lock beside `.venv`: two first starts would otherwise install into each other."""
    with (ROOT / ".venv.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another start that is setting up")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def lock_of(kind: str) -> Path:
    return ROOT / "requirements" / f"{kind}.txt"


def stamp_of(kind: str) -> Path:
    return ENVIRONMENT / f"{kind}.lock"


def is_current(kind: str) -> bool:
    stamp = stamp_of(kind)
    return stamp.is_file() and stamp.read_bytes() == lock_of(kind).read_bytes() and is_healthy()


def is_healthy() -> bool:
    """False too when the Python that `.venv` was made with has been removed or replaced."""
    try:
        return subprocess.run([PYTHON, "-c", "import pip"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def make_environment_if_broken() -> None:
    if is_healthy():
        return
    say(f"creating .venv with Python {sys.version_info.major}.{sys.version_info.minor}")
    run_visibly([sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)], remedy="see the lines above")


def install(kind: str) -> None:
    lock = lock_of(kind)
    total = sum("==" in line for line in lock.read_text(encoding="utf-8").splitlines())
    say(f"installing {total} packages (a minute or two the first time)")
    for stale in SATISFIES["dev"]:
        stamp_of(stale).unlink(missing_ok=True)
    pip = [
        str(PYTHON),
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--no-input",
        # Most modules of these packages are never imported; the others are compiled when they first are.
        "--no-compile",
        "--progress-bar",
        "off",
    ]
    run_visibly(
        [*pip, "--require-hashes", "--requirement", str(lock)],
        remedy="check that this machine reaches its Python package index, then start again",
        packages=total,
    )
    for satisfied in SATISFIES[kind]:
        shutil.copyfile(lock_of(satisfied), stamp_of(satisfied))


def run_visibly(command: list[str], *, remedy: str, packages: int = 0) -> None:
    """Runs a command, tells how far pip has come, and shows its last lines only when it fails."""
    last_lines: deque[str] = deque(maxlen=LINES_SHOWN_ON_FAILURE)
    taken = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        for line in process.stdout or ():
            last_lines.append(line)
            if line.startswith(("Collecting ", "Processing ", "Requirement already satisfied: ")):
                taken += 1
                if taken % PACKAGES_PER_PROGRESS_LINE == 0:
                    say(f"{taken} of {packages} packages")
            elif line.startswith("Installing collected packages"):
                say("unpacking")
    if process.returncode != 0:
        sys.stderr.writelines(last_lines)
        raise SetupFailed(f"`{' '.join(command[1:4])}` ended with {process.returncode}; remedy: {remedy}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
