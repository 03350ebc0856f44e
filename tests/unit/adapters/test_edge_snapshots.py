"""A list whose beginning has left the court's log is taken as a whole, and only as the court signed it."""

import asyncio
import shutil
import zlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any, NoReturn, TypeAlias

import pytest

from adapters.edge.card_use import Clear, Hit, NotScreened, Silence
from adapters.replica.replica import Replica
from adapters.screening import FeedCondition
from adapters.station import reasons_of
from schemas.documents import DocumentKind, IdentityDocument
from schemas.messages import FeedHead, Receipt, SightingReport
from tests.unit.adapters.outside import full_disk
from tests.unit.adapters.world import CHENG, EPOCH, PASSER_BY, REFERENCE, TONG, World, card_use

Logged: TypeAlias = list[dict[str, Any]]
PHONE = "010-00000000"
LIST_INCOMPLETE = NotScreened(reason=Silence.LIST_INCOMPLETE, phone_24h=PHONE)
ZEROS = "0" * 64
MANY = range(1, 41)
"""References besides that of 佟, each with 程's document."""


@pytest.fixture
def long(silent: World) -> World:
    """A court with 41 entries, a snapshot of them, an empty log, and an edge that has heard nothing yet."""
    silent.court.put(REFERENCE, TONG)
    for reference in MANY:
        silent.court.put(reference, CHENG)
    silent.court.takes_snapshot()
    silent.court.forgets()
    silent.court.keeps()
    return silent


async def stands(world: World) -> tuple[int, FeedCondition]:
    state = await world.edge.state()
    return state.sequence, state.condition


async def goes_on(world: World) -> None:
    """A minute later the edge asks again."""
    world.clock.jump(seconds=60)
    await world.beat()


async def test_a_new_edge_takes_the_list_and_the_packets_after_it(long: World) -> None:
    long.court.keeps(long.court.packet(long.court.put(1_000, PASSER_BY)))
    await long.beat()

    assert await stands(long) == (42, FeedCondition.PROVEN)
    assert await long.edge.screen(card_use(TONG)) == Hit(references=(REFERENCE,))
    assert await long.edge.screen(card_use(CHENG, "rail-2")) == Hit(references=tuple(MANY))
    assert await long.edge.screen(card_use(PASSER_BY, "rail-3")) == Hit(references=(1_000,))
    assert long.court.reports()[-1].head == long.court.head  # type: ignore[attr-defined]


async def test_everybody_on_a_whole_list_is_found(silent: World) -> None:
    """The harm: tokens come in the order of their references, and one that is not put into its own place is
    found by nobody.
    """
    passports = [
        IdentityDocument(kind=DocumentKind.PASSPORT, number=f"E{number:08}") for number in range(1, 121)
    ]
    for reference, passport in enumerate(passports, start=1):
        silent.court.put(reference, passport)
    silent.court.takes_snapshot()
    silent.court.forgets()
    silent.court.keeps()
    await silent.beat()

    found = [await silent.edge.screen(card_use(one, f"rail-{one.number}")) for one in passports]

    assert found == [Hit(references=(reference,)) for reference in range(1, 121)]


async def test_what_was_taken_as_a_whole_is_there_after_a_restart(long: World) -> None:
    await long.beat()
    await long.restart()
    await long.beat()

    assert await stands(long) == (41, FeedCondition.PROVEN)
    assert await long.edge.screen(card_use(TONG)) == Hit(references=(REFERENCE,))
    assert sorted(path.name for path in (long.folder / "rail" / "replica").iterdir()) == [
        "lists-1",
        "tombstones",
    ]


async def test_all_of_it_recounts(long: World) -> None:
    await long.beat()
    scrubber = next(loop for loop in long.edge.loops if loop.name.startswith("scrubber"))
    for _ in range(256):
        long.clock.jump(seconds=2)
        await scrubber.step()

    assert await stands(long) == (41, FeedCondition.PROVEN)


async def test_an_empty_list_is_taken_as_well(silent: World) -> None:
    silent.court.put(REFERENCE, TONG)
    silent.court.remove(REFERENCE)
    silent.court.takes_snapshot()
    silent.court.forgets()
    silent.court.keeps()
    await silent.beat()

    assert await stands(silent) == (2, FeedCondition.PROVEN)
    assert await silent.edge.screen(card_use(TONG)) == Clear()


async def test_on_its_way_it_clears_nobody_and_says_how_far_it_is(long: World) -> None:
    long.court.parts_left = 20
    await long.beat()
    state = await long.edge.state()

    assert state.snapshot_percent == long.edge.list_percent == 24
    (reason,) = reasons_of(state)
    assert reason.what == "list-unproven"
    assert reason.detail.endswith("(the whole list is on its way: 24 %)")
    assert await long.edge.screen(card_use(TONG)) == LIST_INCOMPLETE


async def test_the_court_hears_how_far_it_is_until_all_is_there(long: World) -> None:
    long.court.parts_left = 20
    await long.beat()
    on_the_way = percents_told(long)
    long.court.parts_left = 21
    await goes_on(long)

    assert (on_the_way[:4], on_the_way[-1]) == ([None, 1, 2, 3], 24)
    assert percents_told(long)[-2:] == [100, None]


def percents_told(world: World) -> list[int | None]:
    """What the receipts say of it, one after the other."""
    reports = world.court.reports()
    return [receipt.percent for receipt in reports if isinstance(receipt, Receipt)]


async def test_a_line_that_was_cut_costs_nothing_that_has_come(long: World) -> None:
    long.court.parts_left = 20
    await long.beat()
    long.court.parts_left = 21
    await goes_on(long)

    assert await stands(long) == (41, FeedCondition.PROVEN)
    assert long.court.parts_left == 0


async def test_nor_does_an_adapter_that_was_killed_on_the_way(long: World) -> None:
    long.court.parts_left = 20
    await long.beat()
    file = long.folder / "rail" / "replica" / "snapshot" / "chunks"
    await long.edge.close()
    file.write_bytes(file.read_bytes() + b"half a chunk")
    await long.reopen()
    long.court.parts_left = 21
    await long.beat()

    assert await stands(long) == (41, FeedCondition.PROVEN)
    assert long.court.parts_left == 0


async def test_nor_one_that_was_killed_while_the_list_was_written(long: World) -> None:
    await long.court.beats()
    await long.bus.step()
    for _ in range(60):
        await long.catch_up.step()
    on_its_way = (await long.edge.state()).snapshot_percent
    await long.restart()
    long.court.parts_left = 0
    await long.beat()

    assert on_its_way is not None
    assert on_its_way > 50
    assert await stands(long) == (41, FeedCondition.PROVEN)


async def test_one_that_is_stopped_while_the_new_list_takes_its_place_has_the_new_list(
    long: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one step is held up until the replica itself waits for it."""
    begun, may_go_on = Event(), Event()
    rename, close = Path.rename, Replica.close

    def held(path: Path, target: Path) -> Path:
        begun.set()
        assert may_go_on.wait(timeout=60)
        return rename(path, target)

    def closes(replica: Replica) -> None:
        may_go_on.set()
        close(replica)

    monkeypatch.setattr(Path, "rename", held)
    monkeypatch.setattr(Replica, "close", closes)
    at_work = asyncio.create_task(long.beat())
    assert await asyncio.to_thread(begun.wait, 60)
    at_work.cancel()
    await asyncio.gather(at_work, return_exceptions=True)
    await long.restart()
    at_once = (await long.edge.state()).sequence
    await long.beat()

    assert at_once == 41
    assert await stands(long) == (41, FeedCondition.PROVEN)
    assert await long.edge.screen(card_use(TONG)) == Hit(references=(REFERENCE,))


async def test_a_list_that_packets_have_brought_meanwhile_keeps_no_other_waiting(long: World) -> None:
    long.court.handed_out = (EPOCH, replace(EPOCH, epoch=2))
    await long.restart()
    long.court.parts_left = 20
    await long.beat()
    on_its_way = (await long.edge.state()).snapshot_percent
    await long.court.send("feed", long.court.packet(*long.court.listed.values()))
    await long.court.beats()
    long.court.epoch = 2
    long.court.takes_snapshot()
    long.court.parts_left = None
    await long.court.beats()
    while await long.bus.step():
        pass
    await goes_on(long)

    assert on_its_way == 24
    assert long.last_receipt(2) == long.court.head
    assert await stands(long) == (41, FeedCondition.PROVEN)


async def test_a_list_in_use_goes_on_until_the_other_is_complete(listed: World) -> None:
    """It was whole once: it misses changes, and reports."""
    for reference in MANY:
        listed.court.put(reference, CHENG)
    listed.court.takes_snapshot()
    listed.court.forgets()
    listed.court.keeps()
    listed.court.parts_left = 10
    await listed.beat()
    behind = await stands(listed)
    hit = await listed.edge.screen(card_use(TONG))
    listed.court.parts_left = None
    listed.court.put(1_000, PASSER_BY)
    await goes_on(listed)

    assert behind == (1, FeedCondition.BEHIND)
    assert hit == Hit(references=(REFERENCE,))
    # The newest change has not come: it was whole once, and still is not silent.
    assert await stands(listed) == (41, FeedCondition.BEHIND)
    assert await listed.edge.screen(card_use(TONG, "rail-2")) == Hit(references=(REFERENCE,))


async def test_who_was_withdrawn_meanwhile_stays_hidden(long: World) -> None:
    await long.court.withdraws(REFERENCE)
    gone = long.court.remove(REFERENCE)
    await long.beat()
    before = await long.edge.screen(card_use(TONG))
    long.court.keeps(long.court.packet(gone))
    await goes_on(long)

    assert before == LIST_INCOMPLETE
    assert await stands(long) == (42, FeedCondition.PROVEN)
    assert await long.edge.screen(card_use(TONG, "rail-2")) == Clear()
    assert (await long.edge.state()).tombstones == 0
    assert long.court.heard_of(SightingReport) == []


async def test_a_list_in_doubt_is_replaced_and_stays_in_doubt_until_then(long: World) -> None:
    await long.beat()
    await long.court.beats(FeedHead(sequence=41, count=41, digest=ZEROS))
    long.court.log = None
    await long.settle()
    in_doubt = await stands(long)
    long.court.keeps()
    await goes_on(long)

    assert in_doubt == (41, FeedCondition.DIVERGED)
    assert await stands(long) == (41, FeedCondition.PROVEN)
    assert await long.edge.screen(card_use(TONG)) == Hit(references=(REFERENCE,))


async def test_one_that_is_in_doubt_again_at_once_is_not_loaded_without_end(long: World) -> None:
    await long.court.beats(FeedHead(sequence=41, count=41, digest=ZEROS))

    waits = await long.rests(long.settle, times=4)

    assert await stands(long) == (41, FeedCondition.DIVERGED)
    assert waits == [timedelta(seconds=s) for s in (1, 2, 4, 8)]


async def test_a_loading_that_died_is_no_list_and_is_begun_again(
    long: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The harm: an empty list that bears the signed count clears everybody."""
    await long.court.beats()
    await long.bus.step()
    with monkeypatch.context() as short_of_memory:
        short_of_memory.setattr(zlib, "decompressobj", raises_memory_error)
        with pytest.raises(MemoryError):
            await long.settle()
    unheard = await long.edge.screen(card_use(TONG))
    await long.settle()

    assert unheard == LIST_INCOMPLETE
    assert await stands(long) == (41, FeedCondition.PROVEN)
    assert await long.edge.screen(card_use(TONG, "rail-2")) == Hit(references=(REFERENCE,))


def raises_memory_error() -> NoReturn:
    raise MemoryError


async def test_a_snapshot_that_the_court_has_replaced_is_left_for_the_newer_one(long: World) -> None:
    long.court.parts_left = 20
    await long.beat()
    long.court.put(1_000, PASSER_BY)
    long.court.takes_snapshot()
    long.court.forgets()
    long.court.parts_left = None
    await goes_on(long)
    await goes_on(long)

    assert await stands(long) == (42, FeedCondition.PROVEN)


@pytest.mark.parametrize("most_bytes", [1_000, 20_000], ids=["of the file", "of the list"])
async def test_a_full_disk_is_said_and_the_list_heals_when_there_is_room(
    listed: World, logged: Logged, most_bytes: int
) -> None:
    for reference in MANY:
        listed.court.put(reference, CHENG)
    listed.court.takes_snapshot()
    listed.court.forgets()
    listed.court.keeps()
    await listed.court.beats()
    await listed.bus.step()
    with full_disk(most_bytes):
        for _ in range(200):
            await listed.catch_up.step()
    full = await listed.edge.state()
    hit = await listed.edge.screen(card_use(TONG))
    said = [event["why"] for event in logged if event["event"] == "disk-refuses"]
    logged.clear()
    await goes_on(listed)

    assert len(said) == 1
    assert (full.sequence, full.condition) == (1, FeedCondition.BEHIND)
    assert reasons_of(full)[-1].what == "disk-refuses"
    assert hit == Hit(references=(REFERENCE,))
    assert await stands(listed) == (41, FeedCondition.PROVEN)
    assert (await listed.edge.state()).disk_trouble is None


async def test_what_was_left_of_a_snapshot_is_removed_once_nothing_is_missing(long: World) -> None:
    long.court.parts_left = 20
    await long.beat()
    await long.edge.close()
    shutil.copytree(long.folder / "rail" / "replica" / "snapshot", long.folder / "left")
    await long.reopen()
    long.court.parts_left = None
    await long.beat()
    await long.edge.close()
    shutil.copytree(long.folder / "left", long.folder / "rail" / "replica" / "snapshot")
    await long.reopen()
    await long.beat()

    assert not (long.folder / "rail" / "replica" / "snapshot").exists()
