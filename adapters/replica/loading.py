"""Writes a whole list into a folder of its own, from a snapshot, in order and fast; nothing looks at it
before it is complete.

What must not break: it becomes a list only with exactly the count and digest that the court has signed. It is
written without a sync until the end, so that a folder which was not finished is worth nothing: begin again.
The entries come by reference and are appended as they come; their tokens are sorted on the disk, in 64 parts,
so that memory stays flat however long the list is.
"""

import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from itertools import groupby
from pathlib import Path
from struct import Struct
from typing import BinaryIO, Final

from adapters.replica import codec
from adapters.replica.disk import on_the_disk
from adapters.replica.environment import open_environment
from adapters.replica.tags import Table, Tags
from adapters.replica.values import FeedKey, FeedState
from schemas.digest import DIGEST_BYTES, DIGEST_MODULUS, EMPTY_DIGEST, sum_of
from schemas.listed import MEASURE_AND_DAY, REFERENCE_BYTES, ListedEntry, cut, tokens_of
from schemas.measures import measure_of
from schemas.tokens import TOKEN_BYTES

PARTS: Final = 64
PART_SHIFT: Final = 2
"""Tokens are random: their first six bits cut them into parts of one size."""
LINE_BYTES: Final = TOKEN_BYTES + REFERENCE_BYTES
ROW: Final = Struct(f"{codec.FEED_BYTES + TOKEN_BYTES}s{REFERENCE_BYTES}s")
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

    def __init__(self, folder: Path, feed: FeedKey, tags: Tags) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        self._folder = folder
        self._feed = feed
        self._prefix = codec.feed_key(feed)
        self._tags = tags
        self._hash = tags.entry_hash(feed)
        with on_the_disk(), ExitStack() as opened:
            self._env, self._tables = open_environment(folder, is_synced=False)
            opened.callback(self._env.close)
            self._parts = [
                _Part(opened.enter_context((folder / f"tokens-{part}").open("w+b", buffering=BUFFER_BYTES)))
                for part in range(PARTS)
            ]
            self._opened = opened.pop_all()
        self._buckets = [EMPTY_DIGEST] * codec.BUCKETS
        self._last_reference = -1
        self._count = 0
        self._is_complete = False

    def add(self, entries: Sequence[bytes]) -> None:
        """The next packed entries, in the order of their references. Raises NotTheList, DiskRefuses."""
        self._check_order(entries)
        _check_known(entries)
        hashes = list(self._hash.of_each(entries))
        for bucket, place in codec.buckets_of(entries):
            self._buckets[bucket] = (self._buckets[bucket] + sum_of(hashes[place])) % DIGEST_MODULUS
        rows = [
            (self._prefix + entry[:REFERENCE_BYTES], entry[REFERENCE_BYTES:] + hashed[DIGEST_BYTES:])
            for entry, hashed in zip(entries, hashes, strict=True)
        ]
        with on_the_disk():
            self._wait(tokens_of(entries))
            self._count += self._append(Table.ENTRIES, rows)

    def finish(self, state: FeedState) -> Iterator[int]:
        """Append the tokens part by part, giving the number of each part done; complete when exhausted.
        Raises NotTheList, DiskRefuses.
        """
        digest = sum(self._buckets) % DIGEST_MODULUS
        if (self._count, digest) != (state.count, state.digest):
            raise NotTheList("its entries are not those that its manifest counts")
        for number, waiting in enumerate(self._parts):
            with on_the_disk():
                self._append_tokens(sorted(cut(waiting.read(), LINE_BYTES)))
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

    def _check_order(self, entries: Sequence[bytes]) -> None:
        first, last = codec.reference_in(entries[0]), codec.reference_in(entries[-1])
        if first <= self._last_reference or codec.bucket_of(last) >= codec.BUCKETS:
            raise NotTheList("its entries are not in order")
        self._last_reference = last

    def _wait(self, tokens: Iterable[bytes]) -> None:
        """Each in its part to be sorted; the reference stands behind it."""
        lines: list[list[bytes]] = [[] for _ in self._parts]
        for token in tokens:
            lines[token[0] >> PART_SHIFT].append(token)
        for part, some in zip(self._parts, lines, strict=True):
            part.write(b"".join(some))

    def _append(self, table: Table, rows: Iterable[tuple[bytes, bytes]]) -> int:
        with self._env.begin(write=True) as txn, txn.cursor(self._tables[table]) as cursor:
            _, added = cursor.putmulti(rows, append=True)
        return added

    def _append_tokens(self, lines: list[bytes]) -> None:
        """One part in order: each token with all references under it, in their order."""
        rows = b"".join([self._prefix + line for line in lines])
        # Of a token that comes again only the first reference is taken; hardly any does.
        if self._append(Table.TOKENS, ROW.iter_unpack(rows)) == len(lines):
            return
        with self._env.begin(write=True) as txn:
            for token, under in groupby(lines, key=lambda line: line[:TOKEN_BYTES]):
                references = b"".join(line[TOKEN_BYTES:] for line in under)
                if len(references) > REFERENCE_BYTES:
                    txn.put(self._prefix + token, references, db=self._tables[Table.TOKENS])

    def _record(self, state: FeedState) -> None:
        key = self._prefix
        with self._env.begin(write=True) as txn:
            for number, digest in enumerate(self._buckets):
                bucket = codec.bucket_key(self._feed, number)
                value = self._tags.tagged(Table.BUCKETS, self._feed, bucket, codec.pack_digest(digest))
                txn.put(bucket, value, db=self._tables[Table.BUCKETS])
            value = self._tags.tagged(Table.STATES, self._feed, key, codec.pack_state(state))
            txn.put(key, value, db=self._tables[Table.STATES])


class _Part:
    """Lines that wait in a file to be sorted; what comes back is compared with what was written."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._written = blake2b()

    def write(self, lines: bytes) -> None:
        self._file.write(lines)
        self._written.update(lines)

    def read(self) -> bytes:
        """All of it. Raises NotTheList."""
        self._file.seek(0)
        raw = self._file.read()
        if blake2b(raw).digest() != self._written.digest():
            raise NotTheList("its tokens on the disk are not what was written")
        return raw


def _check_known(entries: Sequence[bytes]) -> None:
    """What could not be read later must not count as a list."""
    one_of_each = {entry[MEASURE_AND_DAY]: entry for entry in entries}
    try:
        for listed in map(ListedEntry.unpack, one_of_each.values()):
            measure_of(listed.code)
            date.fromordinal(listed.last_day)
    except (ValueError, OverflowError):
        raise NotTheList(
            "an entry has a measure or a last day that is unknown here: update this program"
        ) from None
