"""How often the canary's card is used: as the court says, at the start and with each heartbeat."""

from collections.abc import Callable

import structlog

_log = structlog.get_logger(__name__)


class Pace:
    """In seconds of the elapsed clock."""

    def __init__(self, every_s: int, elapsed: Callable[[], float]) -> None:
        self._elapsed = elapsed
        self._every_s = every_s
        self.due_s = elapsed() + every_s

    def agree(self, every_s: int) -> None:
        """From now on; what is due earlier by the former interval stays so."""
        if every_s != self._every_s:
            _log.info("canary-agreed", after_s=every_s)
            self._every_s = every_s
            self.due_s = min(self.due_s, self._elapsed() + every_s)

    def is_due(self) -> bool:
        """Whether it is time; true once for each time."""
        now_s = self._elapsed()
        if now_s < self.due_s:
            return False
        self.due_s += self._every_s
        if self.due_s <= now_s:
            # The machine slept: what was missed is not made up for.
            self.due_s = now_s + self._every_s
        return True
