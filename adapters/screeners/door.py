"""The socket in the adapter's folder through which screeners ask their keeper."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

DOOR: Final = "keeper.sock"


@contextmanager
def door_of(folder: Path) -> Iterator[str]:
    """Its path, which is short however long that of the folder is: a socket's may have 107 bytes."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{handle}/{DOOR}"
    finally:
        os.close(handle)
