"""What an adapter has refused lately of all that came to it in the court's name: how often, and when last.

What must not break: nothing of a refused message is in it, only of which kind it was.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field

from schemas.text import Contract, Count, UtcTime

LATELY: Final = timedelta(days=1)
"""Counted together is what came with no more than this between two of a kind."""
MOST_KINDS: Final = 20


class RefusedKind(StrEnum):
    """Of what an adapter took nothing, or mended what it had done."""

    FORGED = "forged"  # not signed by the court: altered on its way, or by somebody else
    UNKNOWN_KEY = "unknown-key"  # signed with a key that the adapter does not know: it waits
    UNREADABLE = "unreadable"
    NEWER_VERSION = "newer-version"
    OTHER_COURT = "other-court"
    OTHER_ADDRESSEE = "other-addressee"  # for another agency or another of its adapters
    OTHER_LIST = "other-list"  # fetched, and of another list than was asked for
    NOT_THE_LIST = "not-the-list"  # changes that lead elsewhere than the court has signed
    BROKEN_LIST = "broken-list"  # a whole list that was damaged, cut short or out of date
    CLOCK = "clock"  # the court's word, from another time than it is here
    REPEATED = "repeated"  # known already: it changed nothing


HARMLESS: Final = frozenset({RefusedKind.REPEATED})
"""Happens wherever a line was cut: told with what else is told, and no reason to look."""


class RefusedLately(Contract):
    """`kind` is one of `RefusedKind`, or a word of a newer adapter's."""

    kind: Annotated[str, Field(pattern=r"^[a-z][a-z-]{0,31}$")]
    times: Count
    last_at: UtcTime

    def after(self, before: "RefusedLately | None") -> "RefusedLately":
        """Counted together with what came before it, unless that is long past."""
        if before is None or self.last_at - before.last_at > LATELY:
            return self
        last_at = max(self.last_at, before.last_at)
        return RefusedLately(kind=self.kind, times=before.times + self.times, last_at=last_at)


def counted(before: Iterable[RefusedLately], more: Iterable[RefusedLately]) -> dict[str, RefusedLately]:
    """Both together, by kind; of too many kinds those that came last."""
    known = {one.kind: one for one in before}
    known |= {one.kind: one.after(known.get(one.kind)) for one in more}
    latest = sorted(known.values(), key=lambda one: (one.last_at, one.kind), reverse=True)
    return {one.kind: one for one in latest[:MOST_KINDS]}


def refused_since(refused: Iterable[RefusedLately], since: datetime) -> tuple[RefusedLately, ...]:
    """Those whose last was not before a moment, in their order."""
    return tuple(one for one in refused if one.last_at >= since)
