"""How keys and values of the replica lie on disk: fixed width, big-endian, so that keys sort by feed."""

import struct
from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

from adapters.replica.values import Entry, FeedKey, FeedState
from schemas.digest import DIGEST_BYTES
from schemas.measures import code_of, measure_of
from schemas.snapshots import ListedEntry
from schemas.tokens import TOKEN_BYTES

_FEED: Final = struct.Struct(">II")
_REFERENCE: Final = struct.Struct(">Q")
_ENTRY: Final = struct.Struct(">QBIH")  # version, measure, last valid day, number of tokens
_STATE: Final = struct.Struct(">QQ32sQ")  # sequence, count, digest, microseconds of the signature
_GONE: Final = struct.Struct(">QQ")  # version, microseconds of the tombstone's arrival
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
BUCKETS: Final = 256
BUCKET_SHIFT: Final = 55
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


def reference_of(key: bytes) -> int:
    """The reference in the key of an entry."""
    (reference,) = _REFERENCE.unpack_from(key, _FEED.size)
    return int(reference)


def bucket_of(reference: int) -> int:
    """References are random numbers of 63 bits: the first eight cut a feed into 256 parts of one size."""
    return reference >> BUCKET_SHIFT


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


def pack_entry(entry: Entry) -> bytes:
    last_day = entry.valid_until.toordinal()
    head = _ENTRY.pack(entry.version, code_of(entry.measure), last_day, len(entry.tokens))
    # A leading byte tells "no details" from empty ones.
    named = b"" if entry.named is None else b"\x01" + entry.named.encode()
    return head + b"".join(entry.tokens) + named


def pack_listed(entry: ListedEntry) -> bytes:
    """The same value out of a snapshot."""
    count = len(entry.tokens) // TOKEN_BYTES
    head = _ENTRY.pack(entry.version, entry.code, entry.last_day, count)
    return head + entry.tokens + (b"\x01" + b64encode(entry.named) if entry.named else b"")


def unpack_entry(value: bytes) -> Entry:
    version, code, last_day, count = _ENTRY.unpack_from(value)
    end = _ENTRY.size + count * TOKEN_BYTES
    tokens = value[_ENTRY.size : end]
    named = value[end:]
    return Entry(
        version=version,
        measure=measure_of(code),
        valid_until=date.fromordinal(last_day),
        tokens=tuple(tokens[at : at + TOKEN_BYTES] for at in range(0, len(tokens), TOKEN_BYTES)),
        named=named[1:].decode() if named else None,
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
