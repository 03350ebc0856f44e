"""How a program of ours comes to life: anew, as an operator starts it, or in another way."""

import sys
from asyncio import StreamReader
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Protocol, TypeAlias

from scripts.engines.processes import Command, start


class Process(Protocol):
    """As asyncio has it. Output that goes to a log cannot be read."""

    @property
    def pid(self) -> int: ...

    @property
    def returncode(self) -> int | None:
        """None while it runs; negative is the signal that ended it."""

    @property
    def stdout(self) -> StreamReader | None: ...

    @property
    def stderr(self) -> StreamReader | None: ...

    def send_signal(self, signal: int) -> None: ...

    def kill(self) -> None: ...

    async def wait(self) -> int: ...

    async def communicate(self) -> tuple[bytes, bytes]: ...


Starter: TypeAlias = Callable[[Command], Awaitable[Process]]
"""Starts a command that is a module with its arguments."""


async def start_anew(command: Command) -> Process:
    """In an interpreter of its own."""
    return await start(replace(command, arguments=(sys.executable, "-P", "-m", *command.arguments)))
