"""What a process beside the keeper may answer by itself: that a document is clear, is none, or why nothing
can be said.

What must not break: a hit is never answered here, since only the keeper makes it durable; and nobody is
called clear by what the keeper has not confirmed within the last seconds.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from adapters.edge.card_use import CardUse, Clear, Invalid, NotScreened, Silence
from adapters.edge.epoch_keys import Epochs
from adapters.edge.lookout import Found, Lookout
from adapters.edge.sieve import Batch, Sieve, Sifted
from adapters.replica.reader import CannotLook, Reader
from adapters.replica.tags import Damaged
from adapters.replica.values import FeedKey
from adapters.screeners.word import HOLDS_FOR_S, ToldList, Word
from adapters.screening import FeedCondition, Trust, trust_after
from schemas.documents import DocumentRefused, normalise_document
from schemas.tokens import EpochKeys


class ToldLine:
    """The line to the court, as the keeper told of it last."""

    is_closed = False

    def __init__(self, elapsed: Callable[[], float]) -> None:
        self._elapsed = elapsed
        self._silent_since_s = 0.0
        self._conditions: Mapping[FeedKey, FeedCondition] = {}

    def hear(self, told: ToldList, said_s: float) -> None:
        self._silent_since_s = said_s - told.silence_s
        self._conditions = {feed.key: feed.condition for feed in told.feeds}

    @property
    def feeds(self) -> tuple[FeedKey, ...]:
        return tuple(self._conditions)

    @property
    def trust(self) -> Trust:
        return trust_after(self._elapsed() - self._silent_since_s)

    def condition(self, feed: FeedKey) -> FeedCondition:
        return self._conditions[feed]


class Screener:
    """`elapsed` is the clock of the machine that never jumps back; `phone_24h` stands in every word."""

    def __init__(self, now: Callable[[], datetime], elapsed: Callable[[], float]) -> None:
        self._now = now
        self._elapsed = elapsed
        self._line = ToldLine(elapsed)
        self._word: Word | None = None
        self._phone = ""
        self._opened: tuple[int, tuple[EpochKeys, ...]] | None = None
        self._reader: Reader | None = None
        self._lookout: Lookout | None = None

    def hear(self, word: Word) -> None:
        """Go by this word from now on."""
        self._word, self._phone = word, word.phone_24h
        told = word.told
        if told is None or (told.opening, told.keys) != self._opened:
            # Other files, or other epochs: a screener looks with the keys of all that are in force.
            self.close()
        if told is None:
            return
        self._line.hear(told, word.said_s)
        if self._reader is None:
            self._open(told)
        if self._reader is not None:
            self._reader.expect({feed.key: feed.sequence for feed in told.feeds})

    def hear_end(self) -> None:
        """There is no keeper any more, and no key of the list here."""
        self._word = None
        self.close()

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()
        self._reader = self._lookout = self._opened = None

    def screen(self, use: CardUse) -> Clear | Invalid | NotScreened | None:
        """None where the keeper has to answer."""
        document = normalise_document(use.document_kind, use.number, issuing_state=use.issuing_state)
        if isinstance(document, DocumentRefused):
            return Invalid(refused=document)
        if not self.hears_keeper:
            return self.keeper_away()
        try:
            answer = None if self._lookout is None else self._lookout.judge(document)
        except (CannotLook, Damaged):
            return None
        if isinstance(answer, Found) or (use.itinerary is not None and self._keeps_journeys):
            return None
        return answer

    def sift(self, batch: Batch) -> Sifted | NotScreened | None:
        """None where the keeper has to answer."""
        if not self.hears_keeper:
            return self.keeper_away()
        try:
            return None if self._lookout is None else Sieve(self._lookout, self._elapsed).sift(batch)
        except (CannotLook, Damaged):
            return None

    @property
    def _keeps_journeys(self) -> bool:
        return self._word is not None and self._word.told is not None and self._word.told.keeps_journeys

    @property
    def hears_keeper(self) -> bool:
        return self._word is not None and self._elapsed() - self._word.said_s <= HOLDS_FOR_S

    def keeper_away(self) -> NotScreened:
        return NotScreened(reason=Silence.KEEPER_AWAY, phone_24h=self._phone)

    def _open(self, told: ToldList) -> None:
        epochs = Epochs(told.keys)
        try:
            self._reader = Reader(told.folder, epochs.digest_keys)
        except CannotLook:
            # The keeper answers until its next word.
            return
        self._opened = (told.opening, told.keys)
        self._lookout = Lookout(self._line, self._reader.looking, epochs, self._now, self._phone)
