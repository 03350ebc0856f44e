"""Withdrawals of the express lane, in an LMDB environment of their own so that they never wait for the feed.
Every look begins here: so which generation of the lists is looked at stands here as well.

A tombstone hides the versions of its reference up to its own. It stays until the ordered feed has passed the
removal itself; it must never leave earlier, or a withdrawn entry would come back for the time of a backlog.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

import lmdb

from adapters.replica import codec
from adapters.replica.environment import remove_folder
from adapters.replica.readers import has_older_readers

MAP_SIZE: Final = 2**30
GENERATION: Final = b"generation"
"""No reference has a key of this length."""


class Tombstones:
    """`is_readonly`: another process writes them. Raises lmdb.Error."""

    def __init__(self, folder: Path, *, is_readonly: bool = False) -> None:
        if not is_readonly:
            folder.mkdir(parents=True, exist_ok=True)
        self._env = lmdb.open(str(folder), map_size=MAP_SIZE, mode=0o600, readonly=is_readonly)

    def close(self) -> None:
        self._env.close()

    def remove_files(self) -> None:
        """The files have no name any more; their space is free once it is closed. Raises OSError."""
        remove_folder(Path(self._env.path()))

    def add(self, references: Sequence[int], version: int, applied_at: datetime) -> None:
        """Hide the references up to this version, all at once. Durable when it returns; never lowers an older
        one.
        """
        with self._env.begin(write=True) as txn:
            for reference in references:
                if version > _version(txn, reference):
                    txn.put(codec.pack_reference(reference), codec.pack_tombstone(version, applied_at))

    def remove(self, reference: int, up_to: int) -> None:
        """Take the tombstone away unless it is for a newer version than `up_to`."""
        with self._env.begin(write=True) as txn:
            if _version(txn, reference) <= up_to:
                txn.delete(codec.pack_reference(reference))

    def versions(self) -> dict[int, int]:
        """Every tombstone: reference and the version up to which it hides."""
        with self._env.begin() as txn, txn.cursor() as cursor:
            return {
                codec.unpack_references(key)[0]: codec.tombstone_version(value)
                for key, value in cursor
                if key != GENERATION
            }

    def tell_generation(self, generation: int) -> None:
        """Which of the lists is looked at from now on, by processes that only look."""
        with self._env.begin(write=True) as txn:
            txn.put(GENERATION, codec.pack_reference(generation))

    def has_older_readers(self) -> bool:
        """Whether another process still looks at what was there before the last change."""
        return has_older_readers(self._env)

    @contextmanager
    def reading(self) -> Iterator["TombstoneReading"]:
        with self._env.begin() as txn:
            yield TombstoneReading(txn)


class TombstoneReading:
    def __init__(self, txn: "lmdb.Transaction[bytes]") -> None:
        self._txn = txn

    def gone_up_to(self, reference: int) -> int:
        """The newest version that is gone; 0 when none is."""
        return _version(self._txn, reference)

    def generation(self) -> int:
        """Which of the lists belongs to this look."""
        value = self._txn.get(GENERATION)
        return 0 if value is None else codec.unpack_references(value)[0]

    def count(self) -> int:
        return self._txn.stat()["entries"] - (self._txn.get(GENERATION) is not None)


def _version(txn: "lmdb.Transaction[bytes]", reference: int) -> int:
    value = txn.get(codec.pack_reference(reference))
    return 0 if value is None else codec.tombstone_version(value)
