"""What leaves the log of packets, and the disk, when its time is over; and what stands in its place."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.contract.bus.guarded import BusAway
from tests.contract.storage.test_feed_writer import (
    RAIL,
    line,
    packet_in,
    put,
)
from tests.contract.storage.test_snapshots import A_WEEK, FIRST, Keeper, anew, keeper
from tracker.services.feeds.catch_up import SnapshotDue
from tracker.storage import feed_generations, feed_log, feeds

__all__ = ["keeper", "line"]


async def test_packets_leave_after_seven_days_and_a_snapshot_stands_in_their_place(keeper: Keeper) -> None:
    await keeper.lists(1, 2)
    await keeper.looks(timedelta(days=6))
    await keeper.lists(3)
    before = await keeper.log()
    await keeper.looks(timedelta(days=1, seconds=1))
    snapshot = keeper.shelf.newest(FIRST)

    assert before == [(1,), (2,), (3,)]
    assert await keeper.log() == [(3,)]
    assert snapshot is not None
    assert snapshot.sequence == 3
    assert isinstance(await keeper.asks(after=0), SnapshotDue)
    assert isinstance(await keeper.asks(after=1), SnapshotDue)
    assert await keeper.asks(after=2) == tuple(await keeper.line.packets())
    assert await keeper.asks(after=3) == ()


async def test_a_snapshot_from_before_their_end_does_not_stand_in_their_place(keeper: Keeper) -> None:
    await keeper.lists(1)
    await keeper.makes()
    await keeper.lists(2)
    await keeper.looks(A_WEEK + timedelta(seconds=1))
    snapshot = keeper.shelf.newest(FIRST)

    assert await keeper.log() == []
    assert snapshot is not None
    assert snapshot.sequence == 2


async def test_they_stay_while_no_snapshot_can_be_made(keeper: Keeper, logged: list[dict[str, Any]]) -> None:
    keeper.shelf.folder.write_bytes(b"a file where the folder should be")
    await keeper.lists(1, 2)
    await keeper.looks(A_WEEK + timedelta(seconds=1))
    stayed = await keeper.log()
    keeper.shelf.folder.unlink()
    await keeper.looks(timedelta(hours=1))

    assert stayed == [(1,), (2,)]
    assert [event["error"] for event in logged if event["event"] == "snapshot-failed"] == [
        "NotADirectoryError"
    ]
    assert await keeper.log() == []


async def test_a_new_adapter_is_sent_to_the_snapshot_when_nothing_has_changed_for_a_week(
    keeper: Keeper,
) -> None:
    """The harm: it hears that nothing is newer, and never has a list."""
    await keeper.lists(1, 2)
    await keeper.looks(A_WEEK + timedelta(seconds=1))

    assert await keeper.log() == []
    assert isinstance(await keeper.asks(after=0), SnapshotDue)
    assert await keeper.asks(after=2) == ()


async def test_they_stay_while_they_are_not_published(keeper: Keeper) -> None:
    keeper.line.bus.is_cut = True
    await keeper.line.commits(put(1))
    with pytest.raises(BusAway):
        await keeper.line.writer.step()
    await keeper.looks(A_WEEK + timedelta(seconds=1))
    stayed = await keeper.log()
    keeper.line.bus.is_cut = False
    keeper.line.books.clock.move_to(keeper.line.books.clock.now() + timedelta(hours=1))
    await keeper.line.writes()
    await keeper.looks(timedelta(seconds=1))

    assert stayed == [(1,)]
    assert await keeper.log() == []


async def test_the_packets_of_a_former_incarnation_leave_without_one(keeper: Keeper) -> None:
    await keeper.lists(1, 2)
    async with keeper.registry.transaction() as tx:
        former = await feeds.get_feed(tx, RAIL)
        await feeds.add_feed(tx, anew(former))
    await keeper.lists(3)
    await keeper.looks(A_WEEK - timedelta(seconds=1))
    before = await keeper.log()
    keeper.shelf.folder.write_bytes(b"a file where the folder should be")
    await keeper.looks(timedelta(hours=2))

    assert len(before) == 3
    assert await keeper.log() == [(1,)]
    assert packet_in((await keeper.line.packets())[0]).head.count == 1


async def test_of_an_ended_epoch_neither_list_nor_packets_are_kept(
    keeper: Keeper, logged: list[dict[str, Any]]
) -> None:
    await keeper.lists(1)
    await keeper.makes()
    await keeper.lists(2)
    first = await keeper.line.feed()
    await keeper.begins(replace(anew(first), keys=replace(first.keys, epoch=2), incarnation=1))
    async with keeper.registry.transaction() as tx:
        await feed_generations.end_feeds(tx, RAIL, 1)
    await keeper.looks(A_WEEK + timedelta(seconds=1))

    async with keeper.registry.reading() as tx:
        assert await feed_log.list_packets(tx, first.feed_id, 0, 1_000) == ()
    assert keeper.places() == ["rail.2.1"]
    assert [line for line in logged if line["event"] == "snapshot-failed"] == []
