"""A change of plan reaches everybody who was told; a taking that can no longer reach the person lapses."""

from schemas.measures import AgencyKind
from schemas.messages import SightingKind
from scripts.cast import BAILIFF_ONE, DUTY_OFFICER, JUDGE, A
from scripts.desk import court_time
from scripts.story.props import FIRST_PLAN, TONIGHT
from tests.acceptance.court import CourtStage
from tests.acceptance.journeys import (
    BEIJING_GATE,
    INN,
    RETURN,
    SATURDAY_LATER,
    SATURDAY_NEW_SEAT,
    SUNDAY,
    WUCHANG_GATE,
    WUHAN_INN,
)
from tracker.domain.alerts import Stage as AlertStage
from tracker.domain.ids import EntryId
from tracker.domain.plans import Urgency

TONIGHT_INSTEAD = (
    "【云河法院】行程有变：26执1357佟某改乘Z38次5车3上，27日06:59到北京西，28日行程作废。接手请回"
)


async def test_everybody_hears_of_it_and_the_taking_lapses(taken: CourtStage, entry_a: EntryId) -> None:
    await taken.railway.changes_ticket(A, TONIGHT)
    await taken.settles()

    assert taken.sms(JUDGE) == [f"{TONIGHT_INSTEAD}40718"]
    assert taken.sms(DUTY_OFFICER) == [f"{TONIGHT_INSTEAD}58263"]
    assert await taken.stage_of(entry_a) is AlertStage.OPEN


async def test_the_taker_has_three_minutes_before_others_are_rung(
    taken: CourtStage, entry_a: EntryId
) -> None:
    await taken.railway.changes_ticket(A, TONIGHT)
    await taken.waits(minutes=2, seconds=59)
    taken.reads_everything()

    await taken.waits(seconds=1)

    assert taken.sms(JUDGE) == [
        "【云河法院】行踪预警：26执1357佟某，Z38次5车3上，27日06:59到北京西。接手请回40718"
    ]
    assert len(taken.sms(DUTY_OFFICER)) == 1


async def test_a_taker_who_takes_again_in_time_stays_alone(taken: CourtStage, entry_a: EntryId) -> None:
    await taken.railway.changes_ticket(A, TONIGHT)
    await taken.settles()
    await taken.replies(JUDGE, "40718")
    taken.reads_everything()

    await taken.waits(minutes=20)

    assert taken.unread_sms() == []
    assert await taken.stage_of(entry_a) is AlertStage.TAKEN


async def test_people_on_their_way_keep_it_when_they_can_still_reach_the_place(
    taken: CourtStage, entry_a: EntryId
) -> None:
    await taken.sends_judge_and_bailiff(await taken.alert_of(entry_a), court_time(2, 28, 6, 10))
    taken.reads_everything()

    await taken.railway.changes_ticket(A, SATURDAY_LATER)
    await taken.settles()

    changed = "【云河法院】行程有变：26执1357佟某改乘Z12次3车1下，28日09:30到北京西，原行程作废。接手请回"
    assert taken.sms(JUDGE) == [f"{changed}40718"]
    assert taken.sms(DUTY_OFFICER) == [f"{changed}58263"]
    assert taken.sms(BAILIFF_ONE) == [f"{changed}61935"]
    assert await taken.stage_of(entry_a) is AlertStage.DISPATCHED
    await taken.waits(minutes=20)
    assert taken.unread_sms() == []


async def test_another_seat_on_the_same_train_rings_nobody(taken: CourtStage, entry_a: EntryId) -> None:
    await taken.railway.changes_ticket(A, SATURDAY_NEW_SEAT)
    await taken.settles()

    itinerary = (await taken.alert_of(entry_a)).plan.itinerary
    assert itinerary is not None
    assert (itinerary.coach, itinerary.seat) == ("9", "2上")
    assert await taken.stage_of(entry_a) is AlertStage.TAKEN


async def test_changes_within_two_minutes_ring_once_more_with_the_latest_state(
    taken: CourtStage, entry_a: EntryId
) -> None:
    await taken.railway.changes_ticket(A, TONIGHT)
    await taken.settles()
    taken.reads_everything()
    await taken.waits(seconds=40)
    await taken.railway.changes_ticket(A, SATURDAY_LATER)
    await taken.waits(seconds=20)
    await taken.railway.changes_ticket(A, SUNDAY)
    await taken.waits(seconds=59)
    assert taken.unread_sms() == []

    await taken.waits(seconds=1)

    latest = "改乘Z4次2车5下，1日07:20到北京西，27日行程作废。接手请回"
    assert taken.sms(JUDGE) == [f"【云河法院】行程有变：26执1357佟某{latest}40718"]
    assert taken.sms(DUTY_OFFICER) == [f"【云河法院】行程有变：26执1357佟某{latest}58263"]


async def test_a_taking_does_not_swallow_a_change_that_still_waits(
    taken: CourtStage, entry_a: EntryId
) -> None:
    await taken.railway.changes_ticket(A, TONIGHT)
    await taken.settles()
    await taken.railway.changes_ticket(A, SUNDAY)
    await taken.settles()
    taken.reads_everything()
    await taken.replies(JUDGE, "40718")
    taken.reads_everything()

    await taken.waits(minutes=2)

    latest = "改乘Z4次2车5下，1日07:20到北京西，27日行程作废。接手请回"
    assert taken.sms(JUDGE) == [f"【云河法院】行程有变：26执1357佟某{latest}40718"]
    assert taken.sms(DUTY_OFFICER) == [f"【云河法院】行程有变：26执1357佟某{latest}58263"]


async def test_a_ticket_home_does_not_call_the_team_off(taken: CourtStage, entry_a: EntryId) -> None:
    await taken.railway.sells_ticket(A, RETURN)
    await taken.settles()

    assert await taken.stage_of(entry_a) is AlertStage.TAKEN
    assert (await taken.alert_of(entry_a)).plan.act_at == court_time(2, 28, 6, 59)


async def test_a_refund_tells_everybody_not_to_set_out(taken: CourtStage, entry_a: EntryId) -> None:
    await taken.railway.refunds_ticket(A, FIRST_PLAN)
    await taken.settles()

    given_up = "【云河法院】行程取消：26执1357佟某28日Z38次已退票，原行程作废。请暂不出动，有新线索再通知"
    assert taken.sms(JUDGE) == taken.sms(DUTY_OFFICER) == [given_up]
    assert (await taken.alert_of(entry_a)).urgency is Urgency.TRACE


async def test_a_new_ticket_after_a_refund_rings_even_for_a_later_train(
    taken: CourtStage, entry_a: EntryId
) -> None:
    await taken.railway.refunds_ticket(A, FIRST_PLAN)
    await taken.waits(minutes=30)
    taken.reads_everything()

    await taken.railway.sells_ticket(A, SUNDAY)
    await taken.settles()

    anew = "【云河法院】行程有变：26执1357佟某改乘Z4次2车5下，1日07:20到北京西，28日行程作废。接手请回"
    assert taken.sms(JUDGE) == [f"{anew}40718"]
    assert taken.sms(DUTY_OFFICER) == [f"{anew}58263"]
    assert (await taken.alert_of(entry_a)).urgency is Urgency.PLANNED


async def test_the_gate_of_the_known_train_is_told_quietly_to_those_who_have_it(
    taken: CourtStage, entry_a: EntryId
) -> None:
    await taken.reaches(court_time(2, 27, 20, 41))

    await taken.railway.opens_gate(A, WUCHANG_GATE)
    await taken.settles()

    assert taken.sms(JUDGE) == [
        "【云河法院】行程证实：26执1357佟某27日20:41已在武昌检票，28日06:59到北京西。无需回复"
    ]
    assert taken.sms(DUTY_OFFICER) == taken.calls(JUDGE) == []
    assert (await taken.alert_of(entry_a)).urgency is Urgency.PLANNED


async def test_two_cities_within_half_an_hour_lapse_nothing(taken: CourtStage, entry_a: EntryId) -> None:
    await taken.reaches(court_time(2, 27, 20, 41))
    await taken.railway.opens_gate(A, WUCHANG_GATE)
    await taken.waits(minutes=20)
    taken.reads_everything()

    await taken.agency(AgencyKind.POLICE).sees(SightingKind.CHECKPOINT, A, INN)
    await taken.settles()

    assert await taken.stage_of(entry_a) is AlertStage.TAKEN
    assert (await taken.alert_of(entry_a)).plan.act_place == "北京西"
    taken.reads_everything()


async def test_a_person_who_comes_days_early_rings_like_one_who_is_there(
    stage: CourtStage, entry_a: EntryId
) -> None:
    await stage.railway.sells_ticket(A, FIRST_PLAN)
    await stage.waits(minutes=10)
    stage.reads_everything()

    await stage.railway.opens_gate(A, BEIJING_GATE)
    await stage.settles()

    assert (await stage.alert_of(entry_a)).urgency is Urgency.IMMINENT
    assert len(stage.sms(JUDGE)) == len(stage.sms(DUTY_OFFICER)) == 1
    await stage.waits(minutes=1)
    assert len(stage.calls(JUDGE)) == 1


async def test_an_answer_about_the_old_plan_stops_nobody_on_the_new_one(
    taken: CourtStage, entry_a: EntryId
) -> None:
    await taken.agency(AgencyKind.POLICE).checks_in(A, WUHAN_INN)
    await taken.settles()
    taken.reads_everything()

    reference = await taken.reference_at(AgencyKind.RAIL, entry_a)
    assert (await taken.railway.shows(reference)).confirmation is None
