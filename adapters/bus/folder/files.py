"""The two folders of one end, and the letters in them. Blocking: called in a thread.

What must not break: a letter in the outgoing folder is complete and on the disk before it bears its name.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from schemas.letters import LetterName, read_name

UNFINISHED: Final = ".part"


@dataclass(frozen=True, slots=True, kw_only=True)
class Folders:
    """Both must be there: one that is missing is a share that is not mounted, and is told."""

    outgoing: Path
    incoming: Path

    def list_incoming(self) -> list[LetterName]:
        """Every letter by its name, whole or not, in the order of writing. Raises OSError."""
        names = (read_name(path.name) for path in self.incoming.iterdir())
        return sorted(name for name in names if name is not None)

    def length(self, name: LetterName) -> int:
        """Bytes that have come of it so far; -1 when it is gone again."""
        try:
            return (self.incoming / str(name)).stat().st_size
        except FileNotFoundError:
            return -1

    def read(self, name: LetterName) -> bytes:
        """Raises OSError."""
        return (self.incoming / str(name)).read_bytes()

    def remove_incoming(self, names: Iterable[LetterName]) -> None:
        """Raises OSError."""
        for name in names:
            (self.incoming / str(name)).unlink(missing_ok=True)

    def write(self, letters: Sequence[tuple[LetterName, bytes]]) -> None:
        """Durable when it returns. Raises OSError."""
        for name, content in letters:
            # Hidden, and no letter's name: no gateway takes it before it is whole.
            unfinished = self.outgoing / f".{name}{UNFINISHED}"
            with unfinished.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            unfinished.rename(self.outgoing / str(name))
        folder = os.open(self.outgoing, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def remove_outgoing(self, stream: str, up_to: int) -> None:
        """Take away what the gateway has left there of letters that have come. Raises OSError."""
        for path in list(self.outgoing.iterdir()):
            name = read_name(path.name)
            if name is not None and name.stream == stream and name.number <= up_to:
                path.unlink(missing_ok=True)

    def clear_unfinished(self) -> None:
        """What a crash left half written; it is written again. Raises OSError."""
        for path in self.outgoing.glob(f".*{UNFINISHED}"):
            path.unlink(missing_ok=True)
