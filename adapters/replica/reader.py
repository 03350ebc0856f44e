"""The replica of another process, which keeps it: to look at, and no more.

What must not break: a look never shows less than the keeper has told of. Where files have given way to
others, or a list was begun anew, the look is refused instead: to find nobody there would not mean that
nobody is on the list.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import lmdb

from adapters.replica.environment import Tables, open_readonly
from adapters.replica.lists import place_of
from adapters.replica.ordered_state import OrderedState
from adapters.replica.replica import LISTS, TOMBSTONES, Look
from adapters.replica.tags import Tags
from adapters.replica.tombstones import Tombstones
from adapters.replica.values import FeedKey


class CannotLook(Exception):
    """What is there now is not what the keeper has told of: ask the keeper."""


class Reader:
    """For one thread; one per folder and process. `digest_keys`: of every epoch. Raises CannotLook."""

    def __init__(self, folder: Path, digest_keys: Mapping[int, bytes]) -> None:
        self._folder = folder
        self._tags = Tags(digest_keys)
        self._least: Mapping[FeedKey, int] = {}
        self._generation = -1
        self._lists: tuple[lmdb.Environment, Tables] | None = None
        try:
            self._tombstones = Tombstones(folder / TOMBSTONES, is_readonly=True)
        except lmdb.Error:
            raise CannotLook from None

    def close(self) -> None:
        self._close_lists()
        self._tombstones.close()

    def expect(self, least: Mapping[FeedKey, int]) -> None:
        """The change that each feed has reached at least."""
        self._least = least

    @contextmanager
    def looking(self) -> Iterator[Look]:
        """As `Replica.looking`; raises CannotLook, and Damaged as any look."""
        try:
            # Tombstones first, as there.
            with self._tombstones.reading() as tombstones:
                env, tables = self._lists_of(tombstones.generation())
                with env.begin() as txn:
                    ordered = OrderedState(txn, tables, self._tags)
                    self._check(ordered)
                    yield Look(ordered, tombstones)
        except lmdb.Error:
            raise CannotLook from None

    def _lists_of(self, generation: int) -> "tuple[lmdb.Environment, Tables]":
        if self._lists is None or generation != self._generation:
            self._close_lists()
            self._lists = open_readonly(place_of(self._folder / LISTS, generation))
            self._generation = generation
        return self._lists

    def _close_lists(self) -> None:
        if self._lists is not None:
            self._lists[0].close()
            self._lists = None

    def _check(self, ordered: OrderedState) -> None:
        if any(ordered.state(feed).sequence < least for feed, least in self._least.items()):
            raise CannotLook
