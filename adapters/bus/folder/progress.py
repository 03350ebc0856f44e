"""Which letters of one stream have come: pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from schemas.letters import MOST_LACKING


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Everything up to a number has come, or never will; of what lies beyond it, these have."""

    up_to: int = 0
    ahead: frozenset[int] = frozenset()

    def has(self, number: int) -> bool:
        return number <= self.up_to or number in self.ahead

    def with_letter(self, number: int) -> "Progress":
        """One more has come."""
        return _closed(self.up_to, self.ahead | {number})

    def begun_at(self, begins: int) -> "Progress":
        """Their writer keeps none before `begins`: none of those will come."""
        return _closed(max(self.up_to, begins - 1), self.ahead)

    def lacking(self, seen: Iterable[int]) -> tuple[int, ...]:
        """What must have been written before what was seen, and is not here."""
        here = self.ahead.union(seen)
        expected = range(self.up_to + 1, max(here, default=0))
        # No further: a number may be anything that somebody has written into a name.
        return tuple(islice((number for number in expected if number not in here), MOST_LACKING))


def _closed(up_to: int, ahead: frozenset[int]) -> Progress:
    while up_to + 1 in ahead:
        up_to += 1
    return Progress(up_to=up_to, ahead=frozenset(number for number in ahead if number > up_to))
