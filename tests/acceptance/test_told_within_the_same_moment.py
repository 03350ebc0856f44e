"""A sighting reaches the right people in the moment in which it is made, with what they need to act."""

from datetime import date

from schemas.measures import AgencyKind, Measure
from schemas.messages import SightingKind
from scripts.cast import A_CASE, CLERK, DESK, DUTY_OFFICER, JUDGE, A, B
from scripts.desk import court_time
from scripts.stage import Registration
from scripts.story.props import FIRST_PLAN, SEAT_OF_B
from tests.acceptance.court import CourtStage
from tests.acceptance.journeys import AIRPORT, INN, THIS_AFTERNOON
from tracker.domain.ids import EntryId
from tracker.domain.plans import Urgency

MARCH = date(2026, 3, 20)


async def test_a_ticket_for_saturday_is_told_at_once(stage: CourtStage, entry_a: EntryId) -> None:
    await stage.railway.sells_ticket(A, FIRST_PLAN)
    await stage.settles()

    assert stage.clock.now() == court_time(2, 25, 12, 0)
    assert stage.sms(JUDGE) == [
        "【云河法院】行踪预警：26执1357佟某，Z38次7车12下，28日06:59到北京西。接手请回40718"
    ]
    assert stage.sms(DUTY_OFFICER) == [
        "【云河法院】值班预警：26执1357佟某，Z38次7车12下，28日06:59到北京西，承办沈法官。接手请回58263"
    ]
    assert stage.pushes(JUDGE) == [
        "行踪预警 · 28日06:59 北京西 / 26执1357 佟某 · Z38次 7车12下 · 点开看剩余时间与文书"
    ]
    assert stage.pushes(CLERK) == stage.pushes(DESK) == []


async def test_a_room_taken_at_night_rings_with_the_hour_of_the_ladder(
    stage: CourtStage, entry_a: EntryId
) -> None:
    await stage.reaches(court_time(2, 27, 2, 50))

    await stage.agency(AgencyKind.POLICE).checks_in(A, INN)
    await stage.settles()

    assert stage.sms(JUDGE) == [
        "【云河法院】紧急预警：26执1357佟某，27日02:50入住西直门如归旅店，人在店内。接手请回40718，02:53起逐级上报"
    ]
    assert stage.sms(DUTY_OFFICER) == [
        "【云河法院】紧急预警：26执1357佟某，27日02:50入住西直门如归旅店，人在店内。接手请回58263，02:53起逐级上报"
    ]


async def test_a_person_at_the_border_counter_is_told_with_the_minutes_left(stage: CourtStage) -> None:
    await stage.opens_case(A_CASE)
    await stage.lists(Registration(case=A_CASE, wanted=A, measure=Measure.STOP_AT_BORDER, until=MARCH))
    await stage.reaches(court_time(2, 27, 2, 35))

    await stage.agency(AgencyKind.BORDER).sees(SightingKind.BORDER_CROSSING, A, AIRPORT)
    await stage.settles()

    assert stage.sms(JUDGE) == [
        "【云河法院】口岸预警：26执1357佟某，02:35在首都机场T3出境边检，不准出境有效，请02:45前核实。接手请回40718"
    ]
    assert stage.sms(DUTY_OFFICER) == [
        "【云河法院】口岸预警：26执1357佟某，02:35在首都机场T3出境边检，不准出境有效，请02:45前核实。接手请回58263"
    ]


async def test_a_train_that_arrives_within_two_hours_is_imminent(stage: CourtStage, entry_a: EntryId) -> None:
    await stage.railway.sells_ticket(A, THIS_AFTERNOON)
    await stage.settles()

    assert (await stage.alert_of(entry_a)).urgency is Urgency.IMMINENT
    assert stage.sms(JUDGE) == [
        "【云河法院】紧急预警：26执1357佟某，G521次8车4F座，25日13:50到北京西。接手请回40718，12:03起逐级上报"
    ]
    assert stage.sms(DUTY_OFFICER) == [
        "【云河法院】紧急预警：26执1357佟某，G521次8车4F座，25日13:50到北京西。接手请回58263，12:03起逐级上报"
    ]


async def test_somebody_who_is_not_on_the_list_is_nobodys_business(
    stage: CourtStage, entry_a: EntryId
) -> None:
    await stage.railway.sells_ticket(B, SEAT_OF_B)
    await stage.waits(hours=2)

    assert stage.unread_sms() == []
