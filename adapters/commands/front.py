"""`adapter run --screeners N`: N processes answer in front, and the one that keeps the list stands behind.

They share one socket that listens: who is free takes the next caller, and one that dies takes no waiting
caller with it. What they cannot answer by themselves, they ask of the keeper through a socket in its folder.
"""

import asyncio
import errno
import os
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from adapters.machine import SystemClock
from adapters.screeners.door import DOOR, door_of
from adapters.screeners.keeper import Crew, Keeper
from adapters.station import Station
from adapters.web.serving import Api, serving_at
from schemas.settings import Address

CODE: Final = Path(__file__).parents[2]
OWNER_ONLY: Final = 0o600
WAITING_CALLERS: Final = 1024
TRIES: Final = 30
BETWEEN_TRIES_S: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """How many screeners answer where; `folder` is the adapter's own."""

    wanted: int
    folder: Path
    listen: Address

    def start(self, name: str, listening: int, theirs: int) -> Awaitable[Process]:
        """A screener that inherits both sockets."""
        return _started((name, str(self.folder.absolute()), str(listening), str(theirs)), (listening, theirs))


@asynccontextmanager
async def screening_in_front(api: Api, station: Station, front: Front) -> AsyncIterator[int]:
    """Inside the block; gives the port. `api`: what the keeper answers. Raises OSError."""

    def start(theirs: int) -> Awaitable[Process]:
        return front.start(station.name, listening.fileno(), theirs)

    with await _bound(front.listen) as listening, door_of(front.folder) as door:
        # What a former keeper left.
        (front.folder / DOOR).unlink(missing_ok=True)
        async with serving_at(api, door):
            (front.folder / DOOR).chmod(OWNER_ONLY)
            keeper = Keeper(station, Crew(wanted=front.wanted, start=start), SystemClock().elapsed)
            station.screeners, station.on_change = keeper.count, keeper.tell
            work = asyncio.create_task(keeper.run(), name="screeners")
            try:
                yield listening.getsockname()[1]
            finally:
                work.cancel()
                await asyncio.wait({work})


async def _bound(listen: Address) -> socket.socket:
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    tries = 0
    while True:
        try:
            return socket.create_server(listen, family=family, backlog=WAITING_CALLERS)
        except OSError as failure:
            tries += 1
            # The screeners of a keeper that was killed leave as soon as they notice that there is another.
            if failure.errno != errno.EADDRINUSE or tries == TRIES:
                raise
        await asyncio.sleep(BETWEEN_TRIES_S)


async def _started(arguments: Sequence[str], inherited: Sequence[int]) -> Process:
    paths = (str(CODE), os.environ.get("PYTHONPATH", ""))
    return await asyncio.create_subprocess_exec(
        sys.executable,
        # The same code as here, and not what lies where it was started: it is handed keys.
        *("-P", "-m", "adapters", "screen", *arguments),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
        stdin=DEVNULL,
        pass_fds=inherited,
    )
