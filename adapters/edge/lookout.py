"""What an edge may say of a number: in which feeds to look, what is found there, and when to say nothing.

What must not break: a list that is not the court's answers nothing.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from adapters.edge.card_use import Clear, NotScreened, Silence
from adapters.edge.epoch_keys import Epochs
from adapters.replica.replica import Look
from adapters.replica.values import FeedKey
from adapters.screening import HITS_COUNT, HITS_END, FeedCondition, Trust, screen
from schemas.documents import IdentityDocument
from schemas.tokens import Tokens


class StateOfLine(Protocol):
    """What a lookout asks of the line to the court."""

    @property
    def is_closed(self) -> bool: ...
    @property
    def feeds(self) -> tuple[FeedKey, ...]: ...
    @property
    def trust(self) -> Trust: ...
    def condition(self, feed: FeedKey) -> FeedCondition: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """References in force, and whether a list that counts has them."""

    references: tuple[int, ...]
    is_proven: bool


class Lookout:
    """`looking` gives one look at the replica."""

    def __init__(
        self,
        line: StateOfLine,
        looking: Callable[[], AbstractContextManager[Look]],
        epochs: Epochs,
        now: Callable[[], datetime],
        phone_24h: str,
    ) -> None:
        self.looking = looking
        self._line = line
        self._epochs = epochs
        self._now = now
        self._phone = phone_24h

    def judge(self, document: IdentityDocument) -> Found | Clear | NotScreened:
        """All that can be said of a document. Raises Damaged."""
        silence = self.silence()
        if silence is not None:
            return silence
        return self.look_up(self.tokens(document)) or self.gap() or Clear()

    def silence(self) -> NotScreened | None:
        """Why nothing at all can be said now."""
        if self._line.is_closed:
            return self.not_screened(Silence.LINE_CLOSED)
        if not self._line.feeds:
            return self.not_screened(Silence.NOTHING_RECEIVED)
        if self._line.trust is Trust.NO_HITS:
            return self.not_screened(Silence.COURT_SILENT)
        if not self.feeds():
            return self.not_screened(Silence.LIST_IN_DOUBT)
        return None

    def gap(self) -> NotScreened | None:
        """Why a number that was not found is not clear: only a list that was whole once, of the epoch that
        tells of everybody, can say that somebody is not on it.
        """
        oldest = self._oldest()
        if oldest is None or self._line.condition(oldest) is FeedCondition.FILLING:
            return self.not_screened(Silence.LIST_INCOMPLETE)
        return None

    def may_release(self) -> bool:
        """Whether every feed in question counts."""
        conditions = {self._line.condition(feed) for feed in self.feeds()}
        return self.silence() is None and self._oldest() is not None and conditions <= HITS_COUNT

    def has_ended(self, epoch: int) -> bool:
        return self._epochs.has_ended(epoch)

    def feeds(self) -> dict[FeedKey, Tokens]:
        """Where to look, each with what makes its tokens. A list that fills beside a whole one is not asked:
        on its way it shows entries that were withdrawn long ago, and the whole one tells of everybody.
        """
        readable = self._readable()
        oldest = self._oldest()
        if oldest is not None and self._line.condition(oldest) is not FeedCondition.FILLING:
            readable = [feed for feed in readable if self._line.condition(feed) is not FeedCondition.FILLING]
        return {feed: self._epochs.tokens[feed.epoch] for feed in readable}

    def _readable(self) -> list[FeedKey]:
        tokens, condition = self._epochs.tokens, self._line.condition
        return [feed for feed in self._line.feeds if feed.epoch in tokens and condition(feed) not in HITS_END]

    def _oldest(self) -> FeedKey | None:
        """The list that tells of everybody; None where it cannot be asked."""
        oldest = self._epochs.oldest
        return next((feed for feed in self._readable() if feed.epoch == oldest), None)

    def tokens(self, document: IdentityDocument) -> dict[FeedKey, bytes]:
        return {feed: tokens.of(document) for feed, tokens in self.feeds().items()}

    def look_up(self, tokens: Mapping[FeedKey, bytes]) -> Found | None:
        """Raises Damaged."""
        with self.looking() as look:
            found = screen(tokens, look, self._now())
        proven = {feed: refs for feed, refs in found.items() if self._line.condition(feed) in HITS_COUNT}
        counted = proven or found
        if not counted:
            return None
        # One name is enough for one person: the older one, by which orders may have come already.
        return Found(references=counted[min(counted)], is_proven=bool(proven))

    def not_screened(self, reason: Silence) -> NotScreened:
        return NotScreened(reason=reason, phone_24h=self._phone)
