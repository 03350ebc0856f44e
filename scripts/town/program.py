"""One of our programs as a process: started by command with settings, its words kept in a file, asked over
HTTP, ended by signal.
"""

import asyncio
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp

from scripts.clocks import Stopwatch
from scripts.engines.processes import Command, end_of_log
from scripts.town.starting import Process, Starter, start_anew
from scripts.town.waiting import PATIENCE_S, until

ROOT: Final = Path(__file__).resolve().parents[2]
ENDS_WITHIN_S: Final = 60.0
AWAY: Final = (aiohttp.ClientError, OSError, TimeoutError, ValueError)
"""How it shows that a program is not there, or went away while it was asked."""


class CommandFailed(Exception):
    """A command of ours did not do its work; the text is what it complained of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a program ended once it was told to."""

    code: int
    took_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How a program is started. `listens`: the address at which it answers."""

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    folder: Path
    listens: str
    starter: Starter

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"


class Program:
    """A program that may be started again after it ended, on the same settings."""

    def __init__(self, recipe: Recipe, client: aiohttp.ClientSession) -> None:
        self._recipe = recipe
        self._client = client
        self._process: Process | None = None
        self.name = recipe.name
        self.log = recipe.log
        self.url = f"http://{recipe.listens}"

    @property
    def settings(self) -> Mapping[str, str]:
        """As a command beside it needs them."""
        return self._recipe.environment

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        self._process = await self._recipe.starter(
            Command(
                arguments=self._recipe.arguments,
                environment=environment_of(self._recipe.environment),
                folder=self._recipe.folder,
                log=self.log,
            )
        )

    async def start_ready(self) -> float:
        """Start it; how many seconds it took until it was ready."""
        watch = Stopwatch()
        await self.start()
        await self.becomes_ready()
        return watch.seconds

    async def end(self, sign: signal.Signals = signal.SIGTERM) -> Ended:
        """Tell it to end, and see how. SIGKILL is a crash."""
        assert self._process is not None
        watch = Stopwatch()
        if self._process.returncode is None:
            self._process.send_signal(sign)
        async with asyncio.timeout(ENDS_WITHIN_S):
            code = await self._process.wait()
        return Ended(code=code, took_s=watch.seconds)

    async def becomes_ready(self, *, within_s: float = PATIENCE_S) -> None:
        """Until nothing is wrong with it by its own word."""
        await until(self.what_is_wrong, within_s=within_s)

    async def what_is_wrong(self) -> str | None:
        """By its own word; None when nothing is."""
        if not self.runs:
            return f"{self.name} ended: {end_of_log(self.log)}"
        try:
            told = await self.answers("/readyz")
        except AWAY as away:
            return f"{self.name} does not answer ({type(away).__name__})"
        return f"{self.name}: {told['reasons']}" if told["reasons"] else None

    async def answers(self, path: str) -> Any:
        """The JSON of a page, whatever its status."""
        async with self._client.get(f"{self.url}{path}") as answer:
            return await answer.json()

    async def posted(self, path: str, body: Mapping[str, Any]) -> Any:
        """The JSON that answers a JSON."""
        async with self._client.post(f"{self.url}{path}", json=body) as answer:
            return await answer.json(content_type=None)

    async def taken(self, path: str, *, data: Any, headers: Mapping[str, str], method: str = "POST") -> bool:
        """Send something; whether it was taken for good."""
        target = f"{self.url}{path}"
        async with self._client.request(method, target, data=data, headers=headers) as answer:
            return 200 <= answer.status < 300


def environment_of(settings: Mapping[str, str]) -> dict[str, str]:
    """Settings, and nothing of ours but where the code is."""
    return {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), **settings}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """A command that has ended by itself: what it said, and what it complained of or logged."""

    code: int
    said: str
    complaints: str


async def ran(
    *arguments: str, settings: Mapping[str, str], folder: Path, starter: Starter = start_anew
) -> Ran:
    """A command that ends by itself."""
    environment = environment_of(settings)
    process = await starter(Command(arguments=arguments, environment=environment, folder=folder, log=None))
    async with asyncio.timeout(ENDS_WITHIN_S):
        said, complaints = await process.communicate()
    return Ran(code=process.returncode or 0, said=said.decode(), complaints=complaints.decode())


async def run(
    *arguments: str, settings: Mapping[str, str], folder: Path, starter: Starter = start_anew
) -> str:
    """What a command said; raises CommandFailed when it did not do its work."""
    ended = await ran(*arguments, settings=settings, folder=folder, starter=starter)
    if ended.code != 0:
        raise CommandFailed(f"{' '.join(arguments)}: {ended.said}{ended.complaints}")
    return ended.said
