"""The ordered state of the feeds in LMDB: entries, tokens, removals, cursor, count, digests and proof.

What must not break: a packet, its cursor and its digests are one commit, and a value that does not bear its
tag is never taken for an answer. Keys start with epoch and incarnation, so that the feed of a new generation
grows beside the old one.
"""

import os
import re
import shutil
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Final

import lmdb

from adapters.replica import codec
from adapters.replica.codec import FEED_BYTES
from adapters.replica.environment import Tables, open_environment, remove_folder
from adapters.replica.readers import has_older_readers
from adapters.replica.tags import Damaged, Table, Tags
from adapters.replica.values import Entry, FeedKey, FeedState
from schemas.digest import DIGEST_MODULUS, EMPTY_DIGEST, TAG_BYTES
from schemas.listed import REFERENCE_BYTES, cut
from schemas.tokens import TOKEN_BYTES

ROWS_AT_ONCE: Final = 4_096
"""Of the other feeds, in one transaction of a swap: what lies in memory until it is written."""
BEHIND_ALL: Final = b"\xff" * (TOKEN_BYTES + 1)
"""After the prefix of a feed: longer than any key, and so behind them all."""


@dataclass(slots=True)
class _Opened:
    """One folder of lists, and how many look at it just now."""

    folder: Path
    env: "lmdb.Environment"
    tables: Tables
    readers: int = 0
    is_left: bool = False


class Lists:
    """One LMDB environment: one writer at a time, any number of readers that wait for nobody.

    It lies in `folder`, or, once whole lists have taken its place, in the newest of `folder-1`, `folder-2`...
    """

    def __init__(self, folder: Path, tags: Tags) -> None:
        self._folder = folder
        self._tags = tags
        self._generation, *former = _generations(folder) or [0]
        self._turn = Lock()
        self._opened = _open(self._place(self._generation))
        # A swap that was cut off after its one step.
        for generation in former:
            shutil.rmtree(self._place(generation), ignore_errors=True)
        self._remover = ThreadPoolExecutor(max_workers=1, thread_name_prefix="replica-former")

    @property
    def generation(self) -> int:
        """How many whole lists have taken the place of the first."""
        return self._generation

    def has_older_readers(self) -> bool:
        """Whether another process still looks at what was there before the last change; of a generation
        that is left, nothing is said.
        """
        return has_older_readers(self._opened.env)

    def close(self) -> None:
        self._remover.shutdown()
        self._opened.env.close()

    def remove_files(self) -> None:
        """Nothing is found any more, and no generation of files has a name; their space is free once it is
        closed. Only the writer may call it. Raises OSError.
        """
        with self._opened.env.begin(write=True) as txn:
            for table in self._opened.tables.values():
                txn.drop(table, delete=False)
        # After those that are being removed already.
        self._remover.submit(self._remove_generations).result()

    def _remove_generations(self) -> None:
        for generation in _generations(self._folder):
            remove_folder(self._place(generation))

    @contextmanager
    def reading(self) -> Iterator["OrderedState"]:
        with self._turn:
            opened = self._opened
            opened.readers += 1
        try:
            with opened.env.begin() as txn:
                yield OrderedState(txn, opened.tables, self._tags)
        finally:
            with self._turn:
                opened.readers -= 1
            self._leave(opened)

    @contextmanager
    def writing(self) -> Iterator["OrderedState"]:
        """Durable once left; an exception leaves everything as it was."""
        opened = self._opened
        with opened.env.begin(write=True) as txn:
            yield OrderedState(txn, opened.tables, self._tags)

    def swap(self, loaded: Path, feed: FeedKey, *, keeps_proof: bool) -> None:
        """Put a complete list of `feed` in the place of what is there of it; other feeds are taken along.

        `loaded` becomes ours. One rename is the whole of it: whoever comes back after a crash finds the
        former lists or the new ones. Only the writer may call it. Raises OSError, lmdb.Error: then
        nothing changed.
        """
        _take_along(self._opened, loaded, feed, keeps_proof=keeps_proof)
        new = _open(loaded)
        place = self._place(self._generation + 1)
        try:
            loaded.rename(place)
            _sync(self._folder.parent)
        except BaseException:
            new.env.close()
            shutil.rmtree(place, ignore_errors=True)
            raise
        new.folder = place
        self._generation += 1
        with self._turn:
            former, self._opened = self._opened, new
        self._leave(former)

    def _place(self, generation: int) -> Path:
        return place_of(self._folder, generation)

    def _leave(self, opened: _Opened) -> None:
        """Former lists are removed once nobody looks at them any more; who looked last waits for nothing."""
        with self._turn:
            is_last = opened is not self._opened and opened.readers == 0 and not opened.is_left
            opened.is_left |= is_last
        if is_last:
            self._remover.submit(_remove, opened)


def place_of(folder: Path, generation: int) -> Path:
    """Where a generation of the lists of `folder` lies."""
    return folder.with_name(f"{folder.name}-{generation}") if generation else folder


def _open(folder: Path) -> _Opened:
    env, tables = open_environment(folder)
    return _Opened(folder, env, tables)


def _remove(former: _Opened) -> None:
    former.env.close()
    # What cannot be removed now is tried again at the next start.
    shutil.rmtree(former.folder, ignore_errors=True)


def _generations(folder: Path) -> list[int]:
    """Those that are there, the newest first."""
    name = re.compile(rf"{re.escape(folder.name)}(?:-([1-9][0-9]*))?")
    places = folder.parent.iterdir() if folder.parent.exists() else ()
    found = filter(None, (name.fullmatch(place.name) for place in places))
    return sorted((int(one[1] or 0) for one in found), reverse=True)


def _take_along(former: _Opened, loaded: Path, feed: FeedKey, *, keeps_proof: bool) -> None:
    """Synced once, at the end: until then `loaded` is worth nothing."""
    own = codec.feed_key(feed)
    env, tables = open_environment(loaded, is_synced=False)
    with closing(env), former.env.begin() as source:
        for table in Table:
            skipped = None if keeps_proof and table is Table.PROOFS else own
            with source.cursor(former.tables[table]) as cursor:
                _copy(_rows(cursor, skipped), env, tables[table])
        env.sync(True)


def _copy(rows: Iterator[tuple[bytes, bytes]], env: "lmdb.Environment", table: "lmdb._Database") -> None:
    while some := list(islice(rows, ROWS_AT_ONCE)):
        with env.begin(write=True) as txn, txn.cursor(table) as into:
            into.putmulti(some)


def _rows(cursor: "lmdb.Cursor[bytes]", skipped: bytes | None) -> Iterator[tuple[bytes, bytes]]:
    """All rows but those whose keys begin with `skipped`, which may be millions."""
    is_there = cursor.first()
    while is_there:
        key, value = cursor.item()
        if skipped is not None and key.startswith(skipped):
            is_there = cursor.set_range(skipped + BEHIND_ALL)
        else:
            yield key, value
            is_there = cursor.next()


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


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
                entries = [key[FEED_BYTES:] + value[:-TAG_BYTES] for key, value in some]
                yield entries, [value[-TAG_BYTES:] for _, value in some]

    def are_listed(self, feed: FeedKey, tokens: Sequence[bytes]) -> bool:
        """Whether each reference, which stands behind its token, is listed under it."""
        prefix, table, get = codec.feed_key(feed), self._tables[Table.TOKENS], self._txn.get
        listed = [get(prefix + token[:TOKEN_BYTES], b"", table) for token in tokens]
        references = [token[TOKEN_BYTES:] for token in tokens]
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
