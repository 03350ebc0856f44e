"""A whole list in one file: its entries by reference, packed into chunks that a signed manifest vouches for.

What must not break: a chunk that is not exactly what the manifest names is never unpacked, and no bytes,
however hostile, unpack to more than they name. Tokens and references are random and take 24 bytes an entry
whatever is done; everything else lies in columns, byte by byte of equal weight, so that it shrinks to little.
"""

import struct
import zlib
from collections.abc import Sequence
from hashlib import blake2b
from itertools import accumulate, pairwise
from typing import Annotated, ClassVar, Final, NamedTuple

from pydantic import Field

from schemas.messages import FeedHead, Message
from schemas.text import Contract, Count, Hex64
from schemas.tokens import TOKEN_BYTES

SNAPSHOT_TYPE: Final = "application/octet-stream"
ENTRIES_IN_CHUNK: Final = 16_384
"""At most; fewer where entries bear long details."""
MAX_CHUNK_BYTES: Final = 8 * 2**20
MAX_CHUNKS: Final = 65_536
PART_BYTES: Final = 2**20
"""Of the file, in one message."""

_SUITE: Final = b"dt-list1"
_HEAD: Final = struct.Struct(">8sII")  # suite, entries, bytes of the packed columns
_DIGEST_BYTES: Final = 32
_LEVEL: Final = 1
_COLUMNS: Final = "QQBIHI"
"""Step to the reference from the one before, version, code of the measure, last valid day, number of tokens,
bytes of the details."""
_WIDTHS: Final = tuple(struct.calcsize(f">{column}") for column in _COLUMNS)


class ListedEntry(NamedTuple):
    """One entry of a list; a plain tuple, since millions are made in a row.

    `code` is that of the measure, `last_day` the last valid day as a proleptic Gregorian ordinal, `tokens`
    all tokens in a row, `named` what was sealed for the agency (empty where nothing was).
    """

    reference: int
    version: int
    code: int
    last_day: int
    tokens: bytes
    named: bytes = b""


class ChunkNote(Contract):
    """Length in bytes and BLAKE2b-256 of one chunk."""

    length: Annotated[int, Field(ge=1, le=MAX_CHUNK_BYTES)]
    digest: Hex64


class SnapshotManifest(Message):
    """The list as it stood at `head`, in chunks that follow each other in one file."""

    TYPE: ClassVar[str] = "court.feed.snapshot"
    head: FeedHead
    chunks: tuple[ChunkNote, ...] = Field(max_length=MAX_CHUNKS)

    @property
    def length(self) -> int:
        """Of the file, in bytes."""
        return sum(chunk.length for chunk in self.chunks)


class SnapshotPart(Message):
    """Some bytes of the file, for an adapter that is reached by messages only: those from `begin` on, of the
    snapshot that stands at `sequence`. `data`: as standard base64.
    """

    TYPE: ClassVar[str] = "court.feed.snapshot-part"
    sequence: Count
    begin: Count
    data: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]+={0,2}$", max_length=2 * PART_BYTES)]


def manifest_path(epoch: int, incarnation: int) -> str:
    """Where the court's edge listener gives the manifest of its newest snapshot."""
    return f"/edge/feeds/{epoch}/{incarnation}/snapshot"


def snapshot_path(epoch: int, incarnation: int, sequence: int) -> str:
    """Where it gives the file of one."""
    return f"{manifest_path(epoch, incarnation)}s/{sequence}"


def note_of(chunk: bytes) -> ChunkNote:
    return ChunkNote(length=len(chunk), digest=blake2b(chunk, digest_size=_DIGEST_BYTES).hexdigest())


def pack_chunk(entries: Sequence[ListedEntry]) -> bytes:
    """At least one entry, in the order of their references."""
    references, versions, codes, last_days, tokens, named = zip(*entries, strict=True)
    steps = [references[0], *(later - before for before, later in pairwise(references))]
    counts = [len(one) // TOKEN_BYTES for one in tokens]
    columns = (steps, versions, codes, last_days, counts, [len(one) for one in named])
    packed = zlib.compress(b"".join(map(_planes, _COLUMNS, columns)), _LEVEL)
    return b"".join((_HEAD.pack(_SUITE, len(entries), len(packed)), packed, *tokens, *named))


def unpack_chunk(chunk: bytes) -> list[ListedEntry]:
    """What `pack_chunk` packed; raises ValueError for anything else."""
    try:
        suite, count, length = _HEAD.unpack_from(chunk)
        if suite != _SUITE:
            raise ValueError("not a chunk of a known suite: compare the versions of adapter and tracker")
        if not 0 < count <= ENTRIES_IN_CHUNK:
            raise ValueError("a chunk names more entries than one may hold, or none")
        columns = _columns(chunk[_HEAD.size : _HEAD.size + length], count)
        steps, versions, codes, last_days, counts, sizes = columns
    except (struct.error, zlib.error):
        raise ValueError("a chunk is cut short or altered") from None
    tokens, end = _slices(chunk, _HEAD.size + length, [TOKEN_BYTES * one for one in counts])
    named, end = _slices(chunk, end, sizes)
    if end != len(chunk):
        raise ValueError("a chunk is cut short or altered")
    references = accumulate(steps)
    return list(map(ListedEntry, references, versions, codes, last_days, tokens, named))


def _planes(column: str, values: Sequence[int]) -> bytes:
    """All first bytes, then all second bytes, and so on: those that hardly differ lie together."""
    raw = struct.pack(f">{len(values)}{column}", *values)
    width = len(raw) // len(values)
    return b"".join(raw[place::width] for place in range(width))


def _columns(packed: bytes, count: int) -> list[Sequence[int]]:
    expected = count * sum(_WIDTHS)
    unpacker = zlib.decompressobj()
    raw = unpacker.decompress(packed, expected + 1)
    if len(raw) != expected or unpacker.unconsumed_tail or unpacker.unused_data:
        raise ValueError("a chunk is cut short or altered")
    columns: list[Sequence[int]] = []
    at = 0
    for column, width in zip(_COLUMNS, _WIDTHS, strict=True):
        values = bytearray(count * width)
        for place in range(width):
            values[place::width] = raw[at : at + count]
            at += count
        columns.append(struct.unpack(f">{count}{column}", values))
    return columns


def _slices(chunk: bytes, begin: int, sizes: Sequence[int]) -> tuple[list[bytes], int]:
    ends = list(accumulate(sizes, initial=begin))
    return [chunk[a:b] for a, b in pairwise(ends)], ends[-1]
