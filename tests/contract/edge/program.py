"""`python -m adapters` as a process of its own, followed by its log."""

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.machine import SystemClock
from scripts.engines.processes import Command
from scripts.town.program import ROOT, environment_of
from scripts.town.starting import Process, Starter, start_anew
from tests.programs import warm

ANSWERS_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A process that has come to its end."""

    code: int
    out: str
    err: str
    lasted_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A running adapter."""

    process: Process
    seen: list[dict[str, Any]]

    async def logs(self, event: str) -> dict[str, Any]:
        """The next line of its log with this event."""
        assert self.process.stderr is not None
        async with asyncio.timeout(ANSWERS_WITHIN_S):
            while line := await self.process.stderr.readline():
                read: dict[str, Any] = json.loads(line)
                self.seen.append(read)
                if read["event"] == event:
                    return read
        raise AssertionError(f"it ended without {event}: {self.seen}")

    @property
    def children(self) -> list[int]:
        """The processes that it has started and that are there."""
        pid = self.process.pid
        path = Path(f"/proc/{pid}/task/{pid}/children")
        return [int(child) for child in path.read_text().split()] if path.exists() else []

    async def stops(self) -> Ended:
        """Told to stop, as a supervisor does it."""
        began_s = SystemClock().elapsed()
        self.process.send_signal(signal.SIGTERM)
        return await _end(self.process, began_s)


@asynccontextmanager
async def running(folder: Path, *arguments: str, **settings: str) -> AsyncIterator[Program]:
    async with _until_left(await _started(folder, arguments, settings)) as program:
        yield program


@asynccontextmanager
async def running_anew(folder: Path, *arguments: str, **settings: str) -> AsyncIterator[Program]:
    """In an interpreter of its own, as outside of tests."""
    async with _until_left(await _started(folder, arguments, settings, start_anew)) as program:
        yield program


@asynccontextmanager
async def running_module(module: str, *arguments: str) -> AsyncIterator[Program]:
    """A program of the tests' own, which logs as ours do."""
    async with _until_left(await _process(module, arguments, {})) as program:
        yield program


@asynccontextmanager
async def _until_left(process: Process) -> AsyncIterator[Program]:
    program = Program(process=process, seen=[])
    try:
        yield program
    finally:
        # All at once: its screeners would hold its log open for as long as they look for another keeper.
        for pid in (process.pid, *program.children) if process.returncode is None else ():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        await process.communicate()


async def ran(folder: Path, *arguments: str, **settings: str) -> Ended:
    """One command of the adapter's, to its end."""
    began_s = SystemClock().elapsed()
    return await _end(await _started(folder, arguments, settings), began_s)


async def ran_at_the_court(*arguments: str, **settings: str) -> Ended:
    """One command of the court's, to its end."""
    began_s = SystemClock().elapsed()
    environment = {f"TRACKER_{name.upper()}": value for name, value in settings.items()}
    return await _end(await _process("tracker", arguments, environment), began_s)


async def _end(process: Process, began_s: float) -> Ended:
    async with asyncio.timeout(ANSWERS_WITHIN_S):
        out, err = await process.communicate()
    assert process.returncode is not None
    return Ended(
        code=process.returncode,
        out=out.decode(),
        err=err.decode(),
        lasted_s=SystemClock().elapsed() - began_s,
    )


async def _started(
    folder: Path, arguments: tuple[str, ...], settings: Mapping[str, str], starter: Starter = warm
) -> Process:
    environment = {
        "ADAPTER_DATA": str(folder),
        "ADAPTER_LISTEN": "127.0.0.1:0",
        **{f"ADAPTER_{name.upper()}": value for name, value in settings.items()},
    }
    return await _process("adapters", arguments, environment, starter)


async def _process(
    module: str, arguments: tuple[str, ...], environment: Mapping[str, str], starter: Starter = warm
) -> Process:
    return await starter(
        Command(
            arguments=(module, *arguments),
            environment=environment_of(environment),
            folder=ROOT,
            log=None,
        )
    )
