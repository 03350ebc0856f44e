"""Holds: each has its end from its first second, and whatever ends it, the officer is told to let go."""

from datetime import timedelta

import pytest

from adapters.edge.instruction import DisplayState, NoStop
from adapters.edge.officers import Held, HoldRefused, NotHeld, Reported
from schemas.messages import (
    HandOverReport,
    HoldReport,
    ReleaseReason,
    ReleaseReport,
    StandDownAnswer,
)
from tests.unit.adapters.world import PHONE, REFERENCE, START, TONG, World

STATION = "北京西出站闸机"
POLICE = "北京西站派出所"


@pytest.fixture
async def holding(confirmed: World) -> World:
    """佟 is held since START, until two hours later."""
    await confirmed.edge.report_hold(REFERENCE, place=STATION, unit=POLICE)
    await confirmed.settle()
    confirmed.court.heard.clear()
    return confirmed


async def state_of(world: World) -> DisplayState:
    return (await world.edge.display(REFERENCE)).state


async def test_a_hold_is_recorded_with_its_end_and_reported(confirmed: World) -> None:
    answer = await confirmed.edge.report_hold(REFERENCE, place=STATION, unit=POLICE)
    await confirmed.settle()

    two_hours = START + timedelta(hours=2)
    assert answer == Held(release_at=two_hours)
    assert confirmed.court.reports() == [
        HoldReport(reference=REFERENCE, held_at=START, release_at=two_hours, place=STATION, unit=POLICE)
    ]
    display = await confirmed.edge.display(REFERENCE)
    assert (display.state, display.release_at) == (DisplayState.HOLDING, two_hours)


async def test_reporting_a_hold_again_does_not_extend_it(holding: World) -> None:
    await holding.jump(hours=1)

    again = await holding.edge.report_hold(REFERENCE, place=STATION, unit=POLICE)
    await holding.settle()

    assert again == Held(release_at=START + timedelta(hours=2))
    assert holding.court.reports() == []


async def test_a_hold_ends_at_its_time_without_a_word_from_the_court(holding: World) -> None:
    holding.clock.jump(hours=1, minutes=59)
    await holding.settle()
    before = await state_of(holding)
    holding.clock.jump(minutes=1)
    at_once = await state_of(holding)
    await holding.settle()

    assert (before, at_once) == (DisplayState.HOLDING, DisplayState.RELEASE)
    assert holding.court.reports() == [
        ReleaseReport(reference=REFERENCE, at=START + timedelta(hours=2), reason=ReleaseReason.HOLD_ENDED)
    ]


async def test_the_loop_of_holds_asks_to_be_called_at_the_end_of_the_hold(holding: World) -> None:
    due = [await loop.next_due() for loop in holding.waiting_loops]

    assert due == [None, START + timedelta(hours=2), None, None, None]


async def test_a_business_clock_set_back_does_not_prolong_a_hold(holding: World) -> None:
    holding.clock.at -= timedelta(hours=5)
    holding.clock.elapsed_s += 7_200
    await holding.settle()

    assert await state_of(holding) is DisplayState.RELEASE


async def test_a_stopped_elapsed_clock_does_not_prolong_a_hold(holding: World) -> None:
    holding.clock.at += timedelta(hours=2)
    await holding.settle()

    assert len(holding.court.heard_of(ReleaseReport)) == 1


async def test_a_restart_does_not_prolong_a_hold(holding: World) -> None:
    await holding.jump(hours=1)
    await holding.restart()
    holding.clock.jump(hours=1)
    await holding.settle()

    assert await state_of(holding) is DisplayState.RELEASE
    assert len(holding.court.heard_of(ReleaseReport)) == 1


async def test_a_confirmation_carries_one_hold_only(holding: World) -> None:
    await holding.jump(hours=2)
    await holding.edge.report_release(REFERENCE)

    answer = await holding.edge.report_hold(REFERENCE, place=STATION, unit=POLICE)

    assert answer == HoldRefused(reason=NoStop.HOLD_USED_UP, phone_24h=PHONE)


async def test_a_person_held_when_the_money_comes_is_to_be_released_at_once(holding: World) -> None:
    await holding.court.withdraws(REFERENCE)
    await holding.settle()
    seen = await state_of(holding)
    await holding.edge.report_release(REFERENCE)
    await holding.settle()

    assert seen is DisplayState.RELEASE
    assert holding.court.heard_of(ReleaseReport) == [
        ReleaseReport(reference=REFERENCE, at=START, reason=ReleaseReason.ORDERED)
    ]


async def test_a_stand_down_while_holding_is_answered_so_and_releases(holding: World) -> None:
    order = await holding.court.stands_down()
    await holding.settle()

    answer = StandDownAnswer(reference=REFERENCE, at=START, holding=True, order=order)
    assert holding.court.reports() == [answer]
    assert await state_of(holding) is DisplayState.RELEASE


async def test_a_resumed_entry_does_not_take_a_release_back(holding: World) -> None:
    await holding.court.withdraws(REFERENCE)
    await holding.court.unlists(REFERENCE)
    await holding.court.lists(REFERENCE, TONG, version=2)
    await holding.beat()

    assert await state_of(holding) is DisplayState.RELEASE


async def test_an_entry_that_leaves_by_the_feed_alone_releases_too(holding: World) -> None:
    await holding.court.unlists(REFERENCE)
    await holding.settle()

    assert await state_of(holding) is DisplayState.RELEASE


async def test_a_hand_over_stops_the_clock(holding: World) -> None:
    holding.clock.jump(minutes=5)
    answer = await holding.edge.report_hand_over(REFERENCE, to="沈法官", three_point_check=True)
    await holding.jump(hours=3)

    assert answer == Reported()
    assert holding.court.reports() == [
        HandOverReport(
            reference=REFERENCE, at=START + timedelta(minutes=5), to="沈法官", three_point_check=True
        )
    ]


async def test_a_person_let_go_early_is_reported_so(holding: World) -> None:
    await holding.edge.report_release(REFERENCE)
    await holding.settle()

    assert holding.court.reports() == [
        ReleaseReport(reference=REFERENCE, at=START, reason=ReleaseReason.OTHER)
    ]


async def test_letting_go_after_the_end_is_not_reported_twice(holding: World) -> None:
    holding.clock.jump(hours=2)
    await holding.settle()
    answer = await holding.edge.report_release(REFERENCE)
    await holding.settle()

    assert answer == Reported()
    assert len(holding.court.heard_of(ReleaseReport)) == 1


async def test_a_hold_that_should_not_be_is_told_to_the_court_and_to_be_released(listed: World) -> None:
    answer = await listed.edge.report_hold(REFERENCE, place=STATION, unit=POLICE)
    again = await listed.edge.report_hold(REFERENCE, place=STATION, unit=POLICE)
    await listed.settle()

    assert answer == again == HoldRefused(reason=NoStop.NOT_CONFIRMED, phone_24h=PHONE)
    assert listed.court.reports() == [
        HoldReport(reference=REFERENCE, held_at=START, release_at=START, place=STATION, unit=POLICE)
    ]
    assert await state_of(listed) is DisplayState.RELEASE


async def test_a_hold_reported_against_the_rules_does_not_use_the_confirmation_up(listed: World) -> None:
    await listed.edge.report_hold(REFERENCE, place=STATION, unit=POLICE)
    await listed.court.confirms()
    await listed.settle()

    answer = await listed.edge.report_hold(REFERENCE, place=STATION, unit=POLICE)

    assert answer == Held(release_at=START + timedelta(hours=2))
    assert await state_of(listed) is DisplayState.HOLDING


async def test_hand_over_and_release_of_nobody_are_told_so(listed: World) -> None:
    handed = await listed.edge.report_hand_over(REFERENCE, to="沈法官", three_point_check=True)
    released = await listed.edge.report_release(REFERENCE)

    assert (handed, released) == (NotHeld(), NotHeld())


async def test_a_slip_of_the_keyboard_does_not_cost_the_report_of_a_hold(confirmed: World) -> None:
    answer = await confirmed.edge.report_hold(REFERENCE, place="北京西\n站", unit="")
    await confirmed.settle()

    two_hours = START + timedelta(hours=2)
    assert answer == Held(release_at=two_hours)
    assert confirmed.court.reports() == [
        HoldReport(
            reference=REFERENCE, held_at=START, release_at=two_hours, place="北京西站", unit="(unreadable)"
        )
    ]


async def test_no_confirmation_makes_a_hold_longer_than_the_agency_allows(listed: World) -> None:
    await listed.court.confirms(hold_for_s=4 * 60 * 60)
    await listed.settle()

    answer = await listed.edge.report_hold(REFERENCE, place=STATION, unit=POLICE)

    assert answer == Held(release_at=START + timedelta(hours=2))
