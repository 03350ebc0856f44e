"""Reports as they were written just now, so that whoever publishes them need not read them back.

What must not break: what is here was committed, stands in the order of the store, and is all that the store
has; as soon as that is not sure, nothing is here and the store is read.
"""

from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

KEPT_AT_MOST: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A signed report. `about`: what the lists call whoever it concerns, where it need keep its place only
    among those about the same person; empty: it keeps its place among all.
    """

    message_id: str
    envelope: bytes = field(repr=False)
    about: frozenset[int] = frozenset()


def in_runs(posts: Sequence[Post]) -> Sequence[Sequence[Post]]:
    """Those that may go side by side, one run after the other."""
    runs: list[list[Post]] = []
    met = set[int]()
    for one in posts:
        if not (one.about and met) or one.about & met:
            runs.append([])
            met.clear()
        runs[-1].append(one)
        met |= one.about
    return runs


class Posted:
    """At first nobody knows what a former life has left in the store."""

    def __init__(self) -> None:
        self._waiting: deque[Post] | None = None

    def begin(self) -> None:
        """Whatever was committed before is about to be read."""
        self._waiting = deque()

    def take(self, posts: Sequence[Post]) -> None:
        """They were committed."""
        if self._waiting is None:
            return
        self._waiting.extend(posts)
        if len(self._waiting) > KEPT_AT_MOST:
            self.forget()

    def first(self, at_most: int) -> Sequence[Post] | None:
        """The oldest; None: read the store."""
        return None if self._waiting is None else list(islice(self._waiting, at_most))

    def remove(self, message_ids: Collection[str]) -> None:
        """They wait no more, or somebody else has them."""
        if self._waiting is not None:
            self._waiting = deque(one for one in self._waiting if one.message_id not in message_ids)

    def forget(self) -> None:
        self._waiting = None
