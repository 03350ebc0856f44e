"""What was committed lately, by table: so that an idle loop need not ask the database at every commit.

What must not break: a loop never sleeps through what was committed while it looked, and it looks by itself
every few seconds all the same, since a lease that runs out is committed by nobody.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

import sqlalchemy as sa

from adapters.commits import SETTLES

LOOK_EVERY = timedelta(seconds=4)


Change = TypeVar("Change", sa.Insert, sa.Update, sa.Delete)


def settling(change: Change) -> Change:
    """A change that leaves no loop anything to do, such as a claim: nobody looks because of it."""
    return change.execution_options(**{SETTLES: True})


class News:
    """Counts commits; remembers the last one of each table."""

    def __init__(self) -> None:
        self._count = 0
        self._of_any = 0
        self._by_table: dict[str, int] = {}

    def heard(self, tables: frozenset[str]) -> None:
        """These tables were written; an empty set: any may have been."""
        self._count += 1
        if not tables:
            self._of_any = self._count
        self._by_table.update(dict.fromkeys(tables, self._count))

    def latest(self, tables: Sequence[str]) -> int:
        """The last commit that may have written one of the tables."""
        return max(self._of_any, *(self._by_table.get(table, 0) for table in tables))


class Watch:
    """One loop's look-out. Take `ticket` before a look; give it back with `rest` when nothing was there."""

    def __init__(self, news: News | None, now: Callable[[], datetime], tables: Sequence[str]) -> None:
        self._news = news
        self._now = now
        self._tables = tables
        self._rests_since = -1
        self._looked_at: datetime | None = None
        self.until: datetime | None = None

    @property
    def ticket(self) -> int:
        """Where the tables stand now."""
        return -1 if self._news is None else self._news.latest(self._tables)

    @property
    def is_resting(self) -> bool:
        """Nothing can have come up since the last look."""
        # Either way: a clock that was set back must not keep a loop asleep.
        return (
            self._looked_at is not None and abs(self._now() - self._looked_at) < LOOK_EVERY and self.is_quiet
        )

    @property
    def is_quiet(self) -> bool:
        """Nothing was committed since the last look, and nothing is due: but for what no commit tells of."""
        if self._looked_at is None or self._news is None or self.ticket != self._rests_since:
            return False
        return self.until is None or self._now() < self.until

    def rest(self, ticket: int, until: datetime | None = None) -> None:
        """Nothing is to be done before `until`, as seen by a look after `ticket` was taken."""
        self._rests_since, self._looked_at, self.until = ticket, self._now(), until
