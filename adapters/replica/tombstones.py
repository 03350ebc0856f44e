"""Withdrawals of the express lane, in an LMDB environment of their own so that they never wait for the feed.

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
from adapters.replica.lists import remove_folder

MAP_SIZE: Final = 2**30


class Tombstones:
    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._env = lmdb.open(str(folder), map_size=MAP_SIZE, mode=0o600)

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
            return {codec.unpack_references(key)[0]: codec.tombstone_version(value) for key, value in cursor}

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

    def count(self) -> int:
        return self._txn.stat()["entries"]


def _version(txn: "lmdb.Transaction[bytes]", reference: int) -> int:
    value = txn.get(codec.pack_reference(reference))
    return 0 if value is None else codec.tombstone_version(value)
