"""How far the list is on its way: a bar where a person watches, and a line of the log at each tenth."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, TextIO

import structlog

LOOKS_EVERY: Final = timedelta(milliseconds=500)
WIDTH: Final = 40
PERCENT: Final = 100
TOLD_EVERY: Final = 10
CLEAR_LINE: Final = "\x1b[2K"

_log = structlog.get_logger(__name__)


class ListProgress:
    """`percent`: how far the list is, None while nothing is missing; `terminal` None: nobody watches."""

    def __init__(
        self,
        edge: str,
        percent: Callable[[], int | None],
        now: Callable[[], datetime],
        terminal: TextIO | None,
    ) -> None:
        self.name: Final = f"progress.{edge}"
        self._edge = edge
        self._percent = percent
        self._now = now
        self._terminal = terminal
        self._shown: int | None = None
        self._told = 0

    async def step(self) -> bool:
        """Show where it is by now; never more to do."""
        former, self._shown = self._shown, self._percent()
        self._tell(self._shown or 0)
        if self._shown is not None or former is not None:
            # Also where it stands still: a line of the log may have taken its place.
            self._draw(self._shown)
        return False

    async def next_due(self) -> datetime | None:
        return None if self._shown is None else self._now() + LOOKS_EVERY

    def _draw(self, percent: int | None) -> None:
        if self._terminal is None:
            return
        # The cursor goes back to the line's beginning: a line of the log takes the place of the bar.
        self._terminal.write(CLEAR_LINE + ("" if percent is None else f"{bar(percent)}\r"))
        self._terminal.flush()

    def _tell(self, percent: int) -> None:
        tenth = percent - percent % TOLD_EVERY
        if tenth > self._told:
            _log.info("list-progress", edge=self._edge, percent=tenth)
        self._told = tenth


def bar(percent: int) -> str:
    """One line."""
    done = WIDTH * percent // PERCENT
    return f"the list is on its way  [{'#' * done}{'-' * (WIDTH - done)}] {percent:3} %"
