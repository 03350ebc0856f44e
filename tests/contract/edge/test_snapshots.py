"""Whole lists over the edge listener: to whom they belong, by ranges, and again after a cut."""

from pathlib import Path

import pytest

from adapters.edge.settings import LogAway, SnapshotDue, SnapshotGone
from adapters.replica.values import FeedKey
from adapters.web.court_log import HttpCourtLog
from schemas.listed import ListedEntry
from schemas.snapshots import unpack_chunk
from scripts import cast
from tests.contract.edge.gate import COURT_ID, Gate
from tests.contract.edge.test_court_log import FIRST, RAIL, asks, packets
from tracker.domain.line_closing import ClosingReason
from tracker.domain.people import system_actor
from tracker.loops.snapshots import SnapshotLoop
from tracker.services.agencies.enrolment import revoke_instance
from tracker.services.feeds.snapshots import Generation, Snapshot
from tracker.services.lines.closing import close_line, open_line
from tracker.storage import feed_log, feeds, people

__all__ = ["packets"]

GENERATION = Generation(agency_id=RAIL, epoch=1, incarnation=1)


@pytest.fixture
async def snapshot(gate: Gate, packets: list[bytes]) -> Snapshot:
    """The railway's list of three, made as for somebody who has asked."""
    gate.shelf.wanted.add(GENERATION)
    await SnapshotLoop(gate.registry, gate.shelf, COURT_ID).step()
    made = gate.shelf.newest(GENERATION)
    assert made is not None
    return made


@pytest.fixture
async def log(gate: Gate, folder: Path) -> HttpCourtLog:
    return HttpCourtLog(gate.url, await gate.enrols(folder))


async def forget(gate: Gate, up_to: int) -> None:
    async with gate.registry.transaction() as tx:
        feed = await feeds.get_feed(tx, RAIL)
        await feed_log.remove_packets(tx, feed.feed_id, up_to)


async def test_who_asks_for_packets_that_have_left_is_sent_to_the_snapshot(
    gate: Gate, log: HttpCourtLog, packets: list[bytes]
) -> None:
    await forget(gate, up_to=2)

    assert await log.packets_after(FIRST, 1) == SnapshotDue()
    assert await log.packets_after(FIRST, 2) == tuple(packets[2:])


async def test_a_snapshot_is_made_for_who_asks_and_waits(
    gate: Gate, log: HttpCourtLog, packets: list[bytes]
) -> None:
    with pytest.raises(LogAway, match="it is making a snapshot of the list, and is asked again"):
        await log.manifest(FIRST)
    await SnapshotLoop(gate.registry, gate.shelf, COURT_ID).step()
    made = gate.shelf.newest(GENERATION)

    assert made is not None
    assert await log.manifest(FIRST) == made.manifest()


async def test_its_file_comes_in_the_parts_that_are_asked_for(log: HttpCourtLog, snapshot: Snapshot) -> None:
    length = snapshot.entries.stat().st_size
    first = await log.snapshot_part(FIRST, 3, 0, 20)
    rest = await log.snapshot_part(FIRST, 3, 20, length - 20)

    assert len(first) == 20
    assert first + rest == snapshot.entries.read_bytes()
    assert [ListedEntry.unpack(entry).reference for entry in unpack_chunk(first + rest)] == [1, 2, 3]


async def test_behind_its_end_there_is_nothing(log: HttpCourtLog, snapshot: Snapshot) -> None:
    with pytest.raises(SnapshotGone):
        await log.snapshot_part(FIRST, 3, snapshot.entries.stat().st_size, 1)


async def test_one_that_is_not_kept_is_said_to_be_gone(
    gate: Gate, folder: Path, log: HttpCourtLog, snapshot: Snapshot
) -> None:
    with pytest.raises(SnapshotGone):
        await log.snapshot_part(FIRST, 2, 0, 20)
    identity = await gate.enrols(folder)
    assert await asks(gate, identity, "/edge/feeds/1/1/snapshots/2") == (404, "no-such-snapshot")


async def test_each_agency_gets_its_own_only(gate: Gate, tmp_path: Path, snapshot: Snapshot) -> None:
    police = HttpCourtLog(gate.url, await gate.enrols(tmp_path / "police", "police"))

    with pytest.raises(SnapshotGone):
        await police.snapshot_part(FIRST, 3, 0, 20)
    with pytest.raises(LogAway, match="making a snapshot"):
        await police.manifest(FIRST)


async def test_who_was_put_out_gets_neither(gate: Gate, log: HttpCourtLog, snapshot: Snapshot) -> None:
    async with gate.registry.transaction() as tx:
        await revoke_instance(tx, system_actor(COURT_ID), RAIL, "one")

    with pytest.raises(LogAway, match="does not admit this instance"):
        await log.manifest(FIRST)
    with pytest.raises(LogAway, match="does not admit this instance"):
        await log.snapshot_part(FIRST, 3, 0, 20)


async def test_a_closed_line_gets_neither_nor_the_ended_list_once_it_is_open(
    gate: Gate, log: HttpCourtLog, snapshot: Snapshot
) -> None:
    async with gate.registry.transaction() as tx:
        await close_line(tx, system_actor(COURT_ID), RAIL, ClosingReason.FAULTY)
    with pytest.raises(LogAway, match="does not admit this instance"):
        await log.manifest(FIRST)
    with pytest.raises(LogAway, match="does not admit this instance"):
        await log.snapshot_part(FIRST, 3, 0, 20)

    async with gate.registry.transaction() as tx:
        await open_line(tx, await people.get_actor(tx, cast.LEADER.person_id), RAIL)
    with pytest.raises(LogAway, match="status 404"):
        await log.manifest(FIRST)
    with pytest.raises(SnapshotGone):
        await log.snapshot_part(FIRST, 3, 0, 20)
    assert await log.packets_after(FeedKey(epoch=2, incarnation=1), 0) == ()


async def test_a_feed_that_never_was_has_none(log: HttpCourtLog, snapshot: Snapshot) -> None:
    with pytest.raises(LogAway, match="status 404"):
        await log.manifest(FeedKey(epoch=9, incarnation=1))
    with pytest.raises(SnapshotGone):
        await log.snapshot_part(FeedKey(epoch=9, incarnation=1), 3, 0, 20)
