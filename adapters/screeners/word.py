"""What the keeper of the list tells its screeners, again and again, over a socket that each inherits.

It holds the keys of the list: it goes from memory to memory, and is written nowhere. A screener answers each
word with one byte: from now on it goes by it.
"""

from pathlib import Path
from typing import Final

from pydantic import Field

from adapters.edge.beside import Beside
from adapters.replica.values import FeedKey
from adapters.screening import FeedCondition
from schemas.enrolment import HandedEpoch
from schemas.text import Contract, Count
from schemas.tokens import EpochKeys

SAID_EVERY_S: Final = 1.0
HOLDS_FOR_S: Final = 5.0
"""So long a screener goes by the last word."""
UNDERSTOOD: Final = b"."
LONGEST_WORD_BYTES: Final = 1024 * 1024


class ToldFeed(Contract):
    """`sequence`: what the feed has reached at least."""

    epoch: Count
    incarnation: Count
    condition: FeedCondition
    sequence: Count

    @property
    def key(self) -> FeedKey:
        return FeedKey(epoch=self.epoch, incarnation=self.incarnation)


class ToldList(Contract):
    """The list that is kept, with the keys of every epoch in force and its feeds to screen, newest epoch
    first. `opening` counts how often one was opened: with each, files and keys are others. `silence_s`: how
    long the court was not heard when it was said. `keeps_journeys`: of people who are not listed, which the
    keeper alone can.
    """

    opening: Count
    folder: Path
    epochs: tuple[HandedEpoch, ...]
    silence_s: float
    feeds: tuple[ToldFeed, ...]
    keeps_journeys: bool = False

    @property
    def keys(self) -> tuple[EpochKeys, ...]:
        return tuple(epoch.keys for epoch in self.epochs)

    @classmethod
    def of(cls, beside: Beside, opening: int) -> "ToldList":
        return cls(
            opening=opening,
            folder=beside.folder.absolute(),
            epochs=tuple(map(HandedEpoch.of, beside.epochs)),
            silence_s=beside.silence_s,
            keeps_journeys=beside.keeps_journeys,
            feeds=tuple(
                ToldFeed(
                    epoch=feed.epoch,
                    incarnation=feed.incarnation,
                    condition=condition,
                    sequence=beside.sequences[feed],
                )
                for feed, condition in beside.conditions.items()
            ),
        )


class Word(Contract):
    """`said_s`: by the machine's clock that never jumps back, the same for all its processes. `told`: None
    while no list is open, and once the line is closed.
    """

    said_s: float
    phone_24h: str
    told: ToldList | None = Field(default=None, repr=False)

    def line(self) -> bytes:
        return self.model_dump_json().encode() + b"\n"
