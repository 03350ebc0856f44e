"""Writes a whole list into a folder of its own, from a snapshot, in order and fast; nothing looks at it
before it is complete.

What must not break: it becomes a list only with exactly the count and digest that the court has signed. It is
written without a sync until the end, so that a folder which was not finished is worth nothing: begin again.
The entries come by reference and are appended as they come; their tokens are sorted on the disk, in 64 parts,
so that memory stays flat however long the list is.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO, Final

from adapters.replica import codec
from adapters.replica.disk import on_the_disk
from adapters.replica.lists import open_environment
from adapters.replica.tags import Table, Tags
from adapters.replica.values import FeedKey, FeedState
from schemas.digest import DIGEST_MODULUS, EMPTY_DIGEST, ListSum
from schemas.measures import measure_of
from schemas.snapshots import ListedEntry
from schemas.tokens import TOKEN_BYTES

PARTS: Final = 64
PART_SHIFT: Final = 2
"""Tokens are random: their first six bits cut them into parts of one size."""
REFERENCE_BYTES: Final = 8
LINE_BYTES: Final = TOKEN_BYTES + REFERENCE_BYTES
BUFFER_BYTES: Final = 64 * 1024


class NotTheList(Exception):
    """What was loaded is not the list that its manifest names; the text says what differs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A complete list in its folder, synced and closed."""

    feed: FeedKey
    state: FeedState
    folder: Path


class Loading:
    """One list on its way into `folder`, which is emptied first. Not for two threads at a time.
    Raises DiskRefuses.
    """

    def __init__(self, folder: Path, feed: FeedKey, tags: Tags, digest_key: bytes) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        self._folder = folder
        self._feed = feed
        self._prefix = codec.feed_key(feed)
        self._tags = tags
        self._tag_entry = tags.tagger(Table.ENTRIES, feed)
        self._tag_token = tags.tagger(Table.TOKENS, feed)
        with on_the_disk(), ExitStack() as opened:
            self._env, self._tables = open_environment(folder, is_synced=False)
            opened.callback(self._env.close)
            self._parts = [
                _Part(opened.enter_context((folder / f"tokens-{part}").open("w+b", buffering=BUFFER_BYTES)))
                for part in range(PARTS)
            ]
            self._opened = opened.pop_all()
        self._buckets = [ListSum(digest_key) for _ in range(codec.BUCKETS)]
        self._last_reference = -1
        self._count = 0
        self._is_complete = False

    def add(self, entries: Sequence[ListedEntry]) -> None:
        """The next entries, in the order of their references. Raises NotTheList, DiskRefuses."""
        if entries[0].reference <= self._last_reference:
            raise NotTheList("its entries are not in order")
        self._last_reference = entries[-1].reference
        _check_known(entries)
        with on_the_disk():
            self._count += self._append(Table.ENTRIES, list(map(self._entry, entries)))

    def finish(self, state: FeedState) -> Iterator[int]:
        """Append the tokens part by part, giving the number of each part done; complete when exhausted.
        Raises NotTheList, DiskRefuses.
        """
        digest = sum((bucket.digest for bucket in self._buckets), EMPTY_DIGEST) % DIGEST_MODULUS
        if (self._count, digest) != (state.count, state.digest):
            raise NotTheList("its entries are not those that its manifest counts")
        for number, waiting in enumerate(self._parts):
            with on_the_disk():
                self._append(Table.TOKENS, list(self._tokens(waiting)))
            yield number
        with on_the_disk():
            self._record(state)
            self._env.sync(True)
        self.close()
        for part in range(PARTS):
            (self._folder / f"tokens-{part}").unlink()
        self._is_complete = True

    def close(self) -> None:
        """Whatever came of it."""
        # A full disk refuses what a buffer still holds, and nobody needs it.
        with suppress(OSError):
            self._opened.close()

    def loaded(self, state: FeedState) -> Loaded:
        """After `finish`; raises NotTheList where that did not come to its end."""
        if not self._is_complete:
            raise NotTheList("it was not written to its end")
        return Loaded(feed=self._feed, state=state, folder=self._folder)

    def _entry(self, entry: ListedEntry) -> tuple[bytes, bytes]:
        reference = entry.reference
        listed = codec.pack_reference(reference)
        bucket = self._buckets[codec.bucket_of(reference)]
        for at in range(0, len(entry.tokens), TOKEN_BYTES):
            token = entry.tokens[at : at + TOKEN_BYTES]
            self._parts[token[0] >> PART_SHIFT].write(token + listed)
            bucket.add(token, reference, entry.version, entry.code, entry.last_day)
        key = self._prefix + listed
        return key, self._tag_entry(key, codec.pack_listed(entry))

    def _append(self, table: Table, rows: list[tuple[bytes, bytes]]) -> int:
        with self._env.begin(write=True) as txn, txn.cursor(self._tables[table]) as cursor:
            _, added = cursor.putmulti(rows, append=True)
        return added

    def _tokens(self, part: "_Part") -> Iterator[tuple[bytes, bytes]]:
        """One part in the order of its tokens, each with all references under it."""
        raw = part.read()
        lines = sorted(raw[at : at + LINE_BYTES] for at in range(0, len(raw), LINE_BYTES))
        for token, same in groupby(lines, key=itemgetter(slice(TOKEN_BYTES))):
            yield self._token(token, b"".join(line[TOKEN_BYTES:] for line in same))

    def _token(self, token: bytes, references: bytes) -> tuple[bytes, bytes]:
        key = self._prefix + token
        return key, self._tag_token(key, references)

    def _record(self, state: FeedState) -> None:
        key = self._prefix
        with self._env.begin(write=True) as txn:
            rows = {codec.bucket_key(self._feed, at): one.digest for at, one in enumerate(self._buckets)}
            for bucket, digest in rows.items():
                value = self._tags.tagged(Table.BUCKETS, self._feed, bucket, codec.pack_digest(digest))
                txn.put(bucket, value, db=self._tables[Table.BUCKETS])
            value = self._tags.tagged(Table.STATES, self._feed, key, codec.pack_state(state))
            txn.put(key, value, db=self._tables[Table.STATES])


class _Part:
    """Lines that wait in a file to be sorted. They get their tags only after that, so that what comes back
    is compared with what was written.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._written = blake2b()

    def write(self, line: bytes) -> None:
        self._file.write(line)
        self._written.update(line)

    def read(self) -> bytes:
        """All of it. Raises NotTheList."""
        self._file.seek(0)
        raw = self._file.read()
        if blake2b(raw).digest() != self._written.digest():
            raise NotTheList("its tokens on the disk are not what was written")
        return raw


def _check_known(entries: Sequence[ListedEntry]) -> None:
    """What could not be read later must not count as a list."""
    try:
        for code in {entry.code for entry in entries}:
            measure_of(code)
        for last_day in {entry.last_day for entry in entries}:
            date.fromordinal(last_day)
    except (ValueError, OverflowError):
        raise NotTheList(
            "an entry has a measure or a last day that is unknown here: update this program"
        ) from None
