"""A whole list in one file: its entries by reference, packed into chunks that a signed manifest vouches for.

What must not break: a chunk that is not exactly what the manifest names is never unpacked, and no bytes,
however hostile, unpack to more than they name. Tokens and references are random and take 24 bytes an entry
whatever is done; the heads of the entries lie in columns, byte by byte of equal weight, so that they shrink
to little: each with the step from the reference before in the place of its own, and at its end the length of
what the entry holds besides, which follows behind all heads.
"""

import struct
import zlib
from collections.abc import Sequence
from hashlib import blake2b
from itertools import accumulate, pairwise
from typing import Annotated, ClassVar, Final

from pydantic import Field

from schemas.listed import COUNT_BYTES, HEAD_BYTES, REFERENCE_BYTES, cut
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

LENGTH_BYTES: Final = 4

_SUITE: Final = b"dt-list2"
_CHUNK: Final = struct.Struct(">8sII")  # suite, entries, bytes of the packed columns
_DIGEST_BYTES: Final = 32
_LEVEL: Final = 1
_FEW_BYTES: Final = 4 * TOKEN_BYTES
_ALTERED: Final = "a chunk is cut short or altered"


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


def pack_chunk(entries: Sequence[bytes]) -> bytes:
    """Packed entries, one at least, in the order of their references."""
    count = len(entries)
    heads = _split(b"".join([entry[:HEAD_BYTES] for entry in entries]), HEAD_BYTES)
    references = struct.unpack(f">{count}Q", _joined(heads[:REFERENCE_BYTES]))
    steps = [references[0], *(later - before for before, later in pairwise(references))]
    rests = [entry[HEAD_BYTES:] for entry in entries]
    columns = [
        *_split(struct.pack(f">{count}Q", *steps), REFERENCE_BYTES),
        *heads[REFERENCE_BYTES:],
        *_split(struct.pack(f">{count}I", *map(len, rests)), LENGTH_BYTES),
    ]
    packed = zlib.compress(b"".join(columns), _LEVEL)
    return b"".join((_CHUNK.pack(_SUITE, count, len(packed)), packed, *rests))


def unpack_chunk(chunk: bytes) -> list[bytes]:
    """What `pack_chunk` packed; raises ValueError for anything else."""
    try:
        suite, count, packed = _CHUNK.unpack_from(chunk)
        if suite != _SUITE:
            raise ValueError("not a chunk of a known suite: compare the versions of adapter and tracker")
        if not 0 < count <= ENTRIES_IN_CHUNK:
            raise ValueError("a chunk names more entries than one may hold, or none")
        columns = _columns(chunk[_CHUNK.size : _CHUNK.size + packed], count)
        steps = struct.unpack(f">{count}Q", _joined(columns[:REFERENCE_BYTES]))
        references = struct.pack(f">{count}Q", *accumulate(steps))
    except (struct.error, zlib.error):
        raise ValueError(_ALTERED) from None
    heads = [*_split(references, REFERENCE_BYTES), *columns[REFERENCE_BYTES:HEAD_BYTES]]
    counts = struct.unpack(f">{count}H", _joined(columns[HEAD_BYTES - COUNT_BYTES : HEAD_BYTES]))
    lengths = struct.unpack(f">{count}I", _joined(columns[HEAD_BYTES:]))
    rests = chunk[_CHUNK.size + packed :]
    has_room = all(length >= TOKEN_BYTES * tokens for length, tokens in zip(lengths, counts, strict=True))
    if sum(lengths) != len(rests) or not has_room:
        raise ValueError(_ALTERED)
    return _entries(heads, rests, lengths)


def _entries(heads: Sequence[bytes], rests: bytes, lengths: Sequence[int]) -> list[bytes]:
    """Each head, of which these are the columns, with what follows it."""
    length = lengths[0]
    if length <= _FEW_BYTES and len(set(lengths)) == 1:
        # One document each, as on most lists: all entries of one length are cut at once, in half the time.
        return cut(_joined([*heads, *_split(rests, length)]), HEAD_BYTES + length)
    places = pairwise(accumulate(lengths, initial=0))
    rows = cut(_joined(heads), HEAD_BYTES)
    return [head + rests[begin:end] for head, (begin, end) in zip(rows, places, strict=True)]


def _split(rows: bytes, width: int) -> list[bytes]:
    """Rows of one width as columns of a byte each."""
    return [rows[place::width] for place in range(width)]


def _joined(columns: Sequence[bytes]) -> bytes:
    """The rows of which these are the columns."""
    width = len(columns)
    rows = bytearray(width * len(columns[0]))
    for place, column in enumerate(columns):
        rows[place::width] = column
    return bytes(rows)


def _columns(packed: bytes, count: int) -> list[bytes]:
    expected = count * (HEAD_BYTES + LENGTH_BYTES)
    unpacker = zlib.decompressobj()
    raw = unpacker.decompress(packed, expected + 1)
    if len(raw) != expected or unpacker.unconsumed_tail or unpacker.unused_data:
        raise ValueError(_ALTERED)
    return cut(raw, count)
