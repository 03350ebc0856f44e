"""A letter: one message of the bus as a file that a dumb gateway can carry. Pure.

Its name says whose it is, where it stands and how long it is, and holds the digest of the whole file, so that
a letter that is half carried is told from one that is whole, and an altered one from both. Names sort in the
order of writing. What must not break: a letter vouches for nobody; the envelope inside is signed for that.
"""

import re
from dataclasses import dataclass
from hashlib import blake2b
from typing import Annotated, Final

from pydantic import Field, ValidationError

from schemas.envelope import MAX_ENVELOPE_BYTES
from schemas.text import Contract, Count, UtcTime

MOST_LACKING: Final = 1_000
MOST_CARRYINGS: Final = 6
MOST_HEAD_BYTES: Final = 64 * 2**10
MOST_BYTES: Final = MAX_ENVELOPE_BYTES + MOST_HEAD_BYTES
NOTE: Final = ""
"""The queue of a letter without a message: it only tells what has come the other way."""

_NAME: Final = re.compile(
    r"([0-9]{14}-[0-9a-f]{8})-([0-9]{12})-([0-9]{3})-([0-9]{1,9})-([0-9a-f]{32})\.letter"
)
_DIGEST_BYTES: Final = 16

Stream = Annotated[str, Field(pattern=r"^[0-9]{14}-[0-9a-f]{8}$")]
"""One numbering of letters: the second it began, and chance. A later one sorts behind."""


class Taken(Contract):
    """How far the letters of the other way have come: all of `stream` up to a number; beyond it everything
    that was seen but what is `lacking`.
    """

    stream: Stream
    up_to: Count
    lacking: tuple[Count, ...] = Field(default=(), max_length=MOST_LACKING)


class LetterHead(Contract):
    """What goes before the message. `begins`: the oldest letter that its writer keeps, none before it comes
    again; `carryings`: when the latest carryings of the other way were here, the last one last.
    """

    stream: Stream
    number: Count
    begins: Count
    queue: str = Field(max_length=200)
    message_id: str = Field(max_length=200)
    written_at: UtcTime
    taken: Taken | None = None
    carryings: tuple[UtcTime, ...] = Field(default=(), max_length=MOST_CARRYINGS)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class LetterName:
    """`copy`: 1 for the first writing, and one more each time it had to be written again."""

    stream: str
    number: int
    copy: int
    length: int
    digest: str

    def __str__(self) -> str:
        return f"{self.stream}-{self.number:012}-{self.copy:03}-{self.length}-{self.digest}.letter"

    @property
    def place(self) -> tuple[str, int]:
        """Which letter it is, whatever copy."""
        return self.stream, self.number

    def is_whole(self, content: bytes) -> bool:
        """Whether the content is what was written, to the last bit."""
        return len(content) == self.length and _digest(content) == self.digest


class LetterUnreadable(Exception):
    """A whole letter whose head cannot be read: another version of the program wrote it."""


def pack_letter(head: LetterHead, body: bytes, copy: int) -> tuple[LetterName, bytes]:
    """The name and the content of the file."""
    content = head.model_dump_json().encode() + b"\n" + body
    name = LetterName(
        stream=head.stream, number=head.number, copy=copy, length=len(content), digest=_digest(content)
    )
    return name, content


def read_name(text: str) -> LetterName | None:
    """None for whatever is not the name of a letter, or of one longer than any."""
    found = _NAME.fullmatch(text)
    if found is None:
        return None
    stream, number, copy, length, digest = found.groups()
    if int(length) > MOST_BYTES:
        return None
    return LetterName(stream=stream, number=int(number), copy=int(copy), length=int(length), digest=digest)


def unpack_letter(content: bytes) -> tuple[LetterHead, bytes]:
    """Head and message of a whole letter. Raises LetterUnreadable."""
    head, _, body = content.partition(b"\n")
    try:
        return LetterHead.model_validate_json(head), body
    except ValidationError:
        raise LetterUnreadable("compare the versions of adapter and tracker") from None


def _digest(content: bytes) -> str:
    return blake2b(content, digest_size=_DIGEST_BYTES).hexdigest()
