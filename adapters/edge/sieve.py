"""Sifts many numbers at once, for systems through which thousands of documents go each second.

Nearly all of them are clear. Only those that are on the list are worth a whole card use, which is screened
one by one afterwards; nothing is stored here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from adapters.edge.card_use import NotScreened
from adapters.edge.lookout import Lookout
from adapters.replica.values import FeedKey
from schemas.documents import DocumentKind, DocumentRefused, is_resident_number, normalise_document
from schemas.tokens import Tokens

LOOKED_UP_AT_ONCE: Final = 64
"""For longer no reader of the replica may stand: its writer could not use the space of what it replaces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Numbers as read, of documents of one kind and state."""

    kind: DocumentKind
    numbers: Sequence[str] = field(repr=False)
    issuing_state: str = "CHN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sifted:
    """By position in the batch: what must be screened, and what cannot be a number of the kind. `gap`: why
    the others are not clear all the same.
    """

    to_screen: tuple[int, ...]
    invalid: Mapping[int, DocumentRefused]
    gap: NotScreened | None


class Sieve:
    def __init__(self, lookout: Lookout) -> None:
        self._lookout = lookout

    def sift(self, batch: Batch) -> Sifted | NotScreened:
        """Raises Damaged."""
        silence = self._lookout.silence()
        if silence is not None:
            return silence
        # Before anything is looked up: a list that is whole only afterwards was not whole for all of it.
        gap = self._lookout.gap()
        unsure = self._unsure(batch)
        to_screen: list[int] = []
        invalid: dict[int, DocumentRefused] = {}
        for position in unsure:
            number = batch.numbers[position]
            document = normalise_document(batch.kind, number, issuing_state=batch.issuing_state)
            if isinstance(document, DocumentRefused):
                invalid[position] = document
                continue
            if self._lookout.look_up(self._lookout.tokens(document)) is not None:
                to_screen.append(position)
        return Sifted(to_screen=tuple(to_screen), invalid=invalid, gap=gap)

    def _unsure(self, batch: Batch) -> Sequence[int]:
        """The positions that are not clear at the first look."""
        if batch.kind is not DocumentKind.RESIDENT_ID:
            return range(len(batch.numbers))
        feeds = self._lookout.feeds()
        unsure: list[int] = []
        for first in range(0, len(batch.numbers), LOOKED_UP_AT_ONCE):
            some = batch.numbers[first : first + LOOKED_UP_AT_ONCE]
            unsure += [first + position for position in self._unsure_residents(some, feeds)]
        return unsure

    def _unsure_residents(self, numbers: Sequence[str], feeds: Mapping[FeedKey, Tokens]) -> list[int]:
        """One look for all: what is in its normal form already, as nearly every number from a chip is, costs
        a check character, a token and a look for each feed.
        """
        with self._lookout.looking() as look:
            probes = [(tokens.of_resident, look.holder_of(feed)) for feed, tokens in feeds.items()]
            return [
                position
                for position, number in enumerate(numbers)
                if not is_resident_number(number)
                or any(holds(token_of(number)) for token_of, holds in probes)
            ]
