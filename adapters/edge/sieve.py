"""Sifts many numbers at once, for systems through which thousands of documents go each second.

Nearly all of them are clear. Only those that are on the list are worth a whole card use, which is screened
one by one afterwards; nothing is stored here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from adapters.edge.card_use import NotScreened
from adapters.edge.lookout import Lookout
from adapters.replica.values import FeedKey
from schemas.documents import DocumentKind, DocumentRefused, is_resident_number, normalise_document
from schemas.tokens import Tokens

LOOKED_UP_AT_ONCE: Final = 64
LONGEST_LOOK_S: Final = 0.005
"""For longer no reader of the replica may stand: its writer could not use the space of what it replaces, and
no withdrawal is answered while somebody looks at what was there before.
"""
TIMED_AFTER: Final = 16
"""Numbers between two looks at the clock, which costs a part of what a number does."""


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
    """`elapsed` counts seconds and never jumps back."""

    def __init__(self, lookout: Lookout, elapsed: Callable[[], float]) -> None:
        self._lookout = lookout
        self._elapsed = elapsed

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
        first = 0
        while first < len(batch.numbers):
            some = batch.numbers[first : first + LOOKED_UP_AT_ONCE]
            positions, looked_up = self._unsure_residents(some, feeds)
            unsure += [first + position for position in positions]
            first += looked_up
        return unsure

    def _unsure_residents(
        self, numbers: Sequence[str], feeds: Mapping[FeedKey, Tokens]
    ) -> tuple[list[int], int]:
        """One look for all that it has time for, and for how many that was: what is in its normal form
        already, as nearly every number from a chip is, costs a check character, a token and a look for each
        feed.
        """
        ends_s = self._elapsed() + LONGEST_LOOK_S
        unsure: list[int] = []
        looked_up = 0
        with self._lookout.looking() as look:
            probes = [(tokens.of_resident, look.holder_of(feed)) for feed, tokens in feeds.items()]
            while looked_up < len(numbers) and (not looked_up or self._elapsed() < ends_s):
                few = numbers[looked_up : looked_up + TIMED_AFTER]
                unsure += [
                    position
                    for position, number in enumerate(few, start=looked_up)
                    if not is_resident_number(number)
                    or any(holds(token_of(number)) for token_of, holds in probes)
                ]
                looked_up += len(few)
        return unsure, looked_up
