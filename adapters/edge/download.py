"""A snapshot on its way from the court: what has come of it lies on the disk, so that a cut line or a killed
adapter costs no more than the chunk under way.

What must not break: a chunk counts only while its bytes are those that the manifest names, when it comes and
again when it is used; the manifest is believed for the court's signature alone, each time it is read.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from schemas.snapshots import ChunkNote, SnapshotManifest, note_of

MANIFEST: Final = "manifest"
CHUNKS: Final = "chunks"
ENTRY_BYTES: Final = 155
"""Of an entry in the list, with its tokens, and of the tokens while they wait to be sorted."""


class ChunkRefused(Exception):
    """A chunk is not the one that the manifest names."""


def remove_download(folder: Path) -> None:
    """Give its room back."""
    shutil.rmtree(folder, ignore_errors=True)


def room_when_loaded(manifest: SnapshotManifest) -> int:
    """Bytes that a list takes while it is written; what is sealed in it is kept as text, a third longer."""
    return manifest.head.count * ENTRY_BYTES + manifest.length * 4 // 3


def room_on_the_way(manifest: SnapshotManifest) -> int:
    """The same, with the file that comes first."""
    return manifest.length + room_when_loaded(manifest)


@dataclass(slots=True, kw_only=True)
class Download:
    """`fetched` counts the chunks that have come, in their order."""

    folder: Path
    manifest: SnapshotManifest
    fetched: int = field(default=0, init=False)

    @classmethod
    def begun(cls, folder: Path, manifest: SnapshotManifest, raw: bytes) -> "Download":
        """Begin in an empty folder; `raw` is the signed manifest. Raises OSError."""
        remove_download(folder)
        folder.mkdir(parents=True)
        (folder / CHUNKS).touch()
        # Last, so that what is found with a manifest was begun.
        (folder / MANIFEST).write_bytes(raw)
        return cls(folder=folder, manifest=manifest)

    @classmethod
    def found(cls, folder: Path, manifest: SnapshotManifest) -> "Download":
        """One that was begun in a former life, with as many whole chunks as its file holds."""
        download = cls(folder=folder, manifest=manifest)
        length = (folder / CHUNKS).stat().st_size
        while not download.is_complete and download._end(download.fetched) <= length:
            download.fetched += 1
        download._cut_off()
        return download

    @property
    def is_complete(self) -> bool:
        return self.fetched == len(self.manifest.chunks)

    @property
    def begins_at(self) -> int:
        """Where the first byte that is missing stands in the court's file."""
        return self._end(self.fetched - 1) if self.fetched else 0

    def length_of_next(self, at_most: int) -> int:
        """Bytes of the next chunks, as many as fit; of one at least."""
        first, *more = self.manifest.chunks[self.fetched :]
        length = first.length
        for chunk in more:
            if length + chunk.length > at_most:
                break
            length += chunk.length
        return length

    def keep(self, part: bytes) -> int:
        """Keep the whole chunks at the beginning of the part; how many. Raises ChunkRefused, OSError."""
        wanted = list(self._whole_chunks(part))
        for chunk, note in wanted:
            if note_of(chunk) != note:
                raise ChunkRefused("a chunk is not what its manifest says")
        self._cut_off()
        with (self.folder / CHUNKS).open("ab") as file:
            file.writelines(chunk for chunk, _ in wanted)
        self.fetched += len(wanted)
        return len(wanted)

    def chunk(self, number: int) -> bytes:
        """One that has come; raises ChunkRefused where the disk has changed it: it is missing then, with all
        after it.
        """
        note = self.manifest.chunks[number]
        with (self.folder / CHUNKS).open("rb") as file:
            file.seek(self._end(number) - note.length)
            chunk = file.read(note.length)
        if not chunk or note_of(chunk) != note:
            self.fetched = number
            self._cut_off()
            raise ChunkRefused("a chunk on the disk is not what was written")
        return chunk

    def _whole_chunks(self, part: bytes) -> Iterator[tuple[bytes, ChunkNote]]:
        at = 0
        for note in self.manifest.chunks[self.fetched :]:
            if at + note.length > len(part):
                return
            yield part[at : at + note.length], note
            at += note.length

    def _end(self, number: int) -> int:
        return sum(chunk.length for chunk in self.manifest.chunks[: number + 1])

    def _cut_off(self) -> None:
        """What a cut left behind the last whole chunk."""
        with (self.folder / CHUNKS).open("ab") as file:
            file.truncate(self.begins_at)
