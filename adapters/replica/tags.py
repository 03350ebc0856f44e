"""A keyed tag at the end of every stored value: what a disk or somebody else has changed never counts.
What is listed under a token bears none: the entry that it leads to must name the token.

The tag is 8 bytes of keyed BLAKE2b over table, key and value; its key follows from the digest key of the
epoch and lives in memory only.
"""

import hmac
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import IntEnum
from hashlib import blake2b
from typing import Final

from adapters.replica.codec import feed_key
from adapters.replica.values import FeedKey

TAG_BYTES: Final = 8
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

    def each(self, table: Table, feed: FeedKey, rows: Iterable[bytes]) -> Iterator[bytes]:
        """The tags of millions of values; a row is the key without its feed, and the value."""
        keyed = self._keyed[feed.epoch, table].copy()
        keyed.update(feed_key(feed))
        copied = keyed.copy
        for row in rows:
            tag = copied()
            tag.update(row)
            yield tag.digest()

    def require(self, feed: FeedKey, rows: Sequence[bytes], tags: Sequence[bytes]) -> None:
        """Raise Damaged where any of these entries does not bear its tag."""
        expected = b"".join(self.each(Table.ENTRIES, feed, rows))
        if not hmac.compare_digest(expected, b"".join(tags)):
            raise Damaged(feed)

    def untagged(self, table: Table, feed: FeedKey, key: bytes, stored: bytes) -> bytes:
        """The value alone; raises Damaged."""
        value, tag = stored[:-TAG_BYTES], stored[-TAG_BYTES:]
        if not hmac.compare_digest(tag, self._tag(table, feed, key, value)):
            raise Damaged(feed)
        return value

    def _tag(self, table: Table, feed: FeedKey, key: bytes, value: bytes) -> bytes:
        tag = self._keyed[feed.epoch, table].copy()
        tag.update(key + value)
        return tag.digest()
