"""Whole lists as files: made from the books in one reading, kept until the log leads on from them no more.

What must not break: a file is complete and signed when it bears its name, and never changes after; it holds
what its feed's packets hold, tokens and what is sealed for the agency, and nothing that leads to a number.
"""

import asyncio
import json
import os
import re
import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Final

from schemas.envelope import Address, Posting, sign_envelope
from schemas.snapshots import (
    ENTRIES_IN_CHUNK,
    ChunkNote,
    SnapshotManifest,
    note_of,
    pack_chunk,
)
from tracker.domain.ids import AgencyId
from tracker.services.feeds.catch_up import needs_snapshot
from tracker.services.feeds.writer import ALL_INSTANCES
from tracker.storage import agencies
from tracker.storage.feeds import Feed
from tracker.storage.transaction import Tx
from tracker.storage.whole_lists import SealedEntry, open_listed, read_listed

KEPT: Final = 2
"""The newest, and the one before for those who are still fetching it."""
MOST_BYTES: Final = 4 * 2**20
"""Of tokens and sealed details, after which a chunk is full."""
MANIFEST: Final = "manifest"
ENTRIES: Final = "entries"
UNFINISHED: Final = "unfinished"
OWNERS_FOLDER: Final = 0o700
BELIEVED_FOR: Final = timedelta(hours=1)
"""Since a file was read whole: a disk may change bytes without saying so."""
PLACE: Final = re.compile(r".+\.[0-9]+\.[0-9]+")
"""The folder of one generation; whatever else lies beside it is not ours."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Generation:
    """Of whose feed, and which."""

    agency_id: AgencyId
    epoch: int
    incarnation: int

    @classmethod
    def of(cls, feed: Feed) -> "Generation":
        return cls(agency_id=feed.agency_id, epoch=feed.keys.epoch, incarnation=feed.incarnation)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One file with its manifest, complete."""

    sequence: int
    folder: Path

    @property
    def entries(self) -> Path:
        return self.folder / ENTRIES

    def manifest(self) -> bytes:
        """As it was signed."""
        return (self.folder / MANIFEST).read_bytes()

    def marks(self) -> tuple[int, ...]:
        """Others as soon as somebody writes to either file. Raises OSError."""
        stats = [(self.folder / name).stat() for name in (MANIFEST, ENTRIES)]
        return tuple(mark for one in stats for mark in (one.st_ino, one.st_size, one.st_mtime_ns))

    def part(self, begin: int, most_bytes: int) -> tuple[bytes, int]:
        """Bytes of the file from there on, and how long it is."""
        with self.entries.open("rb") as file:
            file.seek(begin)
            return file.read(most_bytes), os.fstat(file.fileno()).st_size

    def is_whole(self) -> bool:
        """Reads all of the file: a disk may have changed or lost some of what its manifest says."""
        try:
            body = json.dumps(json.loads(self.manifest())["data"])
            manifest = SnapshotManifest.model_validate_json(body)
            with self.entries.open("rb") as file:
                are_whole = all(note_of(file.read(chunk.length)) == chunk for chunk in manifest.chunks)
                return are_whole and not file.read(1)
        except (OSError, ValueError, KeyError):
            return False


@dataclass(slots=True)
class Shelf:
    """Where the snapshots of this process lie, and which were asked for and are not there."""

    folder: Path
    wanted: set[Generation] = field(default_factory=set, init=False)
    _read: dict[Path, tuple[tuple[int, ...], datetime]] = field(default_factory=dict, init=False)
    """The marks of each snapshot that was whole, and when it was read."""

    def newest(self, generation: Generation) -> Snapshot | None:
        return next(iter(self._kept(generation)), None)

    def find(self, generation: Generation, sequence: int) -> Snapshot | None:
        return next((one for one in self._kept(generation) if one.sequence == sequence), None)

    def is_whole(self, snapshot: Snapshot, at: datetime) -> bool:
        """Whether it may be given out. Adapters ask again and again, and its file is read once an hour."""
        try:
            marks = snapshot.marks()
        except OSError:
            return False
        read = self._read.get(snapshot.folder)
        if read is not None and read[0] == marks and at - read[1] < BELIEVED_FOR:
            return True
        self._read.pop(snapshot.folder, None)
        if not snapshot.is_whole():
            return False
        self._read[snapshot.folder] = marks, at
        return True

    def remove(self, snapshot: Snapshot) -> None:
        self._read.pop(snapshot.folder, None)
        shutil.rmtree(snapshot.folder)

    def place(self, generation: Generation) -> Path:
        return self.folder / f"{generation.agency_id}.{generation.epoch}.{generation.incarnation}"

    def tidy(self, generation: Generation) -> None:
        for old in self._kept(generation)[KEPT:]:
            self.remove(old)

    def keep_only(self, generations: Collection[Generation]) -> None:
        """Remove the snapshots of all others, as far as the disk lets them go."""
        kept = set(map(self.place, generations))
        there = self.folder.iterdir() if self.folder.is_dir() else ()
        for place in there:
            if place not in kept and PLACE.fullmatch(place.name):
                shutil.rmtree(place, ignore_errors=True)

    def _kept(self, generation: Generation) -> list[Snapshot]:
        """The newest first."""
        place = self.place(generation)
        if not place.exists():
            return []
        kept = [Snapshot(sequence=int(one.name), folder=one) for one in place.iterdir() if one.name.isdigit()]
        return sorted(kept, key=lambda snapshot: snapshot.sequence, reverse=True)


async def find_current(tx: Tx, shelf: Shelf, feed: Feed) -> Snapshot | None:
    """The newest snapshot of a feed, whole, where the log leads on from it; otherwise one is asked for."""
    generation = Generation.of(feed)
    snapshot = shelf.newest(generation)
    if snapshot is not None and not await asyncio.to_thread(shelf.is_whole, snapshot, tx.at):
        shelf.remove(snapshot)
        snapshot = None
    if snapshot is None or await needs_snapshot(tx, feed, snapshot.sequence):
        shelf.wanted.add(generation)
        return None
    return snapshot


async def make_snapshot(tx: Tx, shelf: Shelf, feed: Feed, at: datetime) -> Snapshot:
    """Write the list as `feed` tells it, read in the same transaction; `at` is a moment since it was read.
    Raises OSError.
    """
    generation = Generation.of(feed)
    unfinished = shelf.place(generation) / UNFINISHED
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=OWNERS_FOLDER, parents=True)
    with (unfinished / ENTRIES).open("wb") as file:
        chunks = _Chunks(tx, file)
        await _pack(tx, feed, chunks)
    manifest = SnapshotManifest(head=feed.head, chunks=tuple(chunks.notes))
    address = Address(
        court=(await agencies.get_agency(tx, feed.agency_id)).court_id,
        agency=feed.agency_id,
        instance=ALL_INSTANCES,
        epoch=generation.epoch,
        incarnation=generation.incarnation,
    )
    posting = Posting(id=tx.entropy.new_id(), at=at, address=address, sequence=feed.head.sequence)
    (unfinished / MANIFEST).write_bytes(sign_envelope(manifest, posting, tx.keys.signing))
    folder = shelf.place(generation) / str(feed.head.sequence)
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.rename(folder)
    shelf.tidy(generation)
    return Snapshot(sequence=feed.head.sequence, folder=folder)


async def _pack(tx: Tx, feed: Feed, chunks: "_Chunks") -> None:
    """Beside everything else, since it takes a while, and beside the reading of what comes next."""
    packing: asyncio.Task[None] | None = None

    async def pack(rows: Sequence[SealedEntry]) -> None:
        nonlocal packing
        if packing is not None:
            await packing
        packing = asyncio.create_task(asyncio.to_thread(chunks.add, rows))

    try:
        await read_listed(tx, feed.feed_id, pack)
    finally:
        if packing is not None:
            await packing
    await asyncio.to_thread(chunks.finish)


class _Chunks:
    """Packs entries into chunks as they come."""

    def __init__(self, tx: Tx, file: BinaryIO) -> None:
        self._tx = tx
        self._file = file
        self._waiting: list[bytes] = []
        self._bytes = 0
        self.notes: list[ChunkNote] = []

    def add(self, rows: Sequence[SealedEntry]) -> None:
        for entry in open_listed(self._tx, rows):
            self._waiting.append(entry)
            self._bytes += len(entry)
            if len(self._waiting) == ENTRIES_IN_CHUNK or self._bytes >= MOST_BYTES:
                self.finish()

    def finish(self) -> None:
        if self._waiting:
            chunk = pack_chunk(self._waiting)
            self._file.write(chunk)
            self.notes.append(note_of(chunk))
        self._waiting, self._bytes = [], 0
