"""An adapter that can fetch nothing: what it lacks of its list it asks for, once, and takes as it comes."""

import base64
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.edge.card_use import Clear, Hit, NotScreened, Silence
from adapters.edge.carried_log import CarriedLog
from adapters.screening import FeedCondition, Trust
from adapters.station import reasons_of
from schemas.messages import FeedPacket, GoneReference, ListWanted, Receipt
from schemas.snapshots import SnapshotPart
from tests.unit.adapters.test_edge_epochs import NEW_NAME
from tests.unit.adapters.world import CHENG, PASSER_BY, REFERENCE, TONG, Court, World, card_use

Packets = tuple[FeedPacket, FeedPacket]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """The adapter is reached by messages only."""
    world = await World.start(tmp_path)
    await world.edge.close()
    world.court.carried = CarriedLog(tmp_path / "carried")
    await world.reopen()
    yield world
    await world.stop()


@pytest.fixture
def packets(world: World) -> Packets:
    """What the court has numbered and the adapter has not heard."""
    court = world.court
    return court.packet(court.put(REFERENCE, TONG)), court.packet(court.put(REFERENCE + 1, CHENG))


def asked(world: World) -> list[tuple[int, int]]:
    """The epochs whose lists the adapter has asked for, and after which change."""
    said = [one for one in world.court.heard if one.type == ListWanted.TYPE]
    return [(one.address.epoch, ListWanted.model_validate_json(one.body).after) for one in said]


async def posts_list(world: World, *, parts: int, after: int = 0, length: int = 40) -> None:
    """The manifest and the parts of the snapshot from one to another, as messages of the feed."""
    snapshot = world.court.snapshot
    assert snapshot is not None
    await world.court.send_raw("feed", snapshot.manifest)
    for begin in range(0, len(snapshot.file), length)[after:parts]:
        data = base64.b64encode(snapshot.file[begin : begin + length]).decode()
        await world.court.send("feed", SnapshotPart(sequence=snapshot.sequence, begin=begin, data=data))
    await world.settle()


async def test_it_asks_once_for_what_it_lacks(world: World, packets: Packets) -> None:
    await world.beat()
    at_once = list(world.court.heard_of(ListWanted))
    await world.jump(minutes=1)
    await world.jump(minutes=1)

    assert (at_once, world.court.heard_of(ListWanted)) == ([], [ListWanted(after=0)])
    assert await world.edge.screen(card_use(PASSER_BY)) == NotScreened(
        reason=Silence.LIST_INCOMPLETE, phone_24h="010-00000000"
    )


async def test_it_asks_again_when_nothing_has_come_for_hours(world: World, packets: Packets) -> None:
    await world.beat()
    await world.jump(minutes=1)
    await world.jump(hours=7)

    assert world.court.heard_of(ListWanted) == [ListWanted(after=0), ListWanted(after=0)]


async def test_the_packets_that_it_asked_for_fill_its_list(world: World, packets: Packets) -> None:
    await world.beat()
    await world.jump(minutes=1)
    await world.court.send("feed", packets[0])
    await world.court.send("feed", packets[1])
    await world.beat()

    assert isinstance(await world.edge.screen(card_use(CHENG)), Hit)
    assert await world.edge.screen(card_use(PASSER_BY, "rail-2")) == Clear()


async def test_a_list_in_doubt_is_begun_anew_and_asked_for_from_its_beginning(
    world: World, packets: Packets
) -> None:
    await world.court.send("feed", packets[0])
    await world.court.send("feed", packets[1])
    await world.beat()
    other = world.court.head.model_copy(update={"digest": "0" * 64})
    await world.court.beats(other)
    await world.jump(minutes=1)

    state = await world.edge.state()
    assert (state.condition, state.sequence) == (FeedCondition.FILLING, 0)
    assert world.court.heard_of(ListWanted) == [ListWanted(after=0)]


async def test_a_whole_list_comes_part_by_part(world: World, packets: Packets, tmp_path: Path) -> None:
    await world.beat()
    world.court.takes_snapshot()
    await posts_list(world, parts=1)
    half = await world.edge.state()
    await posts_list(world, parts=100)
    await world.jump(minutes=2)

    assert half.condition is FeedCondition.FILLING
    assert isinstance(await world.edge.screen(card_use(TONG)), Hit)
    assert isinstance(await world.edge.screen(card_use(CHENG, "rail-2")), Hit)
    assert (await world.edge.state()).condition is FeedCondition.PROVEN
    assert not (tmp_path / "carried").exists()


async def test_a_list_that_comes_over_a_restart_goes_on(
    world: World, packets: Packets, tmp_path: Path
) -> None:
    await world.beat()
    world.court.takes_snapshot()
    await posts_list(world, parts=2)
    await world.edge.close()
    world.court.carried = CarriedLog(tmp_path / "carried")
    await world.reopen()
    await posts_list(world, parts=100)
    await world.jump(minutes=2)

    assert isinstance(await world.edge.screen(card_use(CHENG)), Hit)


async def test_a_manifest_that_comes_twice_costs_nothing_that_has_come(
    world: World, packets: Packets
) -> None:
    await world.beat()
    world.court.takes_snapshot()
    await posts_list(world, parts=2)
    await posts_list(world, parts=100, after=2)
    await world.jump(minutes=2)

    assert isinstance(await world.edge.screen(card_use(CHENG)), Hit)


async def test_what_follows_a_whole_list_is_asked_for_behind_it(world: World, packets: Packets) -> None:
    """The harm: who was withdrawn after the list was made stays on it, for the adapter waits for it still."""
    await world.beat()
    world.court.takes_snapshot()
    world.court.remove(REFERENCE)
    await posts_list(world, parts=100)
    await world.jump(minutes=2)
    await world.jump(minutes=2)

    assert asked(world)[-1] == (1, 2)


async def test_parts_that_are_not_the_signed_list_never_become_one(world: World, packets: Packets) -> None:
    await world.beat()
    world.court.takes_snapshot()
    snapshot = world.court.snapshot
    assert snapshot is not None
    await world.court.send_raw("feed", snapshot.manifest)
    data = base64.b64encode(bytes(len(snapshot.file))).decode()
    await world.court.send("feed", SnapshotPart(sequence=snapshot.sequence, begin=0, data=data))
    await world.jump(minutes=2)

    assert (await world.edge.state()).count == 0
    assert isinstance(await world.edge.screen(card_use(TONG)), NotScreened)


async def test_a_closed_line_leaves_nothing_of_a_list_that_was_coming(
    world: World, packets: Packets, tmp_path: Path
) -> None:
    await world.beat()
    world.court.takes_snapshot()
    await posts_list(world, parts=2)

    await world.court.closes_line()
    await world.settle()

    assert not (tmp_path / "carried").exists()


async def test_a_restored_court_is_asked_for_its_new_list_and_told_whom_its_former_life_withdrew(
    world: World, packets: Packets
) -> None:
    court = world.court
    await court.send("feed", packets[0])
    await court.withdraws(REFERENCE)
    await world.settle()
    court.heard.clear()

    court.incarnation, court.sequence, court.listed = 2, 0, {}
    missed = court.packet(court.put(REFERENCE + 2, CHENG))
    await world.jump(minutes=1)
    await world.jump(minutes=1)
    asked = [one.address.incarnation for one in court.heard if one.type == ListWanted.TYPE]
    await court.send("feed", missed)
    await world.beat()

    told = [one.withdrawn for one in court.reports() if isinstance(one, Receipt)]
    assert asked == [2]
    assert [one for one in told if one] == [(GoneReference(reference=REFERENCE, version=1),)]
    assert isinstance(await world.edge.screen(card_use(CHENG)), Hit)


@pytest.fixture
async def rolling(world: World, packets: Packets) -> Court:
    """The adapter holds the old list; the court has begun another under keys that nobody has brought."""
    await world.court.send("feed", packets[0])
    await world.court.send("feed", packets[1])
    await world.beat()
    new = world.court.rolls()
    new.put(NEW_NAME, TONG)
    await world.beat()
    return new


async def test_a_list_under_new_keys_waits_for_them_while_the_old_one_goes_on(
    world: World, rolling: Court
) -> None:
    state = await world.edge.state()

    assert await world.edge.screen(card_use(TONG)) == Hit(references=(REFERENCE,))
    assert await world.edge.screen(card_use(PASSER_BY, "rail-2")) == Clear()
    assert [
        (one.what, "adapter keep-keys" in one.detail) for one in reasons_of(state, is_by_folder=True)
    ] == [("keys-wait", True)]
    assert world.last_receipt(rolling.epoch) is None


async def test_with_the_keys_that_were_brought_it_asks_for_the_list_of_each_epoch(
    world: World, rolling: Court
) -> None:
    await world.restart()
    missed = world.court.packet(world.court.put(REFERENCE + 2, CHENG))
    await world.beat()
    await world.jump(minutes=1)
    of_the_old = asked(world)
    await world.court.send("feed", missed)
    await world.beat()
    await world.jump(minutes=1)
    await world.jump(minutes=1)
    await rolling.send("feed", rolling.packet(*rolling.listed.values()))
    await world.beat()

    assert (of_the_old, asked(world)) == ([(1, 2)], [(1, 2), (2, 0)])
    assert world.last_receipt(2) == rolling.head
    assert reasons_of(await world.edge.state(), is_by_folder=True) == ()


async def test_an_old_list_that_ends_before_its_keys_are_brought_leaves_nobody_clear(
    world: World, rolling: Court
) -> None:
    """The harm: an adapter was put out and let in again, and screens by a list that the court has ended."""
    world.court = world.court.ends()
    await world.beat()

    assert isinstance(await world.edge.screen(card_use(PASSER_BY)), NotScreened)
    assert "keys-wait" in [one.what for one in reasons_of(await world.edge.state(), is_by_folder=True)]


async def test_half_an_hour_between_two_carryings_is_no_fault_of_a_line_by_folder(world: World) -> None:
    await world.beat()
    world.clock.jump(minutes=30)
    between = await world.edge.state()
    world.clock.jump(hours=24)
    too_long = await world.edge.state()

    assert between.trust is Trust.NO_STOPS
    assert reasons_of(between, is_by_folder=True) == ()
    assert [reason.what for reason in reasons_of(between)] == ["court-silent"]
    assert [reason.what for reason in reasons_of(too_long, is_by_folder=True)] == ["court-silent"]


async def test_a_word_that_was_carried_for_half_an_hour_blames_no_clock(world: World) -> None:
    await world.court.beats()
    world.clock.jump(minutes=30)
    await world.settle()
    arrived = await world.edge.state()

    assert [reason.what for reason in reasons_of(arrived)] == ["clock-differs"]
    assert reasons_of(arrived, is_by_folder=True) == ()


async def test_a_list_that_the_disk_does_not_take_is_said_and_comes_again(
    world: World, packets: Packets, tmp_path: Path
) -> None:
    await world.beat()
    world.court.takes_snapshot()
    (tmp_path / "carried").touch()
    await posts_list(world, parts=100)
    refused = await world.edge.state()
    (tmp_path / "carried").unlink()
    await world.jump(minutes=2)
    await world.jump(minutes=2)

    assert "the list cannot be written (File exists)" in str(refused.disk_trouble)
    assert (await world.edge.state()).disk_trouble is None
    assert isinstance(await world.edge.screen(card_use(CHENG)), Hit)
