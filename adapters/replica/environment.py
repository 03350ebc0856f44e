"""Opens and removes the LMDB environments of the lists, each in a folder of its own.

What must not break: the map is sparse and never a `writemap`: with that, a full disk would kill the process
instead of failing the commit.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final, TypeAlias

import lmdb

from adapters.replica.tags import Table

MAP_SIZE: Final = 64 * 2**30
Tables: TypeAlias = "Mapping[Table, lmdb._Database]"


def remove_folder(folder: Path) -> None:
    """Nothing of it is left, also where somebody else removes it at the same time. Raises OSError."""
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        shutil.rmtree(folder)


def open_environment(folder: Path, *, is_synced: bool = True) -> "tuple[lmdb.Environment, Tables]":
    """The environment of a folder, with all tables made."""
    folder.mkdir(parents=True, exist_ok=True)
    env = lmdb.open(str(folder), map_size=MAP_SIZE, max_dbs=len(Table), mode=0o600, sync=is_synced)
    with env.begin(write=True) as txn:
        return env, {table: env.open_db(_name(table), txn=txn) for table in Table}


def open_readonly(folder: Path) -> "tuple[lmdb.Environment, Tables]":
    """The environment of a folder that another process writes. Raises lmdb.Error."""
    env = lmdb.open(str(folder), map_size=MAP_SIZE, max_dbs=len(Table), readonly=True)
    try:
        return env, {table: env.open_db(_name(table), create=False) for table in Table}
    except lmdb.Error:
        env.close()
        raise


def _name(table: Table) -> bytes:
    return table.name.lower().encode()
