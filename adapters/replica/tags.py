"""A keyed tag at the end of every stored value: what a disk or somebody else has changed never counts.

The tag is 8 bytes of keyed BLAKE2b over table, key and value; its key follows from the digest key of the
epoch and lives in memory only.
"""

import hmac
from collections.abc import Callable, Mapping
from enum import IntEnum
from hashlib import blake2b
from typing import Final

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
        self.take(digest_keys)

    def take(self, digest_keys: Mapping[int, bytes]) -> None:
        """Only the feeds of these epochs can be read from now on."""
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

    def tagger(self, table: Table, feed: FeedKey) -> Callable[[bytes, bytes], bytes]:
        """`tagged` for millions of values of one table, of key and value."""
        keyed = self._keyed[feed.epoch, table]

        def tagged(key: bytes, value: bytes) -> bytes:
            tag = keyed.copy()
            tag.update(key + value)
            return value + tag.digest()

        return tagged

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
