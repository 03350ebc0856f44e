"""The withdrawal journal outside the database: what is written in it, and the file that a process keeps.

What must not break: nothing waits for the journal's disk; what could not be written is written once it can
be, in its order; and a file of another life than the database's is never written on.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Final

from tracker.domain.entries import Entry
from tracker.domain.ids import AgencyId, CourtId
from tracker.domain.journal import BEFORE_ALL, JournalLine, LineKind, Place, read_line, written
from tracker.storage import journal
from tracker.storage.transaction import Tx

OWNER_ONLY: Final = 0o600
ENDING: Final = ".journal"


async def note_stop(tx: Tx, entry: Entry) -> None:
    """An entry went out of force."""
    detail = {"state": entry.state.value, "cause": entry.cause.value if entry.cause else None}
    await _note(tx, entry.court_id, LineKind.STOPPED, entry.entry_id, detail)


async def note_list_begun(
    tx: Tx, court_id: CourtId, agency_id: AgencyId, epoch: int, incarnation: int
) -> None:
    """A generation of an agency's list began: no later one may bear its numbers."""
    detail = {"epoch": epoch, "incarnation": incarnation}
    await _note(tx, court_id, LineKind.LIST_BEGUN, agency_id, detail)


async def note_list_ended(tx: Tx, court_id: CourtId, agency_id: AgencyId, epoch: int) -> None:
    """An agency's list of this epoch, and of those before, is kept up no more: adapters have dropped it."""
    await _note(tx, court_id, LineKind.LIST_ENDED, agency_id, {"epoch": epoch})


async def note_line_closed(tx: Tx, court_id: CourtId, agency_id: AgencyId, reason: str) -> None:
    await _note(tx, court_id, LineKind.LINE_CLOSED, agency_id, {"reason": reason})


async def _note(tx: Tx, court_id: CourtId, kind: LineKind, about: str, detail: Mapping[str, Any]) -> None:
    line = JournalLine(
        line_id=tx.entropy.new_id(), place=BEFORE_ALL, at=tx.at, kind=kind, about=about, detail=detail
    )
    await journal.add_lines(tx, court_id, [line])


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """All files of a court in the folder: each process keeps a whole one of its own."""

    folder: Path
    court_id: CourtId
    key: bytes

    def file_of(self, worker: str) -> Path:
        return self.folder / f"{self.court_id}.{worker}{ENDING}"

    def newest_lines(self) -> tuple[JournalLine, ...]:
        """The newest line of each file. Raises OSError."""
        found = (max(self.lines_of(file), key=_place_of, default=None) for file in self._files())
        return tuple(line for line in found if line is not None)

    def lines(self) -> dict[str, JournalLine]:
        """Every line of every file, by its id. Raises OSError."""
        return {line.line_id: line for file in self._files() for line in self.lines_of(file)}

    def lines_of(self, file: Path) -> Iterator[JournalLine]:
        """What the court has written in a file, in its order. Raises OSError."""
        with file.open(encoding="utf-8", errors="replace") as opened:
            for text in opened:
                # A line that a crash cut off was written again behind it.
                line = read_line(text.rstrip("\n"), self.key)
                if line is not None:
                    yield line

    def _files(self) -> list[Path]:
        # Listed rather than searched for: a folder that is not there is no empty journal.
        found = sorted(self.folder.iterdir())
        is_own = f"{self.court_id}."
        return [file for file in found if file.name.startswith(is_own) and file.suffix == ENDING]


class JournalFile:
    """The file of one process. Its methods wait for the disk; call them in a thread."""

    def __init__(self, journal_of: Journal, worker: str) -> None:
        self._journal = journal_of
        self._path = journal_of.file_of(worker)
        self._newest: JournalLine | None = None
        self._size = 0
        self._at_the_disk = Lock()

    @property
    def is_waiting(self) -> bool:
        """Whether the disk has not answered yet."""
        return self._at_the_disk.locked()

    def look(self) -> JournalLine | None:
        """The newest line in the file, be it that another file has come in its place. Raises OSError."""
        with self._at_the_disk:
            self._path.parent.stat()
            size = self._path.stat().st_size if self._path.exists() else 0
            if size != self._size:
                self._read_again(size)
            return self._newest

    def append(self, lines: Sequence[JournalLine]) -> None:
        """Write the next lines, in their order; durable when it returns. Raises OSError."""
        with self._at_the_disk:
            text = "".join(written(line, self._journal.key) + "\n" for line in lines)
            handle = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_APPEND, OWNER_ONLY)
            with os.fdopen(handle, "a+b") as file:
                size = file.seek(0, os.SEEK_END)
                if size and _last_byte(file.fileno(), size) != b"\n":
                    text = "\n" + text
                file.write(text.encode())
                file.flush()
                os.fsync(file.fileno())
            if not size:
                _keep_name(self._path.parent)
            self._size = size + len(text.encode())
            self._newest = lines[-1]

    def _read_again(self, size: int) -> None:
        self._newest = max(self._journal.lines_of(self._path), key=_place_of, default=None) if size else None
        self._size = size


def _place_of(line: JournalLine) -> Place:
    return line.place


def _last_byte(handle: int, size: int) -> bytes:
    return os.pread(handle, 1, size - 1)


def _keep_name(folder: Path) -> None:
    """A new file is found again after a loss of power only once its folder is written as well."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
