"""A whole list as a file, and a list that joins while changes flow."""

import asyncio
import os
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import accumulate, pairwise
from typing import Any

import pytest

from adapters.replica.packets import SignedPacket
from adapters.replica.replica import Replica
from adapters.replica.values import Applied, FeedKey, FeedState
from schemas.digest import digest_from_hex
from schemas.envelope import read_body
from schemas.listed import ListedEntry
from schemas.measures import Measure, code_of
from schemas.snapshots import SnapshotManifest, note_of, unpack_chunk
from scripts import cast
from scripts.pump import settle
from tests.contract.storage.test_feed_writer import (
    LAST_DAY,
    RAIL,
    Line,
    head_of,
    line,
    opened,
    packet_in,
    put,
    removal,
    token,
)
from tracker.domain.ids import AgencyId, CourtId
from tracker.loops.feed_writer import FeedWriterLoop
from tracker.loops.snapshots import SnapshotLoop
from tracker.services.feeds import catch_up, snapshots
from tracker.services.feeds.catch_up import SnapshotDue, Wanted, packets_of
from tracker.services.feeds.snapshots import Generation, Shelf, Snapshot, find_current
from tracker.storage import feeds, whole_lists
from tracker.storage.feed_changes import Change
from tracker.storage.feeds import Feed

__all__ = ["line"]

FIRST = Generation(agency_id=RAIL, epoch=1, incarnation=1)
POLICE = AgencyId("police")
BORDERS = Generation(agency_id=AgencyId("border"), epoch=1, incarnation=1)
A_WEEK = timedelta(days=7)


class Keeper:
    """The loop that makes snapshots and keeps the log, with its shelf."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.registry = line.books.registry
        self.shelf = Shelf(line.books.folder / "snapshots")
        self.loop = SnapshotLoop(self.registry, self.shelf, CourtId(cast.COURT.court_id))

    async def lists(self, *references: int) -> None:
        """Each in a packet of its own."""
        for reference in references:
            await self.line.commits(put(reference))
            await self.line.writes()

    async def makes(self) -> Snapshot:
        """The one that an adapter asks for."""
        self.shelf.wanted.add(FIRST)
        assert await self.loop.step()
        made = self.shelf.newest(FIRST)
        assert made is not None
        return made

    async def begins(self, feed: Feed) -> None:
        """A generation of its own, of which a snapshot is asked for at once."""
        async with self.registry.transaction() as tx:
            await feeds.add_feed(tx, feed)
        self.shelf.wanted.add(Generation.of(feed))
        assert await self.loop.step()

    def places(self) -> list[str]:
        return sorted(place.name for place in self.shelf.folder.iterdir())

    async def looks(self, after: timedelta) -> None:
        """Time goes on, and the log is looked over."""
        self.line.books.clock.move_to(self.line.books.clock.now() + after)
        await settle([self.loop])

    async def log(self) -> list[tuple[int, ...]]:
        """The sequences that each packet in the log bears."""
        packets = [packet_in(raw) for raw in await self.line.packets()]
        return [tuple(change.sequence for change in packet.changes) for packet in packets]

    async def asks(self, after: int) -> tuple[bytes, ...] | SnapshotDue:
        wanted = Wanted(epoch=1, incarnation=1, after=after)
        async with self.registry.reading() as tx:
            return await packets_of(tx, RAIL, wanted)

    async def current(self) -> Snapshot | None:
        async with self.registry.reading() as tx:
            return await find_current(tx, self.shelf, await feeds.get_feed(tx, RAIL))


@pytest.fixture
def keeper(line: Line, monkeypatch: pytest.MonkeyPatch) -> Keeper:
    """With chunks of seven entries, read three at a time."""
    monkeypatch.setattr(snapshots, "ENTRIES_IN_CHUNK", 7)
    monkeypatch.setattr(whole_lists, "RECORDS_AT_ONCE", 3)
    return Keeper(line)


def manifest_of(snapshot: Snapshot) -> SnapshotManifest:
    manifest = read_body(opened(snapshot.manifest()), SnapshotManifest)
    assert isinstance(manifest, SnapshotManifest)
    return manifest


def chunks_in(snapshot: Snapshot) -> list[bytes]:
    file = snapshot.entries.read_bytes()
    notes = manifest_of(snapshot).chunks
    ends = list(accumulate((note.length for note in notes), initial=0))
    raws = [file[begin:end] for begin, end in pairwise(ends)]
    assert (tuple(map(note_of, raws)), ends[-1]) == (notes, len(file))
    return raws


def entries_in(snapshot: Snapshot) -> list[ListedEntry]:
    return [ListedEntry.unpack(entry) for raw in chunks_in(snapshot) for entry in unpack_chunk(raw)]


def with_details(change: Change, sealed: bytes) -> Change:
    assert change.body is not None
    return replace(change, body={**change.body, "named": b64encode(sealed).decode()})


def listed(reference: int, version: int = 1, named: bytes = b"") -> ListedEntry:
    return ListedEntry(
        reference=reference,
        version=version,
        code=code_of(Measure.HOLD_FOR_SUMMONS),
        last_day=LAST_DAY.toordinal(),
        tokens=bytes.fromhex(token(reference)),
        named=named,
    )


async def test_a_snapshot_holds_what_is_listed_at_the_head_that_it_names(keeper: Keeper) -> None:
    named = with_details(put(9), b"sealed")
    await keeper.line.commits(*map(put, range(1, 9)), named, removal(4), put(2, 2))
    await keeper.line.writes()
    snapshot = await keeper.makes()
    feed = await keeper.line.feed()

    assert manifest_of(snapshot).head == feed.head
    assert entries_in(snapshot) == [
        *(listed(1), listed(2, version=2), listed(3), listed(5), listed(6), listed(7), listed(8)),
        listed(9, named=b"sealed"),
    ]
    assert opened(snapshot.manifest()).address.epoch == feed.keys.epoch
    assert len(manifest_of(snapshot).chunks) == 2


async def test_a_chunk_is_full_sooner_where_entries_bear_long_details(
    keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The harm: no manifest names a chunk that is too long, and an agency that is told names never gets its
    list.
    """
    monkeypatch.setattr(snapshots, "MOST_BYTES", 150)
    await keeper.line.commits(*(with_details(put(reference), b"d" * 100) for reference in range(1, 6)))
    await keeper.line.writes()
    snapshot = await keeper.makes()

    assert [len(unpack_chunk(raw)) for raw in chunks_in(snapshot)] == [2, 2, 1]


async def test_it_is_used_again_while_the_log_leads_on_from_it(
    keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catch_up, "FEW_CHANGES", 3)
    nothing_yet = await keeper.current()
    await keeper.lists(1, 2, 3)
    first = await keeper.makes()
    await keeper.lists(4, 5, 6)
    again = await keeper.current()
    was_wanted = set(keeper.shelf.wanted)
    await keeper.lists(7)
    too_old = await keeper.current()

    assert (nothing_yet, again, was_wanted, too_old) == (None, first, set(), None)
    assert keeper.shelf.wanted == {FIRST}


async def test_a_file_that_the_disk_has_changed_is_not_given_out(keeper: Keeper) -> None:
    await keeper.lists(1, 2, 3)
    snapshot = await keeper.makes()
    raw = snapshot.entries.read_bytes()
    snapshot.entries.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
    damaged = await keeper.current()
    await keeper.loop.step()

    assert damaged is None
    assert await keeper.current() == snapshot
    assert snapshot.entries.read_bytes() == raw


async def test_a_file_is_read_for_who_asks_first_and_an_hour_later(keeper: Keeper) -> None:
    """A disk that changes bytes does not say so: nothing but the bytes is different."""
    await keeper.lists(1, 2, 3)
    snapshot = await keeper.makes()
    await keeper.current()
    stat, raw = snapshot.entries.stat(), snapshot.entries.read_bytes()
    snapshot.entries.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
    os.utime(snapshot.entries, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    at_once = await keeper.current()
    keeper.line.books.clock.move_to(keeper.line.books.clock.now() + timedelta(hours=1))

    assert at_once == snapshot
    assert await keeper.current() is None


async def test_one_that_somebody_has_written_to_since_is_read_again_at_once(keeper: Keeper) -> None:
    """The harm: for an hour every adapter fetches in vain, and has no list."""
    await keeper.lists(1, 2, 3)
    snapshot = await keeper.makes()
    at_first = await keeper.current()
    snapshot.entries.write_bytes(snapshot.entries.read_bytes()[:-1])

    assert at_first == snapshot
    assert await keeper.current() is None


class AskedMeanwhile(Shelf):
    """The border's adapter asks for its list while another is being written."""

    def tidy(self, generation: Generation) -> None:
        super().tidy(generation)
        if not self.place(BORDERS).exists():
            self.wanted.add(BORDERS)


async def test_what_an_adapter_asks_for_waits_for_no_overdue_list_of_others(
    keeper: Keeper, logged: list[dict[str, Any]]
) -> None:
    await keeper.lists(1)
    await keeper.line.commits(put(1, agency_id=POLICE))
    await FeedWriterLoop(keeper.registry, keeper.line.bus, [POLICE]).step()
    shelf = AskedMeanwhile(keeper.shelf.folder)
    keeper.loop = SnapshotLoop(keeper.registry, shelf, CourtId(cast.COURT.court_id))

    await keeper.looks(A_WEEK + timedelta(seconds=1))

    made = [line["agency"] for line in logged if line["event"] == "snapshot-made"]
    assert made == ["police", "border", "rail"]


def anew(former: Feed) -> Feed:
    return replace(
        former,
        feed_id="feed-2",
        incarnation=2,
        head=head_of(0, [], former.keys.digest_key),
        published_up_to=0,
    )


async def test_the_lists_of_a_former_incarnation_leave_the_disk(keeper: Keeper) -> None:
    """They hold tokens, and no seal covers them."""
    await keeper.lists(1, 2)
    await keeper.makes()
    first = await keeper.line.feed()
    (keeper.shelf.folder / "of somebody else").mkdir()
    next_epoch = replace(anew(first), feed_id="feed-3", keys=replace(first.keys, epoch=2), incarnation=1)
    await keeper.begins(next_epoch)
    await keeper.looks(timedelta(hours=2))
    beside_the_next_epoch = keeper.places()
    await keeper.begins(anew(first))
    await keeper.looks(timedelta(hours=2))

    assert beside_the_next_epoch == ["of somebody else", "rail.1.1", "rail.2.1"]
    assert keeper.places() == ["of somebody else", "rail.1.2", "rail.2.1"]


async def test_one_that_is_far_behind_is_sent_to_the_snapshot(
    keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catch_up, "FEW_CHANGES", 3)
    await keeper.lists(*range(1, 9))

    assert isinstance(await keeper.asks(after=4), SnapshotDue)
    assert len(await packets_or_none(keeper, after=5)) == 3


async def packets_or_none(keeper: Keeper, after: int) -> Sequence[bytes]:
    answer = await keeper.asks(after)
    return () if isinstance(answer, SnapshotDue) else answer


async def test_a_list_joins_without_a_gap_while_changes_flow(keeper: Keeper) -> None:
    await keeper.lists(*range(1, 31))

    async def changes() -> None:
        for reference in range(31, 51):
            await keeper.line.commits(put(reference), removal(reference - 30))
            await keeper.line.writes()

    _, snapshot = await asyncio.gather(changes(), keeper.makes())
    feed = await keeper.line.feed()
    replica = Replica(keeper.line.books.folder / "replica", {1: feed.keys.digest_key})
    await load(replica, snapshot)
    packets = await packets_or_none(keeper, snapshot.sequence)
    taken = [await replica.apply_packet(signed(raw, feed)) for raw in packets]
    state = replica.state(FeedKey(epoch=1, incarnation=1))
    replica.close()

    assert 30 <= snapshot.sequence <= 70
    assert all(isinstance(one, Applied) for one in taken)
    assert state.head() == feed.head
    assert feed.head == head_of(70, [(reference, 1) for reference in range(21, 51)], feed.keys.digest_key)


async def load(replica: Replica, snapshot: Snapshot) -> None:
    head = manifest_of(snapshot).head
    state = FeedState(sequence=head.sequence, count=head.count, digest=digest_from_hex(head.digest))
    loading = replica.loading(FeedKey(epoch=1, incarnation=1))
    loading.add([entry.pack() for entry in entries_in(snapshot)])
    list(loading.finish(state))
    assert await replica.take_over(loading.loaded(state), is_doubted=False)


def signed(raw: bytes, feed: Feed) -> SignedPacket:
    return SignedPacket(
        feed=FeedKey(epoch=1, incarnation=1),
        packet=packet_in(raw),
        signed_at=opened(raw).sent_at,
        digest_key=feed.keys.digest_key,
    )
