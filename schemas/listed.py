"""One entry of a list as bytes: the same in the court's books, in a snapshot and in a replica.

What must not break: packed entries sort by reference, and whoever holds the same entry holds the same bytes,
over which the digest is summed. So millions go from the books to a replica by cutting and joining alone.
"""

import struct
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from schemas.tokens import TOKEN_BYTES

_HEAD: Final = struct.Struct(">QQBIH")
"""Reference, version, code of the measure, last valid day, number of tokens; tokens and details follow."""
_COUNT: Final = struct.Struct(">H")
HEAD_BYTES: Final = _HEAD.size
REFERENCE_BYTES: Final = 8
COUNT_BYTES: Final = _COUNT.size
"""Of the number of tokens, which ends the head."""
_COUNT_OF_TOKENS: Final = slice(HEAD_BYTES - COUNT_BYTES, HEAD_BYTES)
_ONE: Final = _COUNT.pack(1)
_REFERENCE: Final = slice(REFERENCE_BYTES)
_FIRST: Final = slice(HEAD_BYTES, HEAD_BYTES + TOKEN_BYTES)
MEASURE_AND_DAY: Final = slice(16, 21)
"""Where both lie in the head."""


def cut(row: bytes, width: int) -> list[bytes]:
    """A row of bytes in pieces of one width."""
    return [row[at : at + width] for at in range(0, len(row), width)]


class ListedEntry(NamedTuple):
    """`code` is that of the measure, `last_day` the last valid day as a proleptic Gregorian ordinal, `tokens`
    all tokens in a row, `named` what was sealed for the agency (empty where nothing was).
    """

    reference: int
    version: int
    code: int
    last_day: int
    tokens: bytes
    named: bytes = b""

    def pack(self) -> bytes:
        """Raises ValueError where there is a token of another length."""
        count, left_over = divmod(len(self.tokens), TOKEN_BYTES)
        if left_over:
            raise ValueError(f"a token has {TOKEN_BYTES} bytes")
        head = _HEAD.pack(self.reference, self.version, self.code, self.last_day, count)
        return head + self.tokens + self.named

    @classmethod
    def unpack(cls, packed: bytes) -> "ListedEntry":
        """What `pack` made."""
        reference, version, code, last_day, count = _HEAD.unpack_from(packed)
        end = HEAD_BYTES + count * TOKEN_BYTES
        return cls(reference, version, code, last_day, packed[HEAD_BYTES:end], packed[end:])


def tokens_of(entries: Sequence[bytes]) -> list[bytes]:
    """Each token of packed entries with the reference behind it, in the order of the entries."""
    if {entry[_COUNT_OF_TOKENS] for entry in entries} == {_ONE}:
        # As on most lists, and in half the time.
        return [entry[_FIRST] + entry[_REFERENCE] for entry in entries]
    return list(_each_token_of(entries))


def _each_token_of(entries: Sequence[bytes]) -> Iterator[bytes]:
    for entry in entries:
        reference, (count,) = entry[:REFERENCE_BYTES], _COUNT.unpack_from(entry, HEAD_BYTES - COUNT_BYTES)
        for at in range(HEAD_BYTES, HEAD_BYTES + count * TOKEN_BYTES, TOKEN_BYTES):
            yield entry[at : at + TOKEN_BYTES] + reference
