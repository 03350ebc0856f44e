"""What lies in the incoming folder: which letters are whole, since when, and which will never be.

What must not break: nothing is taken for whole before its length and digest agree with its name; and what is
still being carried is never taken for altered.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog

from adapters.bus.folder.files import Folders
from adapters.bus.folder.progress import Progress
from schemas.letters import LetterHead, LetterName, LetterUnreadable, unpack_letter

SETTLED_AFTER: Final = timedelta(seconds=60)
"""A carrying brings its letters in any order, and each piece by piece; it is over so long after the last of
them has come on."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A letter that has come whole, and since when it is here."""

    head: LetterHead
    came_at: datetime

    def is_settled(self, at: datetime) -> bool:
        """Whether what was carried with it is here as well."""
        return at - self.came_at >= SETTLED_AFTER


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one look found: letters that are whole since, and copies of those that were taken before."""

    fresh: Mapping[LetterName, Whole]
    doubles: Collection[LetterName]


@dataclass(slots=True, kw_only=True)
class Arrivals:
    """`whole`: every letter that is here whole and not taken yet. `unreadable`: what another version of the
    program wrote.
    """

    folders: Folders
    whole: dict[LetterName, Whole] = field(default_factory=dict, init=False)
    unreadable: str | None = field(default=None, init=False)
    _unfit: dict[LetterName, tuple[int, datetime]] = field(default_factory=dict, init=False)

    def look(self, progress: Mapping[str, Progress], at: datetime) -> Look:
        """See what the gateway has brought. Raises OSError."""
        there = dict.fromkeys(self.folders.list_incoming())
        # Somebody may clear the folder by hand.
        self.whole = {name: one for name, one in self.whole.items() if name in there}
        self._unfit = {name: one for name, one in self._unfit.items() if name in there}
        self.unreadable = None
        here = {name.place: name for name in self.whole}
        fresh: dict[LetterName, Whole] = {}
        doubles: list[LetterName] = []
        for name in there:
            if progress.get(name.stream, Progress()).has(name.number) or here.get(name.place, name) != name:
                doubles.append(name)
            elif name not in self.whole and (head := self._read_head(name, at)) is not None:
                fresh[name] = self.whole[name] = Whole(head=head, came_at=at)
                here[name.place] = name
        return Look(fresh=fresh, doubles=doubles)

    def taken(self, names: Collection[LetterName]) -> None:
        """They were committed elsewhere, and go. Raises OSError."""
        for name in names:
            self.whole.pop(name, None)
        self.folders.remove_incoming(names)

    def numbers(self, stream: str, at: datetime, *, settled: bool = False) -> frozenset[int]:
        """Of the letters that are here whole; `settled`: only those whose carrying is over."""
        return frozenset(
            name.number
            for name, one in self.whole.items()
            if name.stream == stream and (one.is_settled(at) or not settled)
        )

    def _read_head(self, name: LetterName, at: datetime) -> LetterHead | None:
        """None while the letter is not whole."""
        length = self.folders.length(name)
        content = self.folders.read(name) if length == name.length else b""
        if not name.is_whole(content):
            self._judge(name, length, at)
            return None
        self._unfit.pop(name, None)
        try:
            head, _ = unpack_letter(content)
        except LetterUnreadable as reason:
            self.unreadable = f"a letter cannot be read: {reason}"
            return None
        return head

    def _judge(self, name: LetterName, length: int, at: datetime) -> None:
        """Half carried, and waited for; or at full length and altered: then it goes, and is sent again."""
        before, since = self._unfit.get(name, (-1, at))
        if length != before:
            self._unfit[name] = (length, at)
        elif length >= name.length and at - since >= SETTLED_AFTER:
            _log.error("letter-altered", file=str(name), sequence=name.number)
            self.folders.remove_incoming([name])
            self._unfit.pop(name, None)
