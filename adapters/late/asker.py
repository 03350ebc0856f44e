"""Asks the agency's own system for open journeys once somebody was listed, and screens all of them.

What must not break: each goes the way of any card use, so that who is not listed leaves no trace; a system
that does not answer is said to be silent for as long as it is.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

import structlog

from adapters.edge.card_use import CardUse, Hit, NotScreened
from adapters.edge.hits import HitSpool
from adapters.edge.lookout import Lookout
from adapters.edge.parts import EdgeParts
from adapters.edge.settings import BookAway, JourneyBook
from adapters.edge.sieve import Batch, Sifted
from adapters.late.gathering import Gathering
from adapters.late.journeys import is_ahead
from adapters.replica.values import FeedKey
from adapters.store.hits import list_recorded
from schemas.documents import DocumentKind
from schemas.messages import SightingKind

Sift: TypeAlias = Callable[[Batch], Sifted | NotScreened]

_log = structlog.get_logger(__name__)


class _CannotScreen(Exception):
    """The list or the disk has come into doubt meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Screening:
    """What the questions are screened by: the edge's own way."""

    lookout: Lookout
    hits: HitSpool
    sift: Sift


class JourneyAsker:
    """`trouble`: why the last question was in vain."""

    is_resting = False
    """It looks by itself, with every word, whether anything is to be asked."""

    def __init__(self, parts: EdgeParts, book: JourneyBook, screening: Screening) -> None:
        self.name: Final = f"journeys.{parts.settings.name}"
        self._parts = parts
        self._book = book
        self._screening = screening
        self._gathering = Gathering(parts.ports.now())
        self.trouble: str | None = None
        parts.newcomers.listen(self._hear)

    async def step(self) -> bool:
        """Ask, when it is time and the list is the court's."""
        at = self._parts.ports.now()
        due_at = self._gathering.due_at
        if due_at is None or at < due_at or not self._screening.lookout.may_release():
            return False
        self._gathering.begin(at)
        is_answered = False
        try:
            await self._ask()
            is_answered = True
        except (BookAway, _CannotScreen) as away:
            self.trouble = str(away)
            _log.warning("journeys-not-answered", edge=self._parts.settings.name, why=str(away))
        finally:
            # Also after a fault of our own: whoever was listed is still to be looked for.
            self._gathering.end(self._parts.ports.now(), is_answered=is_answered)
        if is_answered:
            self.trouble = None
        return is_answered

    async def next_due(self) -> datetime | None:
        due_at = self._gathering.due_at
        # What is due but waits for the list is asked for once that has changed.
        return due_at if due_at is not None and due_at > self._parts.ports.now() else None

    def _hear(self, _feed: FeedKey, _tokens: Sequence[bytes] | None) -> None:
        self._gathering.hear(self._parts.ports.now())
        self._parts.changes.wake()

    async def _ask(self) -> None:
        journeys = hits = 0
        async with aclosing(self._book.open_journeys()) as answer:
            async for some in answer:
                journeys += len(some)
                hits += await self._screen(some)
        _log.info("journeys-screened", edge=self._parts.settings.name, journeys=journeys, hits=hits)

    async def _screen(self, uses: Sequence[CardUse]) -> int:
        """How many were reported now."""
        at = self._parts.ports.now()
        ahead = [use for use in uses if is_ahead(use, at) and use.kind is not SightingKind.TICKET_REFUNDED]
        listed = self._listed(ahead)
        if not listed:
            return 0
        async with self._parts.database.reading() as tx:
            recorded = await list_recorded(tx, [use.event_id for use in listed])
        new = [use for use in listed if use.event_id not in recorded]
        answers = [await self._screening.hits.screen(use) for use in new]
        if any(isinstance(answer, NotScreened) for answer in answers):
            raise _CannotScreen("a hit could not be screened or kept meanwhile")
        return sum(isinstance(answer, Hit) for answer in answers)

    def _listed(self, uses: Iterable[CardUse]) -> list[CardUse]:
        """Those who may be on the list."""
        alike: defaultdict[tuple[DocumentKind, str], list[CardUse]] = defaultdict(list)
        for use in uses:
            alike[use.document_kind, use.issuing_state].append(use)
        listed: list[CardUse] = []
        for (kind, state), some in alike.items():
            numbers = [use.number for use in some]
            answer = self._screening.sift(Batch(kind=kind, numbers=numbers, issuing_state=state))
            if isinstance(answer, NotScreened) or answer.gap is not None:
                raise _CannotScreen("the list came into doubt meanwhile")
            listed += [some[position] for position in answer.to_screen]
        return listed
