"""A bench as the frame knows it: a module with two functions."""

import argparse
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from scripts.benches.report import Outcome
from scripts.benches.servers import Servers


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a bench is given: what was asked for, an empty folder whose name is used once, whom to tell how
    far it is, and where it gets its servers.
    """

    asked: argparse.Namespace
    folder: Path
    say: Callable[[str], None]
    servers: Callable[[Path], AbstractAsyncContextManager[Servers]] = Servers.started


class Bench(Protocol):
    """A module that measures. Its options all have defaults; `run.asked.is_quick` asks for a small run."""

    def add_options(self, parser: argparse.ArgumentParser) -> None: ...

    async def measure(self, run: Run) -> Outcome: ...
