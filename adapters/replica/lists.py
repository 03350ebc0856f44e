"""The ordered state of the feeds in LMDB: entries, tokens, removals, cursor, count, digest and proof.

What must not break: a packet, its cursor and its digest are one commit. Keys start with epoch and
incarnation, so that the feed of a new generation grows beside the old one. The map is sparse and never a
`writemap`: with that, a full disk would kill the process instead of failing the commit.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import lmdb

from adapters.replica import codec
from adapters.replica.values import Entry, FeedKey, FeedState

MAP_SIZE: Final = 64 * 2**30


class Lists:
    """One LMDB environment: one writer at a time, any number of readers that wait for nobody."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._env = lmdb.open(str(folder), map_size=MAP_SIZE, max_dbs=5, mode=0o600)
        with self._env.begin(write=True) as txn:
            names = (b"entries", b"tokens", b"removals", b"states", b"proofs")
            self._tables = Tables(*(self._env.open_db(name, txn=txn) for name in names))

    def close(self) -> None:
        self._env.close()

    @contextmanager
    def reading(self) -> Iterator["OrderedState"]:
        with self._env.begin() as txn:
            yield self._ordered_state(txn)

    @contextmanager
    def writing(self) -> Iterator["OrderedState"]:
        """Durable once left; an exception leaves everything as it was."""
        with self._env.begin(write=True) as txn:
            yield self._ordered_state(txn)

    def _ordered_state(self, txn: "lmdb.Transaction[bytes]") -> "OrderedState":
        return OrderedState(txn, self._tables)


class Tables:
    def __init__(self, *tables: "lmdb._Database") -> None:
        self.entries, self.tokens, self.removals, self.states, self.proofs = tables
        self.of_feeds = tables


class OrderedState:
    """The ordered state inside one transaction of LMDB."""

    def __init__(self, txn: "lmdb.Transaction[bytes]", tables: Tables) -> None:
        self._txn = txn
        self._tables = tables

    def states(self) -> dict[FeedKey, FeedState]:
        with self._txn.cursor(self._tables.states) as cursor:
            return {codec.feed_of(key): codec.unpack_state(value) for key, value in cursor}

    def state(self, feed: FeedKey) -> FeedState:
        """Where the feed stands; a feed never heard of stands at the beginning."""
        value = self._txn.get(codec.feed_key(feed), db=self._tables.states)
        return FeedState() if value is None else codec.unpack_state(value)

    def proven(self) -> frozenset[FeedKey]:
        """The feeds that have been the court's list at least once."""
        with self._txn.cursor(self._tables.proofs) as cursor:
            return frozenset(codec.feed_of(key) for key in cursor.iternext(keys=True, values=False))

    def references(self, feed: FeedKey, token: bytes) -> tuple[int, ...]:
        value = self._txn.get(codec.token_key(feed, token), db=self._tables.tokens)
        return () if value is None else codec.unpack_references(value)

    def entry(self, feed: FeedKey, reference: int) -> Entry | None:
        value = self._txn.get(codec.entry_key(feed, reference), db=self._tables.entries)
        return None if value is None else codec.unpack_entry(value)

    def has_passed(self, feed: FeedKey, reference: int, version: int) -> bool:
        """Whether the feed itself has removed or replaced this version, so that no tombstone need hide it."""
        value = self._txn.get(codec.entry_key(feed, reference), db=self._tables.removals)
        if value is not None and codec.unpack_references(value)[0] >= version:
            return True
        entry = self.entry(feed, reference)
        return entry is not None and entry.version > version

    def record_state(self, feed: FeedKey, state: FeedState) -> None:
        self._txn.put(codec.feed_key(feed), codec.pack_state(state), db=self._tables.states)

    def record_proof(self, feed: FeedKey) -> None:
        self._txn.put(codec.feed_key(feed), b"", db=self._tables.proofs)

    def forget(self, feed: FeedKey) -> None:
        """As if nothing of the feed had ever come; that it exists stays known."""
        prefix = codec.feed_key(feed)
        for table in self._tables.of_feeds:
            with self._txn.cursor(table) as cursor:
                is_there = cursor.set_range(prefix)
                while is_there and cursor.key().startswith(prefix):
                    is_there = cursor.delete()
        self.record_state(feed, FeedState())

    def record_entry(self, feed: FeedKey, reference: int, entry: Entry) -> None:
        """Add an entry under a reference that holds none."""
        key = codec.entry_key(feed, reference)
        self._txn.put(key, codec.pack_entry(entry), db=self._tables.entries)
        self._txn.delete(key, db=self._tables.removals)
        for token in entry.tokens:
            references = {*self.references(feed, token), reference}
            self._record_references(feed, token, references)

    def remove_entry(self, feed: FeedKey, reference: int, entry: Entry) -> None:
        self._txn.delete(codec.entry_key(feed, reference), db=self._tables.entries)
        for token in entry.tokens:
            references = {*self.references(feed, token)} - {reference}
            self._record_references(feed, token, references)

    def record_removal(self, feed: FeedKey, reference: int, version: int) -> None:
        """Remember that this version is gone for good: its tombstone may still be under way."""
        key = codec.entry_key(feed, reference)
        self._txn.put(key, codec.pack_reference(version), db=self._tables.removals)

    def undo(self) -> None:
        """Give up all that this transaction changed; nothing may be asked of it afterwards."""
        self._txn.abort()

    def _record_references(self, feed: FeedKey, token: bytes, references: set[int]) -> None:
        key = codec.token_key(feed, token)
        if references:
            self._txn.put(key, codec.pack_references(sorted(references)), db=self._tables.tokens)
        else:
            self._txn.delete(key, db=self._tables.tokens)
