"""How keys and values of the replica lie on disk: fixed width, big-endian, so that keys sort by feed."""

import struct
from base64 import b64decode, b64encode
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

from adapters.replica.values import Entry, FeedKey, FeedState
from schemas.digest import DIGEST_BYTES
from schemas.listed import ListedEntry, cut
from schemas.measures import code_of, measure_of
from schemas.tokens import TOKEN_BYTES

_FEED: Final = struct.Struct(">II")
_REFERENCE: Final = struct.Struct(">Q")
_STATE: Final = struct.Struct(">QQ32sQ")  # sequence, count, digest, microseconds of the signature
_GONE: Final = struct.Struct(">QQ")  # version, microseconds of the tombstone's arrival
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
BUCKETS: Final = 256
BUCKET_SHIFT: Final = 55
FEED_BYTES: Final = _FEED.size
STATE_BYTES: Final = _STATE.size
_MICROSECOND: Final = timedelta(microseconds=1)


def feed_key(feed: FeedKey) -> bytes:
    return _FEED.pack(feed.epoch, feed.incarnation)


def feed_of(key: bytes) -> FeedKey:
    epoch, incarnation = _FEED.unpack(key)
    return FeedKey(epoch=epoch, incarnation=incarnation)


def entry_key(feed: FeedKey, reference: int) -> bytes:
    return feed_key(feed) + _REFERENCE.pack(reference)


def token_key(feed: FeedKey, token: bytes) -> bytes:
    return feed_key(feed) + token


def reference_in(entry: bytes) -> int:
    """The reference of a packed entry."""
    (reference,) = _REFERENCE.unpack_from(entry)
    return int(reference)


def bucket_of(reference: int) -> int:
    """References are random numbers of 63 bits: the first eight cut a feed into 256 parts of one size."""
    return reference >> BUCKET_SHIFT


def buckets_of(entries: Sequence[bytes]) -> Iterator[tuple[int, slice]]:
    """Each bucket of packed entries in the order of their references, and its place among them."""
    begin = 0
    while begin < len(entries):
        bucket = bucket_of(reference_in(entries[begin]))
        end = bisect_left(entries, first_in(bucket + 1), begin)
        yield bucket, slice(begin, end)
        begin = end


def first_in(bucket: int) -> bytes:
    """The lowest reference of a bucket, packed: it stands before all entries that are not below it."""
    return pack_reference(bucket << BUCKET_SHIFT)


def bucket_key(feed: FeedKey, bucket: int) -> bytes:
    return feed_key(feed) + bytes([bucket])


def pack_digest(digest: int) -> bytes:
    return digest.to_bytes(DIGEST_BYTES, "big")


def unpack_digest(value: bytes) -> int:
    return int.from_bytes(value, "big")


def pack_reference(reference: int) -> bytes:
    return _REFERENCE.pack(reference)


def pack_references(references: Sequence[int]) -> bytes:
    return b"".join(_REFERENCE.pack(reference) for reference in references)


def unpack_references(value: bytes) -> tuple[int, ...]:
    return tuple(reference for (reference,) in _REFERENCE.iter_unpack(value))


def pack_entry(reference: int, entry: Entry) -> bytes:
    """As in a snapshot: the reference, which belongs to the key, and the value behind it."""
    listed = ListedEntry(
        reference=reference,
        version=entry.version,
        code=code_of(entry.measure),
        last_day=entry.valid_until.toordinal(),
        tokens=b"".join(entry.tokens),
        named=b"" if entry.named is None else b64decode(entry.named),
    )
    return listed.pack()


def unpack_entry(packed: bytes) -> Entry:
    listed = ListedEntry.unpack(packed)
    return Entry(
        version=listed.version,
        measure=measure_of(listed.code),
        valid_until=date.fromordinal(listed.last_day),
        tokens=tuple(cut(listed.tokens, TOKEN_BYTES)),
        named=b64encode(listed.named).decode() if listed.named else None,
    )


def pack_state(state: FeedState) -> bytes:
    signed_at = 0 if state.signed_at is None else _microseconds(state.signed_at)
    return _STATE.pack(state.sequence, state.count, pack_digest(state.digest), signed_at)


def unpack_state(value: bytes) -> FeedState:
    sequence, count, digest, signed_at = _STATE.unpack(value)
    return FeedState(
        sequence=sequence,
        count=count,
        digest=unpack_digest(digest),
        signed_at=_EPOCH + signed_at * _MICROSECOND if signed_at else None,
    )


def pack_tombstone(version: int, applied_at: datetime) -> bytes:
    return _GONE.pack(version, _microseconds(applied_at))


def tombstone_version(value: bytes) -> int:
    version, _applied_at = _GONE.unpack(value)
    return int(version)


def _microseconds(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND
