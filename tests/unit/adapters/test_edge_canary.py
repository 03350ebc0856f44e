"""The canary at an edge: it goes the way of every card on a timer, and the agency sees nothing of it."""

import sqlite3
from contextlib import closing

import pytest

from adapters.edge.card_use import Clear
from adapters.edge.instruction import DisplayState
from schemas.canary import CANARY, CANARY_EVERY_S
from schemas.messages import Receipt, SightingKind, SightingReport
from tests.unit.adapters.world import REFERENCE, TONG, World, card_use

CANARYS_REFERENCE = 9_001


@pytest.fixture
async def proving(listed: World) -> World:
    """佟 and the canary are on the list, which is proven."""
    await listed.court.lists(CANARYS_REFERENCE, CANARY)
    await listed.beat()
    listed.court.heard.clear()
    return listed


async def test_it_is_reported_each_time_its_interval_has_passed(proving: World) -> None:
    await proving.jump(seconds=CANARY_EVERY_S - 1)
    assert proving.court.heard_of(SightingReport) == []

    await proving.jump(seconds=1)
    await proving.jump(seconds=CANARY_EVERY_S)

    first, second = proving.court.heard_of(SightingReport)
    assert isinstance(first, SightingReport)
    assert isinstance(second, SightingReport)
    assert first.kind is SightingKind.CHECKPOINT
    assert first.references == second.references == (CANARYS_REFERENCE,)
    assert first.event_id != second.event_id
    assert proving.court.read_document(first).number == CANARY.number


async def test_a_heartbeat_makes_it_come_more_often(proving: World) -> None:
    """The harm: the court awaits it every minute, and rings the desk for one that knows of five."""
    await proving.court.beats(canary_every_s=60)
    await proving.settle()
    await proving.jump(seconds=60)
    await proving.jump(seconds=60)

    assert len(proving.court.heard_of(SightingReport)) == 2


async def test_what_was_slept_through_is_not_made_up_for(proving: World) -> None:
    await proving.jump(hours=10)

    assert len(proving.court.heard_of(SightingReport)) == 1


async def test_whoever_uses_its_number_at_the_agency_is_answered_clear(proving: World) -> None:
    answer = await proving.edge.screen(card_use(CANARY))
    await proving.settle()

    assert answer == Clear()
    assert len(proving.court.heard_of(SightingReport)) == 1


async def test_it_leaves_no_hold_and_no_stop(proving: World) -> None:
    await proving.jump(seconds=CANARY_EVERY_S)

    shown = await proving.edge.display(CANARYS_REFERENCE)
    assert (shown.state, shown.confirmation, shown.release_at) == (DisplayState.REPORT_ONLY, None, None)
    assert [type(one) for one in proving.court.reports() if not isinstance(one, Receipt)] == [SightingReport]


async def test_without_it_on_the_list_nothing_is_said(listed: World) -> None:
    await listed.jump(seconds=CANARY_EVERY_S)

    assert listed.court.heard_of(SightingReport) == []


async def test_on_a_list_that_is_not_proven_it_waits_as_every_hit(proving: World) -> None:
    await proving.restart()
    proving.clock.jump(seconds=CANARY_EVERY_S)
    await proving.settle()
    assert proving.court.heard_of(SightingReport) == []

    await proving.beat()

    assert len(proving.court.heard_of(SightingReport)) == 1


async def test_it_leaves_no_trace_at_the_edge_once_it_is_reported(proving: World) -> None:
    await proving.edge.screen(card_use(TONG))
    await proving.jump(seconds=CANARY_EVERY_S)
    await proving.jump(seconds=CANARY_EVERY_S)
    with closing(sqlite3.connect(proving.folder / "rail" / "edge.sqlite")) as database:
        kept = database.execute("SELECT event_id FROM hits").fetchall()

    assert len(proving.court.heard_of(SightingReport)) == 3
    assert kept == [("rail-1",)]


async def test_beside_it_people_hit_as_ever(proving: World) -> None:
    answer = await proving.edge.screen(card_use(TONG))

    assert answer.references == (REFERENCE,)  # type: ignore[union-attr]
