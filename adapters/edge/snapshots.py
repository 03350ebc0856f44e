"""Takes a whole list from the court at once: its manifest, then the file part by part, then all of it into a
new folder, which takes the place of the old one.

What must not break: the list in use stays as it is, with all that may be said by it, until another is
complete and is the one that the court has signed; what does not fit is refused, said, and fetched again.
"""

from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import structlog

from adapters.bus.port import Later, Refused
from adapters.disk import DiskRefuses
from adapters.edge.disk import Written, require_room
from adapters.edge.download import (
    MANIFEST,
    ChunkRefused,
    Download,
    remove_download,
    room_on_the_way,
    room_when_loaded,
)
from adapters.edge.envelopes import Incoming
from adapters.edge.feed import FeedTaker
from adapters.edge.parts import EdgeParts
from adapters.edge.reports import Reporter
from adapters.edge.settings import LogAway, SnapshotGone
from adapters.replica.disk import on_the_disk
from adapters.replica.loading import PARTS, Loaded, Loading, NotTheList
from adapters.replica.replica import in_thread
from adapters.replica.values import FeedKey, FeedState
from adapters.screening import FeedCondition
from schemas.digest import digest_from_hex
from schemas.refused import RefusedKind
from schemas.snapshots import SnapshotManifest, unpack_chunk

PART_BYTES: Final = 4 * 2**20
"""Fetched at once: what a cut line may cost, and what memory it takes."""
PERCENT: Final = 100

_log = structlog.get_logger(__name__)


@dataclass(slots=True, kw_only=True)
class _Job:
    """One snapshot on its way."""

    feed: FeedKey
    state: FeedState
    download: Download
    loading: Loading | None = None
    steps: Iterator[int] | None = None
    loaded: int = 0

    @property
    def percent(self) -> int:
        """Half of the way is the line, half the disk."""
        chunks, length = len(self.download.manifest.chunks), self.download.manifest.length
        fetched = self.download.begins_at / length if length else 1.0
        return int(PERCENT / 2 * (fetched + self.loaded / (chunks + PARTS)))


class SnapshotTaker:
    """One list at a time."""

    def __init__(self, parts: EdgeParts, taker: FeedTaker, reporter: Reporter) -> None:
        self._parts = parts
        self._taker = taker
        self._reporter = reporter
        self._folder = parts.settings.data / "replica" / "snapshot"
        self._loader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="replica-loading")
        self._job: _Job | None = None
        self._is_clean = False

    def close(self) -> None:
        """What was fetched is there again the next time; what was loaded is begun again."""
        self._loader.shutdown()
        # The folder stays: its list may be taking the place of the former one just now.
        self._close_loading()

    @property
    def percent(self) -> int | None:
        """How far it is; None while no snapshot is on its way."""
        return None if self._job is None else self._job.percent

    def is_taking(self, feed: FeedKey) -> bool:
        return self._job is not None and self._job.feed == feed

    async def end(self) -> None:
        """The court has closed the line: nothing is left of what was fetched or loaded."""
        await self._forget()

    async def drop(self) -> None:
        """Nothing is missing any more: the room of what was fetched is given back."""
        if not self._is_clean:
            await self._forget()
            self._is_clean = True

    async def give_up_all_but(self, feeds: Collection[FeedKey]) -> None:
        """A list that packets have brought meanwhile, or that counts no more, keeps no other waiting."""
        if self._job is not None and self._job.feed not in feeds:
            await self._forget()

    async def come_on(self, feed: FeedKey) -> bool:
        """One step; False when it must rest first, or another list is on its way. Raises LogAway."""
        try:
            with on_the_disk():
                job = self._job or await self._begin(feed)
                if job is None or job.feed != feed:
                    return False
                came_on = await (self._load(job) if job.download.is_complete else self._fetch(job))
        except DiskRefuses as refused:
            self.say_trouble(str(refused))
            return False
        if came_on:
            self._parts.disk.take(Written.LIST)
            self._reporter.tell_on_the_way(feed, self.percent)
        return came_on

    def say_trouble(self, why: str) -> None:
        """The disk has refused something of a list; room is given back by what was loaded so far."""
        self._stop_loading()
        self._parts.disk.refuse(Written.LIST, why)

    async def _begin(self, feed: FeedKey) -> _Job | None:
        self._is_clean = False
        path = self._folder / MANIFEST
        raw = path.read_bytes() if path.exists() else None
        read = None if raw is None else self._read(feed, raw)
        if isinstance(read, Incoming):
            download = Download.found(self._folder, read.body)
        else:
            raw = await self._parts.ports.log.manifest(feed)
            self._require_open()
            read = self._read(feed, raw)
            if not isinstance(read, Incoming):
                self._refuse(feed, read)
                return None
            require_room(self._parts.settings.data, room_on_the_way(read.body))
            download = Download.begun(self._folder, read.body, raw)
        head = read.body.head
        state = FeedState(
            sequence=head.sequence,
            count=head.count,
            digest=digest_from_hex(head.digest),
            signed_at=read.said_at,
        )
        self._tell("snapshot-begun", feed, sequence=head.sequence, in_force=head.count)
        self._job = _Job(feed=feed, state=state, download=download)
        return self._job

    def _read(self, feed: FeedKey, raw: bytes) -> Incoming[SnapshotManifest] | str:
        """The manifest, or why it is not taken."""
        read = self._parts.envelopes.read_signed(raw, (SnapshotManifest,))
        if isinstance(read, Refused | Later):
            return read.reason
        if read.feed != feed:
            return "of another feed"
        if read.body.head.sequence <= self._parts.replica.state(feed).sequence and not self._is_doubted(feed):
            return "older than the list here"
        return read

    async def _fetch(self, job: _Job) -> bool:
        download = job.download
        length = download.length_of_next(PART_BYTES)
        log = self._parts.ports.log
        try:
            part = await log.snapshot_part(job.feed, job.state.sequence, download.begins_at, length)
        except SnapshotGone:
            await self._forget()
            raise
        self._require_open()
        try:
            kept = await in_thread(self._loader, lambda: download.keep(part))
        except ChunkRefused as refused:
            # From the manifest on: the court looks at its file before it gives that out.
            await self._forget()
            self._refuse(job.feed, str(refused))
            return False
        if not kept:
            self._refuse(job.feed, "cut short")
        return kept > 0

    async def _load(self, job: _Job) -> bool:
        if job.steps is None:
            require_room(self._parts.settings.data, room_when_loaded(job.download.manifest))
            job.loading = await in_thread(self._loader, lambda: self._parts.replica.loading(job.feed))
            job.loaded, job.steps = 0, _steps(job, job.loading)
        steps, loading = job.steps, job.loading
        assert loading is not None
        try:
            if await in_thread(self._loader, lambda: next(steps, None)) is None:
                await self._take_over(job, loading.loaded(job.state))
        except ChunkRefused as refused:
            self._stop_loading()
            self._refuse(job.feed, str(refused))
            return False
        except (NotTheList, ValueError) as refused:
            await self._forget()
            self._refuse(job.feed, str(refused))
            return False
        except Exception:
            # Steps that broke off look like steps that came to their end.
            self._stop_loading()
            raise
        job.loaded += 1
        # A list that is in doubt again at once would be loaded without end: it rests first.
        return not self._is_doubted(job.feed) or self._job is job

    async def _take_over(self, job: _Job, loaded: Loaded) -> None:
        is_doubted = self._is_doubted(job.feed)
        is_taken = await self._parts.replica.take_over(loaded, is_doubted=is_doubted)
        await self._forget()
        if is_taken:
            self._tell("snapshot-taken", job.feed, sequence=job.state.sequence)
            await self._taker.take_over(job.feed, job.state, is_doubted=is_doubted)

    def _require_open(self) -> None:
        """What the court answers only after it has closed the line is not kept. Raises LogAway."""
        if self._parts.line.is_closed:
            raise LogAway("the court has closed the line")

    def _is_doubted(self, feed: FeedKey) -> bool:
        return self._parts.line.condition(feed) is FeedCondition.DIVERGED

    def _stop_loading(self) -> None:
        self._close_loading()
        self._parts.replica.drop_loading()

    def _close_loading(self) -> None:
        job = self._job
        if job is not None and job.loading is not None:
            job.loading.close()
            job.loading = job.steps = None
            job.loaded = 0

    async def _forget(self) -> None:
        await in_thread(self._loader, self._clear)
        if self._job is not None:
            self._reporter.tell_on_the_way(self._job.feed, None)
        self._job = None
        self._parts.disk.take(Written.LIST)

    def _clear(self) -> None:
        self._stop_loading()
        remove_download(self._folder)

    def _refuse(self, feed: FeedKey, reason: str) -> None:
        self._parts.refusals.note(RefusedKind.BROKEN_LIST)
        _log.error("snapshot-refused", edge=self._parts.settings.name, epoch=feed.epoch, reason=reason)

    def _tell(self, event: str, feed: FeedKey, **fields: int) -> None:
        _log.info(event, edge=self._parts.settings.name, epoch=feed.epoch, **fields)


def _steps(job: _Job, loading: Loading) -> Iterator[int]:
    """Each brings a chunk, or a part of the tokens, onto the disk."""
    download = job.download
    for number in range(len(download.manifest.chunks)):
        loading.add(unpack_chunk(download.chunk(number)))
        yield number
    yield from loading.finish(job.state)
