"""The ordered state of the feeds in LMDB: entries, tokens, removals, cursor, count, digests and proof.

What must not break: a packet, its cursor and its digests are one commit, and a value that does not bear its
tag is never taken for an answer. Keys start with epoch and incarnation, so that the feed of a new generation
grows beside the old one.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Final

import lmdb

from adapters.replica import codec
from adapters.replica.codec import FEED_BYTES
from adapters.replica.environment import Tables
from adapters.replica.tags import Damaged, Table, Tags
from adapters.replica.values import Entry, FeedKey, FeedState
from schemas.digest import DIGEST_MODULUS, EMPTY_DIGEST, TAG_BYTES
from schemas.listed import REFERENCE_BYTES, cut
from schemas.tokens import TOKEN_BYTES

ROWS_AT_ONCE: Final = 4_096
"""So many are read, or dropped, before anybody else has a turn."""
KEY: Final = slice(FEED_BYTES, None)
VALUE: Final = slice(-TAG_BYTES)
TAG: Final = slice(-TAG_BYTES, None)
TOKEN: Final = slice(TOKEN_BYTES)
REFERENCE: Final = slice(TOKEN_BYTES, None)
"""Parts of keys and stored values, and of a token with its reference, by which millions are cut."""


class OrderedState:
    """The ordered state inside one transaction of LMDB. Everything but `states` raises Damaged where a value
    does not bear its tag.
    """

    def __init__(self, txn: "lmdb.Transaction[bytes]", tables: Tables, tags: Tags) -> None:
        self._txn = txn
        self._tables = tables
        self._tags = tags

    def states(self) -> dict[FeedKey, FeedState | None]:
        """Where each feed stands that ever brought a packet; None where that cannot be believed."""
        with self._txn.cursor(self._tables[Table.STATES]) as cursor:
            return {codec.feed_of(key): self._state(codec.feed_of(key), stored) for key, stored in cursor}

    def state(self, feed: FeedKey) -> FeedState:
        """Where the feed stands; a feed never heard of stands at the beginning."""
        value = self._get(Table.STATES, feed, codec.feed_key(feed))
        return FeedState() if value is None else codec.unpack_state(value)

    def proven(self) -> frozenset[FeedKey]:
        """The feeds that have been the court's list at least once."""
        with self._txn.cursor(self._tables[Table.PROOFS]) as cursor:
            feeds = [codec.feed_of(key) for key in cursor.iternext(keys=True, values=False)]
        return frozenset(feed for feed in feeds if self._is_proven(feed))

    def references(self, feed: FeedKey, token: bytes) -> tuple[int, ...]:
        """Those whose entries name the token, as all under it must."""
        references = self._listed_under(feed, token)
        for reference in references:
            entry = self.entry(feed, reference)
            if entry is None or token not in entry.tokens:
                raise Damaged(feed)
        return references

    def holder_of(self, feed: FeedKey) -> Callable[[bytes], bool]:
        """Tells, as fast as may be, whether anything is kept under a token; not what, nor whether an entry
        vouches for it.
        """
        prefix, table, get = codec.feed_key(feed), self._tables[Table.TOKENS], self._txn.get
        return lambda token: get(prefix + token, db=table) is not None

    def entry(self, feed: FeedKey, reference: int) -> Entry | None:
        value = self._get(Table.ENTRIES, feed, codec.entry_key(feed, reference))
        return None if value is None else codec.unpack_entry(codec.pack_reference(reference) + value)

    def entries(self, feed: FeedKey, bucket: int) -> Iterator[tuple[list[bytes], list[bytes]]]:
        """The packed entries of one bucket and the tags that they bear, in the order of their references,
        some thousands at a time.
        """
        prefix = codec.feed_key(feed)
        begin, end = prefix + codec.first_in(bucket), prefix + codec.first_in(bucket + 1)
        with self._txn.cursor(self._tables[Table.ENTRIES]) as cursor:
            rows = cursor.iternext() if cursor.set_range(begin) else iter(())
            while some := list(islice(rows, ROWS_AT_ONCE)):
                if some[-1][0] >= end:
                    # A key alone stands before the same key with a value.
                    rows, some = iter(()), some[: bisect_left(some, (end,))]
                yield [key[KEY] + value[VALUE] for key, value in some], [value[TAG] for _, value in some]

    def are_listed(self, feed: FeedKey, tokens: Sequence[bytes]) -> bool:
        """Whether each reference, which stands behind its token, is listed under it."""
        prefix, table, get = codec.feed_key(feed), self._tables[Table.TOKENS], self._txn.get
        listed = [get(prefix + token[TOKEN], b"", table) for token in tokens]
        references = [token[REFERENCE] for token in tokens]
        # One alone under its token is the rule by far.
        return listed == references or all(
            reference in cut(some, REFERENCE_BYTES)
            for some, reference in zip(listed, references, strict=True)
        )

    def bucket_digest(self, feed: FeedKey, bucket: int) -> int:
        value = self._get(Table.BUCKETS, feed, codec.bucket_key(feed, bucket))
        return EMPTY_DIGEST if value is None else codec.unpack_digest(value)

    def sum_of_buckets(self, feed: FeedKey) -> int:
        """What the digest of the whole feed must be."""
        digests = (self.bucket_digest(feed, bucket) for bucket in range(codec.BUCKETS))
        return sum(digests, EMPTY_DIGEST) % DIGEST_MODULUS

    def has_passed(self, feed: FeedKey, reference: int, version: int) -> bool:
        """Whether the feed itself has removed or replaced this version, so that no tombstone need hide it."""
        value = self._get(Table.REMOVALS, feed, codec.entry_key(feed, reference))
        if value is not None and codec.unpack_references(value)[0] >= version:
            return True
        entry = self.entry(feed, reference)
        return entry is not None and entry.version > version

    def record_state(self, feed: FeedKey, state: FeedState) -> None:
        self._put(Table.STATES, feed, codec.feed_key(feed), codec.pack_state(state))

    def record_proof(self, feed: FeedKey) -> None:
        self._put(Table.PROOFS, feed, codec.feed_key(feed), b"")

    def forget_proof(self, feed: FeedKey) -> None:
        self._txn.delete(codec.feed_key(feed), db=self._tables[Table.PROOFS])

    def record_bucket_digest(self, feed: FeedKey, bucket: int, digest: int) -> None:
        self._put(Table.BUCKETS, feed, codec.bucket_key(feed, bucket), codec.pack_digest(digest))

    def forget(self, feed: FeedKey) -> None:
        """As if nothing of the feed had ever come; that it exists stays known."""
        while self.drop_some(feed):
            pass
        self.record_state(feed, FeedState())

    def drop_some(self, feed: FeedKey) -> bool:
        """Some thousand rows of the feed are there no more, where it stands last of all; False when nothing
        was left of it.
        """
        prefix, left = codec.feed_key(feed), ROWS_AT_ONCE
        for table in sorted(self._tables, key=Table.STATES.__eq__):
            with self._txn.cursor(self._tables[table]) as cursor:
                is_there = cursor.set_range(prefix)
                while left and is_there and cursor.key().startswith(prefix):
                    is_there, left = cursor.delete(), left - 1
        return left < ROWS_AT_ONCE

    def record_entry(self, feed: FeedKey, reference: int, entry: Entry) -> None:
        """Add an entry under a reference that holds none."""
        key = codec.entry_key(feed, reference)
        self._put(Table.ENTRIES, feed, key, codec.pack_entry(reference, entry)[REFERENCE_BYTES:])
        self._txn.delete(key, db=self._tables[Table.REMOVALS])
        for token in entry.tokens:
            references = {*self._listed_under(feed, token), reference}
            self._record_references(feed, token, references)

    def remove_entry(self, feed: FeedKey, reference: int, entry: Entry) -> None:
        self._txn.delete(codec.entry_key(feed, reference), db=self._tables[Table.ENTRIES])
        for token in entry.tokens:
            references = {*self._listed_under(feed, token)} - {reference}
            self._record_references(feed, token, references)

    def record_removal(self, feed: FeedKey, reference: int, version: int) -> None:
        """Remember that this version is gone for good: its tombstone may still be under way."""
        key = codec.entry_key(feed, reference)
        self._put(Table.REMOVALS, feed, key, codec.pack_reference(version))

    def undo(self) -> None:
        """Give up all that this transaction changed; nothing may be asked of it afterwards."""
        self._txn.abort()

    def _listed_under(self, feed: FeedKey, token: bytes) -> tuple[int, ...]:
        """What stands there, which nothing vouches for."""
        value = self._txn.get(codec.token_key(feed, token), db=self._tables[Table.TOKENS])
        if value is None or not self._tags.can_read(feed):
            return ()
        if len(value) % REFERENCE_BYTES:
            raise Damaged(feed)
        return codec.unpack_references(value)

    def _record_references(self, feed: FeedKey, token: bytes, references: set[int]) -> None:
        key = codec.token_key(feed, token)
        if references:
            self._txn.put(key, codec.pack_references(sorted(references)), db=self._tables[Table.TOKENS])
        else:
            self._txn.delete(key, db=self._tables[Table.TOKENS])

    def _state(self, feed: FeedKey, stored: bytes) -> FeedState | None:
        # Whoever has no keys, as a doctor has none, is told what stands there.
        if not self._tags.can_read(feed):
            return codec.unpack_state(stored[:-TAG_BYTES].ljust(codec.STATE_BYTES, b"\0"))
        try:
            return codec.unpack_state(self._tags.untagged(Table.STATES, feed, codec.feed_key(feed), stored))
        except Damaged:
            return None

    def _is_proven(self, feed: FeedKey) -> bool:
        try:
            return self._get(Table.PROOFS, feed, codec.feed_key(feed)) is not None
        except Damaged:
            return False

    def _get(self, table: Table, feed: FeedKey, key: bytes) -> bytes | None:
        """None also for a feed whose keys are not here."""
        stored = self._txn.get(key, db=self._tables[table])
        if stored is None or not self._tags.can_read(feed):
            return None
        return self._tags.untagged(table, feed, key, stored)

    def _put(self, table: Table, feed: FeedKey, key: bytes, value: bytes) -> None:
        self._txn.put(key, self._tags.tagged(table, feed, key, value), db=self._tables[table])
