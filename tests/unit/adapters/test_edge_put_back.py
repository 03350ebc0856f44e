"""Yesterday's files in the place of today's: who was withdrawn since is not reported, and the list heals."""

import shutil

from adapters.edge.card_use import Clear, Hit
from adapters.edge.instruction import DoNotStop
from adapters.screening import FeedCondition
from adapters.station import reasons_of
from schemas.messages import FeedPacket, SightingReport
from tests.unit.adapters.test_edge_snapshots import Logged
from tests.unit.adapters.world import CHENG, REFERENCE, TONG, World, card_use


async def put_back(listed: World, *, folder: str) -> tuple[FeedPacket, ...]:
    """佟 is withdrawn and 程 listed; then the folder of before is put in the place of the edge's own. What
    the court's log will have once it can be asked.
    """
    court, ours = listed.court, listed.folder / folder
    await listed.edge.close()
    shutil.copytree(ours, listed.folder / "yesterday")
    await listed.reopen()
    await listed.beat()
    await court.withdraws(REFERENCE)
    changes = (court.packet(court.remove(REFERENCE)), court.packet(court.put(REFERENCE + 1, CHENG)))
    for packet in changes:
        await court.send("feed", packet)
    await listed.beat()
    await listed.edge.close()
    shutil.rmtree(ours)
    (listed.folder / "yesterday").rename(ours)
    await listed.reopen()
    court.heard.clear()
    await listed.beat()
    return changes


async def heals(listed: World, changes: tuple[FeedPacket, ...]) -> None:
    listed.court.keeps(*changes)
    listed.clock.jump(seconds=60)
    await listed.beat()


async def test_who_was_withdrawn_since_is_not_reported(listed: World) -> None:
    await put_back(listed, folder="rail/replica")

    seen = await listed.edge.screen(card_use(TONG, "rail-9"))
    await listed.settle()

    assert seen == Hit(references=(REFERENCE,), is_proven=False)
    assert listed.court.heard_of(SightingReport) == []
    assert isinstance(await listed.edge.before_stop(REFERENCE), DoNotStop)


async def test_it_heals_by_itself_and_lets_the_hit_go(listed: World) -> None:
    changes = await put_back(listed, folder="rail/replica")
    await listed.edge.screen(card_use(TONG, "rail-9"))

    await heals(listed, changes)

    state = await listed.edge.state()
    assert (state.sequence, state.condition) == (listed.court.sequence, FeedCondition.PROVEN)
    assert await listed.edge.screen(card_use(TONG, "rail-10")) == Clear()
    assert await listed.edge.screen(card_use(CHENG, "rail-11")) == Hit(references=(REFERENCE + 1,))
    assert listed.court.heard_of(SightingReport) == []
    assert reasons_of(state) == ()


async def test_it_is_named_in_plain_words_until_it_has_healed(listed: World, logged: Logged) -> None:
    await put_back(listed, folder="rail/replica")

    (reason,) = reasons_of(await listed.edge.state())
    assert reason.what == "list-put-back"
    assert "an old copy was put back; hits wait" in reason.detail
    assert "at change 1 of 3" in reason.detail
    assert [line["sequence"] for line in logged if line["event"] == "list-put-back"] == [1]


async def test_a_restart_on_the_way_takes_it_for_no_better(listed: World) -> None:
    await put_back(listed, folder="rail/replica")

    await listed.restart()
    await listed.beat()

    seen = await listed.edge.screen(card_use(TONG, "rail-9"))
    assert seen == Hit(references=(REFERENCE,), is_proven=False)


async def test_an_adapter_whose_whole_folder_was_put_back_stops_nobody_and_heals(listed: World) -> None:
    changes = await put_back(listed, folder="rail")
    before = await listed.edge.before_stop(REFERENCE)
    (reason,) = reasons_of(await listed.edge.state())

    await heals(listed, changes)

    assert isinstance(before, DoNotStop)
    assert reason.what == "list-behind"
    assert await listed.edge.screen(card_use(TONG, "rail-9")) == Clear()


async def test_an_ordinary_restart_is_no_put_back(listed: World, logged: Logged) -> None:
    await listed.restart()
    await listed.beat()

    assert (await listed.edge.state()).condition is FeedCondition.PROVEN
    assert "list-put-back" not in [line["event"] for line in logged]
