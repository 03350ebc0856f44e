"""A keyed tag at the end of every stored value: what a disk or somebody else has changed never counts.
What is listed under a token bears none: the entry that it leads to must name the token.

The tag of an entry is what its hash (`schemas.digest`) has over; any other is 8 bytes of keyed BLAKE2b over
table, key and value. The keys follow from the digest key of the epoch and live in memory only.
"""

import hmac
from collections.abc import Mapping
from enum import IntEnum
from hashlib import blake2b
from typing import Final

from adapters.replica.codec import FEED_BYTES
from adapters.replica.values import FeedKey
from schemas.digest import TAG_BYTES, EntryHash

KEY_BYTES: Final = 32
SUITE: Final = b"dt-replica-tags1"


class Table(IntEnum):
    """What lies in a replica; the number is part of every tag, so that no value passes in another table."""

    ENTRIES = 1
    TOKENS = 2
    REMOVALS = 3
    STATES = 4
    PROOFS = 5
    BUCKETS = 6


class Damaged(Exception):
    """A stored value is not what was written: nothing of this feed can be believed."""

    def __init__(self, feed: FeedKey) -> None:
        super().__init__("a value of the replica does not bear its tag")
        self.feed = feed


class Tags:
    """`digest_keys`: of each epoch whose feeds can be read here."""

    def __init__(self, digest_keys: Mapping[int, bytes]) -> None:
        self.take(digest_keys)

    def take(self, digest_keys: Mapping[int, bytes]) -> None:
        """Only the feeds of these epochs can be read from now on."""
        self._digest_keys = dict(digest_keys)
        keys = {
            epoch: blake2b(key=key, person=SUITE, digest_size=KEY_BYTES).digest()
            for epoch, key in digest_keys.items()
        }
        # Keyed once: to copy such a state takes half as long as to make it.
        self._keyed = {
            (epoch, table): blake2b(key=key, digest_size=TAG_BYTES, salt=bytes([table]))
            for epoch, key in keys.items()
            for table in Table
        }
        self._epochs = frozenset(keys)

    def can_read(self, feed: FeedKey) -> bool:
        return feed.epoch in self._epochs

    def tagged(self, table: Table, feed: FeedKey, key: bytes, value: bytes) -> bytes:
        return value + self._tag(table, feed, key, value)

    def entry_hash(self, feed: FeedKey) -> EntryHash:
        return EntryHash(self._digest_keys[feed.epoch], feed.epoch, feed.incarnation)

    def untagged(self, table: Table, feed: FeedKey, key: bytes, stored: bytes) -> bytes:
        """The value alone; raises Damaged."""
        value, tag = stored[:-TAG_BYTES], stored[-TAG_BYTES:]
        if not hmac.compare_digest(tag, self._tag(table, feed, key, value)):
            raise Damaged(feed)
        return value

    def _tag(self, table: Table, feed: FeedKey, key: bytes, value: bytes) -> bytes:
        if table is Table.ENTRIES:
            return self.entry_hash(feed).tag(key[FEED_BYTES:] + value)
        tag = self._keyed[feed.epoch, table].copy()
        tag.update(key + value)
        return tag.digest()
