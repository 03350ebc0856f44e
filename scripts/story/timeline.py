"""The timeline of the story: what happened, who did it, and which promise it proves."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.text import Text

from tracker.domain.court_time import COURT_ZONE, court_day

STYLES = {"sms": "yellow", "push": "bright_black", "edge": "cyan", "court": "white", "promise": "green"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line. `promise` names what a line of step `promise` proves."""

    at: str
    step: str
    who: str
    detail: str
    promise: str | None = None


class PromiseBroken(Exception):
    """The story did not keep a promise; the text names it and what was seen instead."""

    def __init__(self, promise: str, seen: Any) -> None:
        super().__init__(f"{promise}: {seen}")
        self.promise = promise
        self.seen = seen


class Timeline:
    """Prints each line as it happens, coloured or as one JSON object."""

    def __init__(self, now: Callable[[], datetime], *, as_json: bool) -> None:
        self._now = now
        self._as_json = as_json
        self._console = Console(highlight=False, soft_wrap=True)
        self._day: object = None
        self.promises: list[str] = []

    def tell(self, step: str, who: str, detail: str, promise: str | None = None) -> None:
        """One line of the timeline, at the present moment of the story."""
        at = self._now()
        local = at.astimezone(COURT_ZONE)
        line = Line(at=local.isoformat(), step=step, who=who, detail=detail, promise=promise)
        if self._as_json:
            print(json.dumps(asdict(line), ensure_ascii=False), flush=True)
        else:
            self._print(at, line)

    def _print(self, at: datetime, line: Line) -> None:
        if court_day(at) != self._day:
            self._day = court_day(at)
            self._console.print(Text(f"\n── {self._day:%Y-%m-%d} ──", style="bold"))
        clock = at.astimezone(COURT_ZONE).strftime("%H:%M:%S")
        row = Text.assemble((clock, "bright_black"), "  ", (f"{line.who:<14}", "bold"), " ")
        mark = "✓ " if line.promise else ""
        row.append(f"{mark}{line.detail}", style=STYLES.get(line.step, "white"))
        self._console.print(row)

    def promise(self, promise: str, kept: bool, seen: Any = "it did not happen") -> None:
        """Prove a promise, or end the story with its name."""
        if not kept:
            raise PromiseBroken(promise, seen)
        self.promises.append(promise)
        self.tell("promise", "promise", promise, promise)

    def end(self) -> None:
        """The last line."""
        kept = f"{len(self.promises)} promises kept"
        if self._as_json:
            self.tell("end", "story", kept)
        else:
            self._console.print(Text(f"\n{kept}", style="bold green"))
