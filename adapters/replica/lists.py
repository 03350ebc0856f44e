"""Where the lists of an edge lie: one LMDB environment, who writes it and who reads it, and how a whole list
takes the place of what is there.

What must not break: whoever comes back after a crash finds the former lists or the new ones, and nobody who
looks at former ones waits or is disturbed.
"""

import os
import re
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Final

import lmdb

from adapters.replica import codec
from adapters.replica.environment import Tables, open_environment, remove_folder
from adapters.replica.ordered_state import OrderedState
from adapters.replica.readers import has_older_readers
from adapters.replica.tags import Table, Tags
from adapters.replica.values import FeedKey
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
    def reading(self) -> Iterator[OrderedState]:
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
    def writing(self) -> Iterator[OrderedState]:
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
