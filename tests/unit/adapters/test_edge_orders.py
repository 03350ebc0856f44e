"""What an officer sees and may do, from the hit to the hand-over: by the court's word, or its silence."""

from datetime import timedelta

from adapters.edge.instruction import Display, DisplayState, DoNotStop, InForce, NoStop
from schemas.measures import Measure
from schemas.messages import (
    Answer,
    NamedDetails,
    StandDownAnswer,
    StandDownReason,
)
from schemas.sealing import SealingKey
from tests.unit.adapters.world import PHONE, REFERENCE, START, TONG, World, confirmation

STATION = "北京西出站闸机"
POLICE = "北京西站派出所"


async def state_of(world: World) -> DisplayState:
    return (await world.edge.display(REFERENCE)).state


async def refusal(world: World) -> NoStop | None:
    answer = await world.edge.before_stop(REFERENCE)
    return answer.reason if isinstance(answer, DoNotStop) else None


async def test_until_the_court_has_answered_it_says_report_do_not_stop(listed: World) -> None:
    assert await listed.edge.display(REFERENCE) == Display(
        reference=REFERENCE,
        state=DisplayState.REPORT_ONLY,
        measure=Measure.HOLD_FOR_SUMMONS,
        phone_24h=PHONE,
    )
    assert await listed.edge.before_stop(REFERENCE) == DoNotStop(reason=NoStop.NOT_CONFIRMED, phone_24h=PHONE)


async def test_a_confirmation_shows_where_the_court_acts_and_allows_a_checked_hold(confirmed: World) -> None:
    display = await confirmed.edge.display(REFERENCE)

    assert display.state is DisplayState.HOLD_WHEN_CHECKED
    assert display.confirmation == confirmation(REFERENCE, START)
    assert await confirmed.edge.before_stop(REFERENCE) == InForce(
        court_heard_s=0.0, confirmation=confirmation(REFERENCE, START)
    )


async def test_the_check_before_a_stop_says_how_long_ago_the_court_was_heard(confirmed: World) -> None:
    confirmed.clock.jump(seconds=7)

    answer = await confirmed.edge.before_stop(REFERENCE)

    assert isinstance(answer, InForce)
    assert answer.court_heard_s == 7.0


async def test_a_court_silent_for_five_minutes_ends_all_stops_but_no_hits(confirmed: World) -> None:
    confirmed.clock.jump(minutes=4, seconds=59)
    almost = await refusal(confirmed)
    confirmed.clock.jump(seconds=1)
    silent = await refusal(confirmed)

    assert (almost, silent) == (None, NoStop.COURT_SILENT)
    assert await state_of(confirmed) is DisplayState.HOLD_WHEN_CHECKED


async def test_a_business_clock_set_back_does_not_make_old_news_fresh(confirmed: World) -> None:
    confirmed.clock.elapsed_s += 300
    confirmed.clock.at -= timedelta(hours=1)

    assert await refusal(confirmed) is NoStop.COURT_SILENT


async def test_after_a_restart_nobody_is_stopped_before_the_list_is_proven(confirmed: World) -> None:
    await confirmed.restart()
    unproven = await refusal(confirmed)
    await confirmed.beat()

    assert (unproven, await refusal(confirmed)) == (NoStop.LIST_NOT_PROVEN, None)


async def test_more_time_keeps_it_at_report_only(listed: World) -> None:
    await listed.court.confirms(answer=Answer.MORE_TIME)
    await listed.settle()

    assert await state_of(listed) is DisplayState.REPORT_ONLY
    assert await refusal(listed) is NoStop.NOT_CONFIRMED


async def test_a_confirmation_that_says_stand_down_ends_it(confirmed: World) -> None:
    await confirmed.court.confirms(answer=Answer.STAND_DOWN)
    await confirmed.settle()

    assert await state_of(confirmed) is DisplayState.GONE
    assert await refusal(confirmed) is NoStop.STOOD_DOWN


async def test_a_confirmation_without_a_time_to_hold_allows_no_hold(listed: World) -> None:
    await listed.court.confirms(hold_for_s=None)
    await listed.settle()

    assert await state_of(listed) is DisplayState.REPORT_ONLY
    assert await refusal(listed) is NoStop.NO_HOLD_GRANTED


async def test_a_border_stop_needs_no_time_to_hold(world: World) -> None:
    await world.court.lists(REFERENCE, TONG, measure=Measure.STOP_AT_BORDER)
    await world.court.confirms(hold_for_s=None)
    await world.beat()

    assert await state_of(world) is DisplayState.HOLD_WHEN_CHECKED
    assert await refusal(world) is None


async def test_a_confirmed_report_stays_a_report(world: World) -> None:
    await world.court.lists(REFERENCE, TONG, measure=Measure.REPORT_WHEREABOUTS)
    await world.court.confirms()
    await world.beat()

    assert await state_of(world) is DisplayState.REPORT_ONLY
    assert await refusal(world) is NoStop.NOT_A_STOPPING_MEASURE


async def test_a_confirmation_ends_at_its_own_end(confirmed: World) -> None:
    await confirmed.jump(hours=12)

    assert await state_of(confirmed) is DisplayState.REPORT_ONLY
    assert await refusal(confirmed) is NoStop.NOT_CONFIRMED


async def test_a_new_version_of_the_entry_needs_a_new_confirmation(confirmed: World) -> None:
    await confirmed.court.lists(REFERENCE, TONG, version=2)
    await confirmed.beat()

    assert await state_of(confirmed) is DisplayState.REPORT_ONLY
    assert await refusal(confirmed) is NoStop.NOT_CONFIRMED


async def test_a_debtor_who_paid_is_not_stopped_by_the_officer_who_asks(confirmed: World) -> None:
    await confirmed.court.withdraws(REFERENCE)
    await confirmed.settle()

    assert await confirmed.edge.display(REFERENCE) == Display(
        reference=REFERENCE, state=DisplayState.GONE, phone_24h=PHONE
    )
    assert await refusal(confirmed) is NoStop.NOT_IN_FORCE


async def test_nobody_is_stopped_on_an_entry_past_its_last_day(world: World) -> None:
    await world.court.lists(REFERENCE, TONG, valid_until=START.date())
    await world.court.confirms()
    await world.jump(hours=4)

    assert await state_of(world) is DisplayState.GONE
    assert await refusal(world) is NoStop.NOT_IN_FORCE


async def test_a_stand_down_is_answered_and_ends_it(confirmed: World) -> None:
    order = await confirmed.court.stands_down(reason=StandDownReason.WRONG_PERSON)
    await confirmed.settle()

    answer = StandDownAnswer(reference=REFERENCE, at=START, holding=False, order=order)
    assert confirmed.court.reports() == [answer]
    assert await state_of(confirmed) is DisplayState.GONE
    assert await refusal(confirmed) is NoStop.STOOD_DOWN


async def test_a_stand_down_delivered_twice_is_answered_once(confirmed: World) -> None:
    raw = confirmed.court.sign_stand_down()
    await confirmed.court.send_raw("orders", raw)
    await confirmed.court.send_raw("orders", raw)
    await confirmed.settle()

    assert len(confirmed.court.heard_of(StandDownAnswer)) == 1


async def test_a_later_confirmation_after_a_stand_down_stands(confirmed: World) -> None:
    await confirmed.court.stands_down()
    confirmed.clock.jump(seconds=1)
    await confirmed.court.confirms()
    await confirmed.settle()

    assert await refusal(confirmed) is None


async def test_a_confirmation_signed_at_the_moment_of_the_stand_down_does_not_lift_it(
    confirmed: World,
) -> None:
    await confirmed.court.stands_down()
    await confirmed.court.confirms()
    await confirmed.settle()

    assert await refusal(confirmed) is NoStop.STOOD_DOWN


async def test_a_stand_down_counts_though_the_courts_clock_was_set_back(listed: World) -> None:
    listed.clock.jump(seconds=2)
    await listed.court.confirms()
    listed.clock.at -= timedelta(seconds=1)
    await listed.court.stands_down(reason=StandDownReason.WRONG_PERSON)
    await listed.beat()

    assert await refusal(listed) is NoStop.STOOD_DOWN


async def test_an_order_that_cannot_be_opened_is_no_confirmation(confirmed: World) -> None:
    confirmed.court.agency_sealing = SealingKey(secret=b"n" * 32)
    await confirmed.restart()
    await confirmed.beat()

    assert await state_of(confirmed) is DisplayState.REPORT_ONLY
    assert await refusal(confirmed) is NoStop.NOT_CONFIRMED


async def test_an_older_word_that_comes_late_does_not_overrule_a_newer_one(listed: World) -> None:
    old = listed.court.sign_confirmation()
    listed.clock.jump(minutes=1)
    await listed.court.stands_down()
    await listed.court.send_raw("orders", old)
    await listed.beat()

    assert await refusal(listed) is NoStop.STOOD_DOWN


async def test_orders_survive_a_restart_and_lie_sealed(confirmed: World) -> None:
    await confirmed.restart()
    await confirmed.beat()

    stored = b"".join(path.read_bytes() for path in (confirmed.folder / "rail").rglob("*") if path.is_file())
    assert "沈法官".encode() not in stored
    assert await refusal(confirmed) is None


async def test_names_are_shown_where_the_court_shares_them_and_only_while_it_is_in_force(
    world: World,
) -> None:
    details = NamedDetails(
        name="佟某",
        sex=None,
        birth_year=1978,
        masked_number="990*************14",
        case_number="（2026）京0199执1357号",
        instructions="协助控制、等待移交（拘传）",
        phone_24h=PHONE,
    )
    await world.court.lists(REFERENCE, TONG, named=world.court.seal_details(REFERENCE, details))
    await world.beat()
    in_force = await world.edge.display(REFERENCE)
    await world.court.withdraws(REFERENCE)
    await world.settle()

    assert in_force.named == details
    assert (await world.edge.display(REFERENCE)).named is None


async def test_details_that_cannot_be_opened_do_not_hide_the_instruction(world: World) -> None:
    await world.court.lists(REFERENCE, TONG, named="bm90IHNlYWxlZCBhdCBhbGwsIGJ1dCBsb25nIGVub3VnaA==")
    await world.beat()

    display = await world.edge.display(REFERENCE)
    assert (display.state, display.named) == (DisplayState.REPORT_ONLY, None)
