"""What the disk refuses of a replica."""

from collections.abc import Iterator
from contextlib import contextmanager

import lmdb

from adapters.disk import DiskRefuses


@contextmanager
def on_the_disk() -> Iterator[None]:
    """Whatever the disk refuses inside is told as DiskRefuses."""
    try:
        yield
    except OSError as refused:
        raise DiskRefuses(refused.strerror or type(refused).__name__) from None
    except lmdb.Error as refused:
        raise DiskRefuses(str(refused)) from None
