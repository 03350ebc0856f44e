"""The court's log for an adapter that can fetch nothing: what it lacks is asked for by message, and a whole
list that comes part by part is laid down here, to be taken as one that is fetched.

What must not break: nothing of it is believed here. It is looked at as a fetched one is, chunk by chunk.
"""

import asyncio
import base64
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from adapters.bus.port import Accepted
from adapters.edge.envelopes import Incoming
from adapters.edge.settings import AskByMessage, ListOnItsWay, LogAway, SnapshotDue, SnapshotGone
from adapters.replica.values import FeedKey
from schemas.snapshots import SnapshotManifest, SnapshotPart
from schemas.tokens import EpochKeys

MANIFEST: Final = "manifest"
CHUNKS: Final = "chunks"
OF_A_LIST: Final[Sequence[type[SnapshotManifest | SnapshotPart]]] = (SnapshotManifest, SnapshotPart)
_TYPES: Final = tuple(f'"type":"{model.TYPE}"'.encode() for model in OF_A_LIST)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Coming:
    """The list that is being laid down, as its manifest names it."""

    feed: FeedKey
    sequence: int


class CarriedLog:
    """`folder` holds one list at a time, and is this log's own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._coming = self._found()

    async def epochs(self) -> Sequence[EpochKeys]:
        raise LogAway(
            "keys never come by folder: run `adapter keep-keys` where the court can be reached, "
            "bring keys.sealed here, and start the adapter again"
        )

    async def packets_after(self, feed: FeedKey, sequence: int) -> SnapshotDue | AskByMessage:
        coming = self._coming
        if coming is None or coming.feed != feed:
            return AskByMessage()
        if coming.sequence > sequence:
            return SnapshotDue()
        self.forget()
        return AskByMessage()

    async def manifest(self, feed: FeedKey) -> bytes:
        if self._coming is None or self._coming.feed != feed:
            raise ListOnItsWay("the whole list was asked for, and comes with a carrying")
        return (self._folder / MANIFEST).read_bytes()

    async def snapshot_part(self, feed: FeedKey, sequence: int, begin: int, length: int) -> bytes:
        if self._coming != _Coming(feed=feed, sequence=sequence):
            raise SnapshotGone("the court sends another list now")
        part = await asyncio.to_thread(self._read, begin, length)
        if not part:
            raise ListOnItsWay("the next part of the list comes with a carrying")
        return part

    @staticmethod
    def is_of_a_list(raw: bytes) -> bool:
        """Whether an envelope says so; what it is worth is for its signature to say."""
        return any(kind in raw for kind in _TYPES)

    async def keep(self, read: Incoming[SnapshotManifest | SnapshotPart], raw: bytes) -> Accepted:
        """Lay down what has come of a list; durable when it is accepted. Raises OSError."""
        match read.body:
            case SnapshotManifest(head=head):
                await asyncio.to_thread(self._begin, _Coming(feed=read.feed, sequence=head.sequence), raw)
            case SnapshotPart() as part if self._coming == _Coming(feed=read.feed, sequence=part.sequence):
                await asyncio.to_thread(self._add, part.begin, base64.b64decode(part.data))
            case SnapshotPart():
                _log.info("list-part-dropped", why="of another list than the one that is coming")
        return Accepted()

    def forget(self) -> None:
        """Nothing is left of what has come."""
        if self._coming is None:
            return
        self._coming = None
        shutil.rmtree(self._folder, ignore_errors=True)

    def _begin(self, coming: _Coming, raw: bytes) -> None:
        if coming == self._coming:
            # Sent again from its beginning: what is here already is passed over.
            return
        self._coming = None
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        (self._folder / CHUNKS).touch()
        # Last, so that what is found with a manifest was begun.
        (self._folder / MANIFEST).write_bytes(raw)
        self._coming = coming

    def _add(self, begin: int, data: bytes) -> None:
        with (self._folder / CHUNKS).open("ab") as file:
            here = file.tell()
            if not begin <= here < begin + len(data):
                return
            file.write(data[here - begin :])
            file.flush()
            os.fsync(file.fileno())

    def _read(self, begin: int, length: int) -> bytes:
        with (self._folder / CHUNKS).open("rb") as file:
            file.seek(begin)
            return file.read(length)

    def _found(self) -> _Coming | None:
        """One that was begun in a former life."""
        path = self._folder / MANIFEST
        if not path.exists():
            return None
        try:
            told = json.loads(path.read_bytes())
            feed = FeedKey(epoch=told["epoch"], incarnation=told["incarnation"])
            return _Coming(feed=feed, sequence=told["data"]["head"]["sequence"])
        except (ValueError, KeyError, TypeError):
            return None
