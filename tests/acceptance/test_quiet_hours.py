"""Nobody is woken for what can wait until the morning, and everybody for what cannot."""

from dataclasses import replace

from schemas.measures import AgencyKind
from scripts.cast import DUTY_OFFICER, JUDGE, A
from scripts.desk import court_time
from scripts.story.props import FIRST_PLAN
from tests.acceptance.court import CourtStage
from tests.acceptance.journeys import INN
from tracker.domain.ids import EntryId

TOMORROW_NOON = replace(
    FIRST_PLAN, departs=court_time(2, 26, 3, 0), arrives=court_time(2, 26, 10, 59), service="Z12"
)


async def test_a_plan_days_ahead_waits_for_seven_in_the_morning(stage: CourtStage, entry_a: EntryId) -> None:
    await stage.reaches(court_time(2, 25, 23, 0))
    await stage.railway.sells_ticket(A, FIRST_PLAN)
    await stage.reaches(court_time(2, 26, 6, 59, 59))
    assert stage.unread_sms() == []

    await stage.reaches(court_time(2, 26, 7, 0))

    assert stage.sms(JUDGE) == [
        "【云河法院】行踪预警：26执1357佟某，Z38次7车12下，28日06:59到北京西。接手请回61935"
    ]
    assert len(stage.sms(DUTY_OFFICER)) == 1


async def test_what_must_be_acted_on_in_ten_hours_rings_at_night(stage: CourtStage, entry_a: EntryId) -> None:
    await stage.reaches(court_time(2, 25, 23, 0))

    await stage.railway.sells_ticket(A, TOMORROW_NOON)
    await stage.settles()

    assert stage.sms(JUDGE) == [
        "【云河法院】行踪预警：26执1357佟某，Z12次7车12下，26日10:59到北京西。接手请回40718"
    ]
    assert len(stage.sms(DUTY_OFFICER)) == 1


async def test_a_person_who_is_there_now_rings_at_any_hour(stage: CourtStage, entry_a: EntryId) -> None:
    await stage.reaches(court_time(2, 26, 3, 0))

    await stage.agency(AgencyKind.POLICE).checks_in(A, INN)
    await stage.settles()

    assert len(stage.sms(JUDGE)) == len(stage.sms(DUTY_OFFICER)) == 1
