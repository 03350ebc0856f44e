"""When a gateway has carried letters there and back, and when it is about to again. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median


@dataclass(frozen=True, slots=True, kw_only=True)
class Carryings:
    """Of one end: when the latest carryings came in here, and when those of its own letters came in at the
    other end, as that has said; the last one last.
    """

    inward: tuple[datetime, ...] = ()
    outward: tuple[datetime, ...] = ()


def next_carrying(carried: Sequence[datetime]) -> datetime | None:
    """When the next is to be expected by the rhythm of the last ones: no promise, and it may be past. None
    after fewer than two.
    """
    gaps = [(later - before).total_seconds() for before, later in pairwise(carried)]
    return carried[-1] + timedelta(seconds=median(gaps)) if gaps else None
