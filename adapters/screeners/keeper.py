"""The keeper's side: starts the screeners, tells each how the list stands, and starts again what has ended.

What must not break: the keys go over sockets that only the screeners inherit; one that hangs is killed, or it
would look at the list of yesterday for ever, and no receipt could be given.
"""

import asyncio
import contextlib
import socket
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import structlog

from adapters.running import Wake
from adapters.screeners.word import SAID_EVERY_S, ToldList, Word
from adapters.station import Screeners, Station

STARTS_WITHIN_S: Final = 60.0
HANGS_AFTER_S: Final = 10.0
ENDS_WITHIN_S: Final = 1.5
PAUSE_S: Final = 0.5
A_BREATH_S: Final = 0.01
"""Between two words: a list that is caught up changes thousands of times a second."""
MOST_READ: Final = 4096

log = structlog.get_logger(__name__)

Start = Callable[[int], Awaitable[Process]]
"""Starts a screener that inherits this socket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """How many screeners there are to be, and how one is started."""

    wanted: int
    start: Start


class Keeper:
    """`elapsed` is the clock of the machine that never jumps back."""

    def __init__(self, station: Station, crew: Crew, elapsed: Callable[[], float]) -> None:
        self._station = station
        self._crew = crew
        self._elapsed = elapsed
        self._wake = Wake()
        self._screening: set[int] = set()

    def count(self) -> Screeners:
        return Screeners(wanted=self._crew.wanted, screening=len(self._screening))

    def tell(self) -> None:
        """Something may be different now."""
        self._wake.now()

    async def run(self) -> None:
        """Until cancelled; no screener is left then."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self._crew.wanted):
                group.create_task(self._keep_one(), name="screener")

    async def _keep_one(self) -> None:
        while True:
            try:
                await self._live_once()
            except Exception as failure:
                log.error("screener-failed", error=type(failure).__name__)
            await asyncio.sleep(PAUSE_S)

    async def _live_once(self) -> None:
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                process = await self._crew.start(theirs.fileno())
            try:
                await self._talk(process.pid, ours)
            finally:
                self._screening.discard(process.pid)
                await _end(process)
        log.warning("screener-ended", result=process.returncode)

    async def _talk(self, pid: int, ours: socket.socket) -> None:
        """Until it ends or hangs."""
        reader, writer = await asyncio.open_unix_connection(sock=ours)
        telling = asyncio.create_task(self._keep_telling(writer), name="telling a screener")
        listening = asyncio.create_task(self._listen(pid, reader), name="listening to a screener")
        try:
            await asyncio.wait({telling, listening}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            writer.close()
            telling.cancel()
            listening.cancel()
            ended = await asyncio.gather(telling, listening, return_exceptions=True)
        for failure in ended:
            if isinstance(failure, Exception):
                raise failure

    async def _listen(self, pid: int, reader: asyncio.StreamReader) -> None:
        longest_s = STARTS_WITHIN_S
        try:
            while await asyncio.wait_for(reader.read(MOST_READ), longest_s):
                self._screening.add(pid)
                longest_s = HANGS_AFTER_S
        except TimeoutError:
            log.error("screener-hangs")
        except ConnectionError:
            return

    async def _keep_telling(self, writer: asyncio.StreamWriter) -> None:
        while True:
            ticket = self._wake.ticket()
            word = self._word()
            writer.write(word.line())
            await asyncio.sleep(A_BREATH_S)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ticket.wait(), SAID_EVERY_S)

    def _word(self) -> Word:
        edge = self._station.edge
        beside = None if edge is None else edge.beside()
        told = None if beside is None else ToldList.of(beside, self._station.openings)
        return Word(said_s=self._elapsed(), phone_24h=self._station.phone_24h, told=told)


async def _end(process: Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), ENDS_WITHIN_S)
    except TimeoutError:
        process.kill()
        await process.wait()
