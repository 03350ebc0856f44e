"""The simulated railway's own system, as far as its adapter asks it: who holds which ticket."""

from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Sequence
from datetime import datetime

from adapters.edge.card_use import CardUse
from adapters.late.journeys import HELD, is_ahead, still_held


class TicketBook:
    """Kept in memory, as an agency knows its own passengers; a journey that is over is forgotten."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._by_number: defaultdict[str, list[CardUse]] = defaultdict(list)

    def note(self, use: CardUse) -> None:
        """Somebody has bought, changed or given back a ticket; other uses are no concern of it."""
        if not is_ahead(use, self._now()):
            return
        theirs = [one for one in self._by_number[use.number] if is_ahead(one, self._now())]
        self._by_number[use.number] = [one for one in still_held([*theirs, use]) if one.kind in HELD]

    async def open_journeys(self) -> AsyncGenerator[Sequence[CardUse], None]:
        for tickets in list(self._by_number.values()):
            yield [one for one in tickets if is_ahead(one, self._now())]
