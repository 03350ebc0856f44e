"""What the disk refuses of the edge's own store."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import OperationalError

from adapters.disk import DiskRefuses

REFUSED: Final = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR})
WHAT: Final = 0xFF
"""The first byte of a code of SQLite's says what happened, the next ones where."""


@contextmanager
def in_the_store() -> Iterator[None]:
    """What the disk refuses inside is told as DiskRefuses; any other error stays what it is."""
    try:
        yield
    except OperationalError as failure:
        if getattr(failure.orig, "sqlite_errorcode", 0) & WHAT not in REFUSED:
            raise
        raise DiskRefuses(str(failure.orig)) from None
