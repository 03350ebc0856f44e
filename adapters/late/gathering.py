"""When an agency's own system is asked for open journeys: many changes of the list are one question.

What must not break: whoever came onto the list is asked for in the end, whatever comes after, and a system
that does not answer is asked again.
"""

from datetime import datetime, timedelta
from typing import Final

SETTLES_AFTER: Final = timedelta(seconds=5)
"""After the last change: a sale that was screened just before it is booked by then."""
AT_THE_LATEST: Final = timedelta(minutes=5)
"""After the first one: a list that is filled for hours is not waited for."""
ASKS_EVERY: Final = timedelta(minutes=1)
FIRST_REST: Final = timedelta(seconds=5)
LONGEST_REST: Final = timedelta(minutes=10)
"""After questions in vain, each twice as long as the last."""


class Gathering:
    """At the start everybody on the list is new."""

    def __init__(self, at: datetime) -> None:
        self._first: datetime | None = at
        self._last = at
        self._not_before = at
        self._failures = 0

    @property
    def due_at(self) -> datetime | None:
        """When to ask; None while nobody is new."""
        if self._first is None:
            return None
        return max(self._not_before, min(self._last + SETTLES_AFTER, self._first + AT_THE_LATEST))

    def hear(self, at: datetime) -> None:
        """Somebody came onto the list."""
        self._first = at if self._first is None else self._first
        self._last = at

    def begin(self, at: datetime) -> None:
        """It is asked now: who comes from now on is for the next time."""
        self._first = None
        self._not_before = at + ASKS_EVERY

    def end(self, at: datetime, *, is_answered: bool) -> None:
        """Whether it has answered all of it; if not, those for whom it was asked are still new."""
        if is_answered:
            self._failures = 0
            return
        self._first = at if self._first is None else self._first
        self._not_before = at + min(FIRST_REST * 2 ** min(self._failures, 10), LONGEST_REST)
        self._failures += 1
