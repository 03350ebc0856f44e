"""The court has closed the line: the edge forgets its list, hits nobody and says so; nothing that still comes
brings the list back, and only new keys begin another.
"""

import pytest

from adapters.edge.card_use import Clear, NotScreened, Silence
from adapters.edge.instruction import DisplayState, DoNotStop, NoStop
from adapters.edge.officers import Held
from adapters.screening import FeedCondition
from adapters.station import reasons_of
from schemas.messages import LineEmptied
from schemas.tokens import EpochKeys
from tests.unit.adapters.test_edge_sieve import residents
from tests.unit.adapters.test_edge_snapshots import goes_on, long
from tests.unit.adapters.world import REFERENCE, START, TONG, World, card_use

__all__ = ["long"]

NEXT = EpochKeys(epoch=2, token_key=b"u" * 32, digest_key=b"e" * 32)
CLOSED = NotScreened(reason=Silence.LINE_CLOSED, phone_24h="010-00000000")


async def files_of_the_list(world: World) -> list[str]:
    return [path.name for path in (world.folder / "rail" / "replica").rglob("*") if path.is_file()]


async def test_the_list_is_removed_and_nobody_is_hit(listed: World) -> None:
    await listed.court.closes_line()
    await listed.settle()

    assert await listed.edge.screen(card_use(TONG)) == CLOSED
    assert listed.edge.sift(residents(TONG.number)) == CLOSED
    assert await files_of_the_list(listed) == []
    assert await listed.edge.before_stop(REFERENCE) == DoNotStop(
        reason=NoStop.LIST_NOT_PROVEN, phone_24h="010-00000000"
    )


async def test_it_says_so_to_the_court_and_to_the_agencys_monitoring(listed: World) -> None:
    await listed.court.closes_line()
    await listed.settle()

    state = await listed.edge.state()
    assert listed.court.heard_of(LineEmptied) == [LineEmptied(up_to_epoch=1, at=START)]
    assert state.condition is FeedCondition.CLOSED
    assert [reason.what for reason in reasons_of(state)] == ["line-closed"]


async def test_what_still_comes_brings_nothing_back(listed: World) -> None:
    await listed.court.closes_line()
    await listed.settle()

    await listed.court.lists(REFERENCE + 1, TONG)
    await listed.court.withdraws(REFERENCE)
    await listed.beat()

    assert await listed.edge.screen(card_use(TONG)) == CLOSED
    assert await files_of_the_list(listed) == []
    assert await listed.dead() == []


async def test_a_list_that_was_taken_as_a_whole_is_removed_as_well(long: World) -> None:
    await long.beat()
    before = await files_of_the_list(long)

    await long.court.closes_line()
    await long.settle()

    assert before != []
    assert await files_of_the_list(long) == []


async def test_so_is_one_of_which_a_part_has_come(long: World) -> None:
    long.court.parts_left = 20
    await long.beat()

    await long.court.closes_line()
    long.court.parts_left = None
    await goes_on(long)

    assert await files_of_the_list(long) == []
    assert (await long.edge.state()).snapshot_percent is None


async def test_so_is_one_that_is_just_being_loaded(long: World) -> None:
    await long.court.beats()
    await long.bus.step()
    for _ in range(60):
        await long.catch_up.step()
    on_its_way = (await long.edge.state()).snapshot_percent

    await long.court.closes_line()
    await long.settle()

    assert on_its_way is not None
    assert on_its_way > 50
    assert await files_of_the_list(long) == []


@pytest.mark.parametrize("answer", ["manifest", "snapshot_part"])
async def test_what_was_asked_for_before_and_comes_after_is_not_kept(
    long: World, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    given = getattr(long.court, answer)

    async def given_too_late(*asked: object) -> bytes:
        await long.court.closes_line()
        await long.bus.step()
        return bytes(await given(*asked))

    monkeypatch.setattr(long.court, answer, given_too_late)
    await long.beat()

    state = await long.edge.state()
    assert long.court.heard_of(LineEmptied) != []
    assert await files_of_the_list(long) == []
    assert (state.snapshot_percent, state.disk_trouble) == (None, None)


async def test_a_hit_that_waited_for_proof_leaves_no_trace(listed: World) -> None:
    await listed.restart()
    await listed.edge.screen(card_use(TONG))
    waiting = (await listed.edge.state()).waiting_hits

    await listed.court.closes_line()
    await listed.settle()

    assert (waiting, (await listed.edge.state()).waiting_hits) == (1, 0)


async def test_a_hold_under_way_keeps_its_own_end(confirmed: World) -> None:
    held = await confirmed.edge.report_hold(REFERENCE, place="北京西", unit="北京西站派出所")
    await confirmed.court.closes_line()
    await confirmed.settle()
    before = (await confirmed.edge.display(REFERENCE)).state

    confirmed.clock.jump(hours=2)

    assert isinstance(held, Held)
    assert before is DisplayState.HOLDING
    assert (await confirmed.edge.display(REFERENCE)).state is DisplayState.RELEASE


async def test_started_without_keys_it_is_closed(listed: World) -> None:
    listed.court.handed_out = ()

    await listed.restart()
    await listed.court.withdraws(REFERENCE)
    await listed.settle()

    assert await listed.edge.screen(card_use(TONG)) == CLOSED
    assert (await listed.edge.state()).count == 0


async def test_an_order_that_ended_a_former_list_ends_no_later_one(world: World) -> None:
    await world.edge.close()
    await world.court.closes_line(up_to_epoch=1)
    world.court.handed_out, world.court.epoch = (NEXT,), 2
    await world.reopen()
    await world.beat()

    assert await world.edge.screen(card_use(TONG)) == Clear()
    assert world.court.heard_of(LineEmptied) == []


async def test_a_list_that_ended_while_the_edge_was_away_is_removed_at_its_start(listed: World) -> None:
    await listed.edge.close()
    await listed.court.lists(REFERENCE + 1, TONG)

    listed.court.handed_out = (NEXT,)
    await listed.reopen()
    await listed.settle()

    state = await listed.edge.state()
    assert (state.epoch, state.sequence) == (0, 0)
    assert await listed.edge.screen(card_use(TONG)) == NotScreened(
        reason=Silence.NOTHING_RECEIVED, phone_24h="010-00000000"
    )
