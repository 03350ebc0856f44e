"""What starting a private server takes: a free port, an unprivileged user, a child that never outlives us."""

import asyncio
import contextlib
import ctypes
import os
import pwd
import random
import shutil
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

LOCAL = "127.0.0.1"
FIRST_PORT, LAST_PORT = 15_000, 32_000
"""Linux connects from 32,768 on."""
STOPS_WITHIN_S = 20.0
_PR_SET_PDEATHSIG = 1
_chance = random.SystemRandom()


class EngineMissing(Exception):
    """A server that the production engines need is not on this machine; the text says how to get it."""


class EngineFailed(Exception):
    """A server did not start; the text holds the end of its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command line with its whole environment. Without a log, what it writes is to be read from pipes."""

    arguments: Sequence[str | Path]
    environment: Mapping[str, str]
    folder: Path
    log: Path | None
    user: pwd.struct_passwd | None = None


def free_port() -> int:
    """A port that was free a moment ago, and is none of those that the system gives to whoever connects: one
    of them may be gone before the server listens on it.
    """
    while True:
        port = _chance.randrange(FIRST_PORT, LAST_PORT)
        with contextlib.suppress(OSError), socket.create_server((LOCAL, port)):
            return port


def unprivileged_user() -> pwd.struct_passwd | None:
    """Whom a server runs as that refuses root; None when we are not root ourselves."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def hand_over(folder: Path, user: pwd.struct_passwd | None) -> None:
    """Make a folder the user's own, and let the user reach it."""
    folder.mkdir(parents=True, exist_ok=True)
    if user is None:
        return
    shutil.chown(folder, user.pw_uid, user.pw_gid)
    for parent in folder.parents:
        if parent.stat().st_uid == 0 and parent != Path("/") and not parent.stat().st_mode & 0o001:
            parent.chmod(parent.stat().st_mode | 0o011)


async def start(command: Command) -> asyncio.subprocess.Process:
    """Start it in a session of its own; it ends with us, whatever ends us."""
    with ExitStack() as stack:
        log = PIPE if command.log is None else stack.enter_context(command.log.open("ab"))
        return await asyncio.create_subprocess_exec(
            *command.arguments,
            cwd=command.folder,
            env=dict(command.environment),
            stdin=DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=prepared(command.user),
        )


async def stop(process: asyncio.subprocess.Process, sign: signal.Signals = signal.SIGTERM) -> None:
    """End a server by its process id; by force when it takes too long."""
    if process.returncode is not None:
        return
    process.send_signal(sign)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(STOPS_WITHIN_S):
            await process.wait()
            return
    process.kill()
    await process.wait()


def end_of_log(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-20:]) if log.exists() else "(no log)"


def prepared(user: pwd.struct_passwd | None) -> Callable[[], None]:
    """What a new process does before it is what it shall be: run as the user, and end with its parent."""
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None

    def prepare() -> None:
        if user is not None:
            os.setgid(user.pw_gid)
            os.setgroups([])
            os.setuid(user.pw_uid)
        if libc is not None:
            # After the change of user, which would clear it.
            libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)

    return prepare
