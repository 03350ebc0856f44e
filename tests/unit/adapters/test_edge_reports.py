"""What an edge has to say waits until the bus has it, in order, through restarts and a bus that is away."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from adapters.bus.port import Accepted, Answer, Delivery, Later
from adapters.edge.settings import RECEIPTS_EVERY
from schemas.messages import GoneReference, Receipt, SightingReport
from tests.unit.adapters.world import CHENG, REFERENCE, START, TONG, World, card_use


@pytest.fixture
def cut_off(listed: World) -> World:
    """The bus takes nothing from the edge any more."""
    listed.cable.is_cut = True
    return listed


async def test_what_could_not_be_published_waits_and_is_tried_again_later(cut_off: World) -> None:
    await cut_off.edge.screen(card_use(TONG))
    await cut_off.settle()
    due = [await loop.next_due() for loop in cut_off.waiting_loops]

    assert (await cut_off.edge.state()).waiting_reports == 1
    assert due == [None, None, START + timedelta(seconds=1), None, None]


async def test_tries_grow_rarer_up_to_a_minute(cut_off: World) -> None:
    await cut_off.edge.screen(card_use(TONG))
    waits = [await wait_of_next_try(cut_off) for _ in range(8)]

    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]


async def test_a_clock_that_is_set_back_prolongs_no_rest(cut_off: World) -> None:
    await cut_off.edge.screen(card_use(TONG))
    await cut_off.settle()

    cut_off.cable.is_cut = False
    cut_off.clock.jump(seconds=-600)
    await cut_off.settle()

    assert event_ids(cut_off) == ["rail-1"]


async def test_a_clock_that_is_set_back_prolongs_no_rest_of_a_consumer(listed: World) -> None:
    answers: list[Answer] = [Accepted(), Later("database")]

    async def take(_delivery: Delivery) -> Answer:
        return answers.pop()

    listed.bus.subscribe("from.rail", take)
    await listed.edge.screen(card_use(TONG))
    await listed.settle()
    listed.clock.jump(seconds=-600)
    await listed.settle()

    assert answers == []


async def test_when_the_bus_is_back_everything_arrives_in_order(cut_off: World) -> None:
    await cut_off.edge.screen(card_use(TONG, "rail-1"))
    await cut_off.edge.screen(card_use(TONG, "rail-2"))
    await cut_off.settle()

    cut_off.cable.is_cut = False
    cut_off.clock.jump(seconds=1)
    await cut_off.settle()

    assert event_ids(cut_off) == ["rail-1", "rail-2"]
    assert (await cut_off.edge.state()).waiting_reports == 0


async def test_more_than_one_batch_is_published_in_order(listed: World) -> None:
    await screen_many(listed, 55)
    await listed.settle()

    assert event_ids(listed) == [f"rail-{number}" for number in range(55)]


async def test_what_was_written_just_now_is_published_without_reading_it_back(listed: World) -> None:
    await listed.settle()
    reports = next(loop for loop in listed.edge.loops if loop.name.startswith("reports"))

    with asked_of("reports") as statements:
        await listed.edge.screen(card_use(TONG))
        assert await reports.step()
    await listed.bus.step()

    assert [one.split()[0] for one in statements] == ["INSERT", "DELETE"]
    assert event_ids(listed) == ["rail-1"]


async def test_what_a_former_life_has_left_goes_before_what_was_written_just_now(cut_off: World) -> None:
    await cut_off.edge.screen(card_use(TONG, "rail-1"))
    await cut_off.settle()
    await cut_off.restart()
    await cut_off.beat()
    await cut_off.edge.screen(card_use(TONG, "rail-2"))

    cut_off.cable.is_cut = False
    cut_off.clock.jump(seconds=1)
    await cut_off.settle()

    assert event_ids(cut_off) == ["rail-1", "rail-2"]
    assert (await cut_off.edge.state()).waiting_reports == 0


async def test_the_loops_wake_whoever_runs_them(listed: World) -> None:
    woken: list[str] = []
    listed.edge.on_change(lambda: woken.append("woken"))

    await listed.edge.screen(card_use(TONG))

    assert woken == ["woken"]


async def test_a_packet_wakes_whoever_runs_the_loops_too(listed: World) -> None:
    woken: list[str] = []
    listed.edge.on_change(lambda: woken.append("woken"))

    await listed.court.lists(7_102, TONG)
    await listed.bus.step()

    assert woken == ["woken"]


async def test_a_packet_wakes_no_loop_but_who_writes_receipts_and_that_once(listed: World) -> None:
    await listed.settle()
    at_rest = awake(listed)

    await listed.court.lists(7_102, TONG)
    await listed.bus.step()
    after_a_packet = awake(listed)
    due = [await loop.next_due() for loop in listed.edge.loops if not loop.is_resting]

    assert at_rest == []
    assert after_a_packet == ["reports.rail.1"]
    assert due == [listed.clock.now()]
    assert awake(listed) == []


async def test_a_list_that_misses_changes_wakes_who_fetches_them(listed: World) -> None:
    await listed.settle()

    listed.court.packet(listed.court.put(7_102, TONG))
    await listed.court.lists(7_103, CHENG)
    await listed.bus.step()

    assert awake(listed) == ["reports.rail.1", "catch-up.rail.1"]


def awake(world: World) -> list[str]:
    """The loops that a word of the store would wake now."""
    return [loop.name for loop in world.edge.loops if not loop.is_resting]


def test_the_loops_are_named_after_their_edge(listed: World) -> None:
    names = [loop.name for loop in listed.edge.loops]

    expected = ("hits", "holds", "reports", "catch-up", "epochs", "scrubber", "canary")
    assert names == [f"{what}.rail.1" for what in expected]


async def wait_of_next_try(world: World) -> float:
    """Try once, jump to the next try, and say how long that was."""
    await world.settle()
    dues = [due for loop in world.waiting_loops if (due := await loop.next_due()) is not None]
    wait = min(dues) - world.clock.at
    world.clock.jump(seconds=wait.total_seconds())
    return wait.total_seconds()


async def screen_many(world: World, count: int) -> None:
    for number in range(count):
        await world.edge.screen(card_use(TONG, f"rail-{number}"))


@contextmanager
def asked_of(table: str) -> Iterator[list[str]]:
    """Every statement about a table until the end of the block."""
    statements: list[str] = []

    def note(*told: Any) -> None:
        statements.extend(one for one in told[2:3] if f" {table}" in one)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)


def event_ids(world: World) -> list[str]:
    return [report.event_id for report in world.court.reports() if isinstance(report, SightingReport)]


async def test_a_packet_applied_while_a_receipt_is_written_gets_a_receipt_of_its_own(listed: World) -> None:
    async def apply_meanwhile() -> None:
        await listed.court.lists(7_103, TONG)
        await listed.bus.step()

    await listed.court.lists(7_102, TONG)
    await listed.bus.step()
    reports = next(loop for loop in listed.edge.loops if loop.name.startswith("reports"))
    await asyncio.gather(reports.step(), apply_meanwhile())
    await listed.settle()

    assert listed.court.heard_of(Receipt)[-1] == Receipt(head=listed.court.head)


@pytest.fixture
async def paced(listed: World) -> World:
    """As in production, where a receipt may wait for the next; one went out this moment."""
    listed.receipts_every = RECEIPTS_EVERY
    await listed.restart()
    await listed.settle()
    listed.court.heard.clear()
    return listed


async def test_a_list_that_changes_all_the_time_is_not_told_of_with_each_change(paced: World) -> None:
    await paced.court.lists(7_102, TONG)
    await paced.settle()
    await paced.court.lists(7_103, TONG)
    await paced.settle()
    assert paced.court.heard_of(Receipt) == []

    waits_s = await wait_of_next_try(paced)
    await paced.settle()

    assert waits_s == RECEIPTS_EVERY.total_seconds()
    assert paced.court.heard_of(Receipt) == [Receipt(head=paced.court.head)]


async def test_a_withdrawal_is_told_at_once(paced: World) -> None:
    await paced.court.withdraws(REFERENCE)
    await paced.settle()

    gone = (GoneReference(reference=REFERENCE, version=1),)
    assert paced.court.heard_of(Receipt) == [Receipt(head=paced.court.head, gone=gone)]


async def test_a_pause_that_ends_after_the_look_is_not_slept_through(paced: World) -> None:
    await paced.court.lists(7_102, TONG)
    await paced.bus.step()
    reports = next(loop for loop in paced.edge.loops if loop.name.startswith("reports"))
    await reports.step()
    paced.clock.jump(seconds=RECEIPTS_EVERY.total_seconds())

    assert await reports.next_due() == paced.clock.now()


async def test_a_clock_that_is_set_back_holds_no_receipt_back(paced: World) -> None:
    await paced.court.lists(7_102, TONG)
    paced.clock.jump(seconds=-600)
    await paced.settle()

    assert paced.court.heard_of(Receipt) == [Receipt(head=paced.court.head)]


async def test_a_restored_court_is_told_once_what_its_former_life_withdrew(listed: World) -> None:
    await listed.court.withdraws(REFERENCE)
    await listed.court.unlists(REFERENCE)
    await listed.settle()
    await listed.restart()
    await listed.settle()
    listed.court.heard.clear()

    listed.court.incarnation, listed.court.sequence = 2, 0
    await listed.court.lists(7_102, CHENG)
    await listed.beat()
    await listed.court.withdraws(7_102)
    await listed.court.lists(7_103, CHENG)
    await listed.beat()

    told = withdrawn_of(listed)
    assert told[0] == (GoneReference(reference=REFERENCE, version=1),)
    assert set(told[1:]) == {()}


@pytest.mark.parametrize(
    ("incarnation", "told"),
    [
        pytest.param(1, [], id="the list was rolled"),
        pytest.param(2, [GoneReference(reference=REFERENCE, version=1)], id="the court was restored"),
    ],
)
async def test_a_new_epoch_is_told_what_older_ones_withdrew_only_by_a_restored_court(
    listed: World, incarnation: int, told: list[GoneReference]
) -> None:
    await listed.court.withdraws(REFERENCE)
    await listed.court.unlists(REFERENCE)
    await listed.settle()
    listed.court.log = []
    listed.court.rolls().incarnation = incarnation
    listed.court = listed.court.ends()
    await listed.beat()
    await listed.beat()

    assert (await listed.edge.state()).epoch == 2
    assert [one for receipt in withdrawn_of(listed) for one in receipt] == told


async def test_what_was_withdrawn_more_than_a_month_ago_is_forgotten(listed: World) -> None:
    await listed.court.withdraws(REFERENCE)
    await listed.settle()
    listed.clock.jump(days=31)
    await listed.court.withdraws(7_102)
    await listed.settle()

    listed.court.incarnation, listed.court.sequence = 2, 0
    await listed.court.lists(7_103, CHENG)
    await listed.beat()

    (told,) = set(withdrawn_of(listed)) - {()}
    assert told == (GoneReference(reference=7_102, version=1),)


def withdrawn_of(world: World) -> list[tuple[GoneReference, ...]]:
    """What each receipt says that former lives of the court withdrew, in their order."""
    return [report.withdrawn for report in world.court.reports() if isinstance(report, Receipt)]
