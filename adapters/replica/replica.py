"""The replica as the edge uses it: apply packets and tombstones, look at both at once.

Visible is the ordered state minus the tombstones. Writing waits for the disk, so each environment has a
thread of its own; looking does not, and happens where it is asked.
"""

import asyncio
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar

from adapters.replica.disk import on_the_disk
from adapters.replica.environment import remove_folder
from adapters.replica.lists import Lists
from adapters.replica.loading import Loaded, Loading
from adapters.replica.ordered_state import OrderedState
from adapters.replica.packets import SignedPacket, apply_packet, is_bucket_whole
from adapters.replica.tags import Damaged, Tags
from adapters.replica.tombstones import TombstoneReading, Tombstones
from adapters.replica.values import Applied, Diverged, Entry, FeedKey, FeedState, PacketOutcome
from schemas.listed import tokens_of
from schemas.tokens import TOKEN_BYTES

R = TypeVar("R")
LISTS: Final = "lists"
TOMBSTONES: Final = "tombstones"
LOADING: Final = "loading"


class Look:
    """One consistent look at lists and tombstones; hold it for a few card uses, not longer."""

    def __init__(self, ordered: OrderedState, tombstones: TombstoneReading) -> None:
        self._ordered = ordered
        self._tombstones = tombstones

    def references(self, feed: FeedKey, token: bytes) -> tuple[int, ...]:
        return self._ordered.references(feed, token)

    def holder_of(self, feed: FeedKey) -> Callable[[bytes], bool]:
        """Tells whether anything may be listed under a token."""
        return self._ordered.holder_of(feed)

    def entry(self, feed: FeedKey, reference: int) -> Entry | None:
        return self._ordered.entry(feed, reference)

    def gone_up_to(self, reference: int) -> int:
        return self._tombstones.gone_up_to(reference)


class Replica:
    """Opened once per folder and process (LMDB's own rule). `digest_keys`: of every epoch; without them it
    can only be asked where its feeds stand.
    """

    def __init__(self, folder: Path, digest_keys: Mapping[int, bytes]) -> None:
        self._digest_keys = dict(digest_keys)
        self._folder = folder
        self._tags = Tags(digest_keys)
        self._proven = frozenset[FeedKey]()
        self._states: Mapping[FeedKey, FeedState] = {}
        self._is_removed = False
        self._told_generation: int | None = None
        self._list_writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="replica-lists")
        self._tombstone_writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="replica-tombstones")
        with ExitStack() as opened:
            self._lists = Lists(folder / LISTS, self._tags)
            opened.callback(self._lists.close)
            self._tombstones = Tombstones(folder / TOMBSTONES)
            opened.callback(self._tombstones.close)
            self._read_states()
            # A crash between a packet and this clearing left tombstones that hide nothing any more.
            self._clear_passed(self._tombstones.versions())
            opened.pop_all()

    def close(self) -> None:
        """Wait for the write under way, then close."""
        self._list_writer.shutdown()
        self._tombstone_writer.shutdown()
        self._lists.close()
        self._tombstones.close()

    @property
    def states(self) -> Mapping[FeedKey, FeedState]:
        """Where each feed that ever brought a packet stands."""
        return self._states

    def state(self, feed: FeedKey) -> FeedState:
        return self._states.get(feed, FeedState())

    def can_read(self, feed: FeedKey) -> bool:
        """Whether the keys of the feed are here."""
        return feed.epoch in self._digest_keys

    def was_proven(self, feed: FeedKey) -> bool:
        """Whether the replica has been the court's list at least once since it was begun."""
        return feed in self._proven

    def is_whole(self, feed: FeedKey, bucket: int) -> bool:
        """Recount one of the 256 parts of a feed, beside everything else: in a thread, for it takes long."""
        try:
            with self._lists.reading() as ordered:
                return is_bucket_whole(ordered, feed, bucket, self._digest_keys[feed.epoch])
        except Damaged:
            return False

    async def tokens_in(self, feed: FeedKey, bucket: int) -> Sequence[bytes]:
        """The tokens in one of the 256 parts of a feed, beside everything else; nothing vouches for them."""
        return await asyncio.to_thread(self._tokens_in, feed, bucket)

    def count_tombstones(self) -> int:
        with self._tombstones.reading() as tombstones:
            return tombstones.count()

    @contextmanager
    def looking(self) -> Iterator[Look]:
        # Tombstones first: one that left before this look left after its removal was committed, which the
        # later look at the lists then shows. The other way round an entry could be seen with neither.
        with self._tombstones.reading() as tombstones, self._lists.reading() as ordered:
            yield Look(ordered, tombstones)

    async def tell_generation(self) -> None:
        """Bring processes that only look to the lists that are here now. Durable when it returns."""
        generation = self._lists.generation
        if self._told_generation != generation and not self._is_removed:
            await in_thread(self._tombstone_writer, lambda: self._tell_generation(generation))
            self._told_generation = generation

    def is_seen_by_all(self) -> bool:
        """Whether no other process looks at anything older than what is here now."""
        return self._told_generation == self._lists.generation and not (
            self._tombstones.has_older_readers() or self._lists.has_older_readers()
        )

    async def apply_packet(self, signed: SignedPacket) -> PacketOutcome:
        """Durable when it returns `Applied`; any other answer has changed nothing."""
        outcome = await in_thread(self._list_writer, lambda: self._apply(signed))
        if isinstance(outcome, Applied):
            tombstones = self._tombstones_of([change.reference for change in signed.packet.changes])
            if tombstones:
                await in_thread(self._tombstone_writer, lambda: self._clear_passed(tombstones))
        return outcome

    async def record_proof(self, feed: FeedKey) -> None:
        """The feed is the court's list just now. Durable when it returns."""
        await in_thread(self._list_writer, lambda: self._record_proof(feed))

    async def forget_proof(self, feed: FeedKey) -> None:
        """Whether the feed was ever the court's list counts no more: that is to be proven anew."""
        await in_thread(self._list_writer, lambda: self._forget_proof(feed))

    async def forget(self, feed: FeedKey) -> None:
        """Begin the feed anew: nothing of it is left but the tombstones."""
        await in_thread(self._list_writer, lambda: self._forget(feed))

    def loading(self, feed: FeedKey) -> Loading:
        """Begin a whole list beside the one in use; only one at a time."""
        return Loading(self._folder / LOADING, feed, self._tags)

    def drop_loading(self) -> None:
        """Give the room of a list back that was not finished."""
        shutil.rmtree(self._folder / LOADING, ignore_errors=True)

    async def take_over(self, loaded: Loaded, *, is_doubted: bool) -> bool:
        """Put a whole list in the place of the feed's own; the tombstones go on hiding. False, and nothing
        has changed, where the own one has come further meanwhile and `is_doubted` is not said of it. Durable
        when it returns. Raises DiskRefuses.
        """
        is_taken = await in_thread(self._list_writer, lambda: self._take_over(loaded, is_doubted))
        if is_taken:
            # Only now: who is listed anew in it was hidden by a tombstone that has done its work.
            await in_thread(self._tombstone_writer, lambda: self._clear_passed(self._tombstones.versions()))
        return is_taken

    async def remove(self) -> None:
        """Take the whole list off the disk, as if nothing had ever come, but for one that is being loaded. It
        takes nothing more; close it. Raises OSError.
        """
        await in_thread(self._list_writer, self._remove_lists)
        await in_thread(self._tombstone_writer, self._tombstones.remove_files)

    async def take_keys(self, digest_keys: Mapping[int, bytes]) -> None:
        """The feeds of these epochs, and no others, can be read from now on."""

        def take() -> None:
            self._digest_keys = dict(digest_keys)
            self._tags.take(digest_keys)
            # What lay here without its key is believed only now, or not at all.
            self._read_states()

        await in_thread(self._list_writer, take)

    def has_any_before(self, epoch: int) -> bool:
        """Whether rows of older epochs are on the disk."""
        return any(feed.epoch < epoch for feed in self._states)

    async def drop_some_before(self, epoch: int) -> bool:
        """Take some rows of older epochs off the disk, which nobody asks any more; False: none were left."""
        if not self.has_any_before(epoch):
            return False
        old = min(self._states)
        await in_thread(self._list_writer, lambda: self._drop_some(old))
        return True

    async def apply_tombstone(self, references: Sequence[int], version: int, applied_at: datetime) -> None:
        """Hide the references up to this version from now on. Durable when it returns."""

        def apply() -> None:
            self._tombstones.add(references, version, applied_at)
            # Only after adding: a packet that removes the entry meanwhile is seen here or sees the tombstone.
            self._clear_passed(dict.fromkeys(references, version))

        await in_thread(self._tombstone_writer, apply)

    def _read_states(self) -> None:
        with self._lists.reading() as ordered:
            states = ordered.states()
            self._proven = ordered.proven()
        self._states = {feed: state for feed, state in states.items() if state is not None}
        for feed in states.keys() - self._states.keys():
            # Where it stands cannot be believed: fetched from its beginning, as a new one is.
            self._forget(feed)

    def _tell_generation(self, generation: int) -> None:
        with self._tombstones.reading() as tombstones:
            is_told = tombstones.generation() == generation
        if not is_told:
            self._tombstones.tell_generation(generation)

    def _tokens_in(self, feed: FeedKey, bucket: int) -> Sequence[bytes]:
        with self._lists.reading() as ordered:
            return [
                token[:TOKEN_BYTES]
                for entries, _tags in ordered.entries(feed, bucket)
                for token in tokens_of(entries)
            ]

    def _apply(self, signed: SignedPacket) -> PacketOutcome:
        with self._lists.writing() as ordered:
            try:
                outcome = apply_packet(ordered, signed)
            except Damaged:
                outcome = Diverged(sequence=self.state(signed.feed).sequence)
            if not isinstance(outcome, Applied):
                ordered.undo()
        if isinstance(outcome, Applied):
            self._states = {**self._states, signed.feed: outcome.state}
        return outcome

    def _record_proof(self, feed: FeedKey) -> None:
        with self._lists.writing() as ordered:
            ordered.record_proof(feed)
        self._proven |= {feed}

    def _forget_proof(self, feed: FeedKey) -> None:
        with self._lists.writing() as ordered:
            ordered.forget_proof(feed)
        self._proven -= {feed}

    def _forget(self, feed: FeedKey) -> None:
        with self._lists.writing() as ordered:
            ordered.forget(feed)
        self._states = {**self._states, feed: FeedState()}
        self._proven -= {feed}

    def _drop_some(self, feed: FeedKey) -> None:
        with self._lists.writing() as ordered:
            if self.can_read(feed):
                # Whoever still asks it, in another process or after a crash, must not take the rest for all.
                ordered.forget_proof(feed)
                ordered.record_state(feed, FeedState())
            is_anything_left = ordered.drop_some(feed)
        if self.can_read(feed):
            del self._digest_keys[feed.epoch]
            self._tags.take(self._digest_keys)
        if not is_anything_left:
            self._states = {known: state for known, state in self._states.items() if known != feed}
            self._proven -= {feed}

    def _remove_lists(self) -> None:
        self._is_removed = True
        self._lists.remove_files()
        self._states, self._proven = {}, frozenset()

    def _take_over(self, loaded: Loaded, is_doubted: bool) -> bool:
        feed = loaded.feed
        if self._is_removed or not self.can_read(feed):
            return False
        if loaded.state.sequence <= self.state(feed).sequence and not is_doubted:
            return False
        with on_the_disk():
            self._lists.swap(loaded.folder, feed, keeps_proof=not is_doubted)
        self._states = {**self._states, feed: loaded.state}
        if is_doubted:
            self._proven -= {feed}
        return True

    def _tombstones_of(self, references: Sequence[int]) -> dict[int, int]:
        with self._tombstones.reading() as tombstones:
            versions = {reference: tombstones.gone_up_to(reference) for reference in references}
        return {reference: version for reference, version in versions.items() if version}

    def _clear_passed(self, tombstones: Mapping[int, int]) -> None:
        # Only the feeds in use: what a former life of the court removed, a restored one may list again.
        newest = {feed.epoch: feed for feed in sorted(self._states)}.values()
        with self._lists.reading() as ordered:
            passed = {
                reference: version
                for reference, version in tombstones.items()
                if any(_has_passed(ordered, feed, reference, version) for feed in newest)
            }
        for reference, version in passed.items():
            self._tombstones.remove(reference, version)


def remove_ended_list(folder: Path, epochs: Sequence[int]) -> None:
    """Take a list off the disk, with what was fetched or loaded of it, whose every epoch is before those that
    the court hands out: it has ended. When the court hands out none, every list has. Raises OSError.
    """
    if not folder.exists():
        return
    if not epochs:
        remove_folder(folder)
        return
    replica = Replica(folder, {})
    stored = [feed.epoch for feed in replica.states]
    replica.close()
    if stored and max(stored) < min(epochs):
        remove_folder(folder)


def _has_passed(ordered: OrderedState, feed: FeedKey, reference: int, version: int) -> bool:
    try:
        return ordered.has_passed(feed, reference, version)
    except Damaged:
        # The tombstone stays: it hides, and does no harm.
        return False


async def in_thread(executor: ThreadPoolExecutor, work: Callable[[], R]) -> R:
    """What waits for the disk is done beside everything else."""
    return await asyncio.get_running_loop().run_in_executor(executor, work)
