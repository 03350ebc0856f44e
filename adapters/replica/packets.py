"""How a packet changes the ordered state: only where it follows the cursor, only to exactly the signed state.

A packet that repeats is dropped by its sequence, one that leaves a gap or leads elsewhere changes nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from adapters.replica.codec import bucket_of, pack_entry
from adapters.replica.ordered_state import OrderedState
from adapters.replica.values import (
    AlreadyApplied,
    Applied,
    Diverged,
    Entry,
    FeedKey,
    FeedState,
    Gap,
    PacketOutcome,
)
from schemas.digest import DIGEST_MODULUS, EMPTY_DIGEST, TAG, EntryHash, sum_of
from schemas.listed import tokens_of
from schemas.messages import FeedPacket, Put, Remove

FIRST_BYTES: Final = 256
"""With which a token may begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedPacket:
    """A packet as its envelope vouched for it, with the key of the digest it must lead to."""

    feed: FeedKey
    packet: FeedPacket
    signed_at: datetime
    digest_key: bytes = field(repr=False)


def apply_packet(ordered: OrderedState, signed: SignedPacket) -> PacketOutcome:
    """Apply the changes past the cursor. The caller must roll back unless the answer is `Applied`."""
    state = ordered.state(signed.feed)
    changes = [change for change in signed.packet.changes if change.sequence > state.sequence]
    if not changes:
        return AlreadyApplied()
    gap = _find_gap(state.sequence, changes)
    if gap is not None:
        return gap
    books = _Books(ordered, signed, state)
    for change in changes:
        books.apply(change)
    state = replace(state, sequence=changes[-1].sequence, count=books.count, digest=books.digest)
    state = replace(state, signed_at=signed.signed_at)
    if not state.agrees_with(signed.packet.head):
        return Diverged(sequence=state.sequence)
    ordered.record_state(signed.feed, state)
    books.record_buckets()
    return Applied(state=state)


def is_bucket_whole(ordered: OrderedState, feed: FeedKey, bucket: int, digest_key: bytes) -> bool:
    """Whether a bucket holds what its digest says, its tokens lead to their entries, and all buckets together
    are the list: an old one would bear its tags, too. Raises Damaged.
    """
    if ordered.sum_of_buckets(feed) != ordered.state(feed).digest:
        return False
    digest, hashing = EMPTY_DIGEST, EntryHash(digest_key, feed.epoch, feed.incarnation)
    # Tokens that lie near each other are looked up together, in two thirds of the time.
    near: list[list[bytes]] = [[] for _ in range(FIRST_BYTES)]
    for entries, tags in ordered.entries(feed, bucket):
        hashes = list(hashing.of_each(entries))
        if [one[TAG] for one in hashes] != tags:
            return False
        digest += sum_of(hashes)
        for token in tokens_of(entries):
            near[token[0]].append(token)
    is_summed = digest % DIGEST_MODULUS == ordered.bucket_digest(feed, bucket)
    return is_summed and all(ordered.are_listed(feed, some) for some in near)


class _Books:
    """Count and digests of a feed, kept up while the changes of one packet are written."""

    def __init__(self, ordered: OrderedState, signed: SignedPacket, state: FeedState) -> None:
        self._ordered = ordered
        self._feed = signed.feed
        self._hash = EntryHash(signed.digest_key, signed.feed.epoch, signed.feed.incarnation)
        self._buckets: dict[int, int] = {}
        self.count = state.count
        self.digest = state.digest

    def apply(self, change: Put | Remove) -> None:
        reference = change.reference
        old = self._ordered.entry(self._feed, reference)
        if old is not None:
            self._ordered.remove_entry(self._feed, reference, old)
            self.count -= 1
            self._sum(reference, old, self._hash.without_entry)
        if isinstance(change, Put):
            new = _entry(change)
            self._ordered.record_entry(self._feed, reference, new)
            self.count += 1
            self._sum(reference, new, self._hash.with_entry)
        else:
            self._ordered.record_removal(self._feed, reference, change.version)

    def record_buckets(self) -> None:
        for bucket, digest in self._buckets.items():
            self._ordered.record_bucket_digest(self._feed, bucket, digest)

    def _sum(self, reference: int, entry: Entry, after: Callable[[int, bytes], int]) -> None:
        bucket = bucket_of(reference)
        digest = self._buckets.get(bucket)
        if digest is None:
            digest = self._ordered.bucket_digest(self._feed, bucket)
        packed = pack_entry(reference, entry)
        self.digest = after(self.digest, packed)
        self._buckets[bucket] = after(digest, packed)


def _find_gap(cursor: int, changes: Sequence[Put | Remove]) -> Gap | None:
    for expected, change in enumerate(changes, start=cursor + 1):
        if change.sequence != expected:
            return Gap(expected=expected, got=change.sequence)
    return None


def _entry(put: Put) -> Entry:
    return Entry(
        version=put.version,
        measure=put.measure,
        valid_until=put.valid_until,
        tokens=tuple(bytes.fromhex(token) for token in put.tokens),
        named=put.named,
    )
