"""A bench as the frame knows it: a module with two functions."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from scripts.benches.report import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a bench is given: what was asked for, an empty folder, and whom to tell how far it is."""

    asked: argparse.Namespace
    folder: Path
    say: Callable[[str], None]


class Bench(Protocol):
    """A module that measures. Its options all have defaults; `run.asked.is_quick` asks for a small run."""

    def add_options(self, parser: argparse.ArgumentParser) -> None: ...

    async def measure(self, run: Run) -> Outcome: ...
