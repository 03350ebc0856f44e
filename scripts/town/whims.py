"""How a provider treats each message and reports each delivery: as it should, or by chance as providers do on
their bad days. The same seed draws the same again.
"""

import random
from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Treatment(StrEnum):
    """What becomes of a request."""

    TAKES = "takes"
    NEVER_REPORTS = "takes and never reports"
    DOES_NOT_ANSWER = "takes and is silent"
    IS_BUSY = "is busy"
    """429, with the second after which to come again."""
    IS_AWAY = "is away"
    """503; nothing was taken."""


class Reporting(StrEnum):
    """When a delivery is reported."""

    ONCE = "reports once"
    TWICE = "reports twice"
    LATE = "reports late"
    """After everything else."""


TREATMENTS: Final[Mapping[Treatment, int]] = {
    Treatment.TAKES: 84,
    Treatment.NEVER_REPORTS: 5,
    Treatment.DOES_NOT_ANSWER: 2,
    Treatment.IS_BUSY: 6,
    Treatment.IS_AWAY: 3,
}
REPORTINGS: Final[Mapping[Reporting, int]] = {Reporting.ONCE: 80, Reporting.TWICE: 10, Reporting.LATE: 10}


class Whims:
    """`chance` None: it does as it should."""

    def __init__(self, chance: random.Random | None = None) -> None:
        self._chance = chance
        self.may_be_late = True
        """While something else is still to come."""
        self.played: Counter[str] = Counter()

    def treatment(self, provider: str, but: Treatment | None = None) -> Treatment:
        """`but`: what this provider never does; it takes the message instead."""
        drawn = Treatment.TAKES
        if self._chance is not None:
            drawn = self._chance.choices(list(TREATMENTS), list(TREATMENTS.values()))[0]
        if drawn is but:
            drawn = Treatment.TAKES
        self.played[f"{provider} {drawn}"] += 1
        return drawn

    def reporting(self, provider: str) -> Reporting:
        drawn = Reporting.ONCE
        if self._chance is not None:
            drawn = self._chance.choices(list(REPORTINGS), list(REPORTINGS.values()))[0]
        if drawn is Reporting.LATE and not self.may_be_late:
            drawn = Reporting.ONCE
        self.played[f"{provider} {drawn}"] += 1
        return drawn
