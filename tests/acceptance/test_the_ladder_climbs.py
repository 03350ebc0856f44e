"""While nobody has an alert, the next people are rung, each at their minute, until somebody takes it."""

from schemas.measures import AgencyKind
from scripts.cast import ASSISTANT, CLERK, DESK, DUTY_OFFICER, JUDGE, LEADER, A
from scripts.desk import court_time
from scripts.story.props import FIRST_PLAN
from tests.acceptance.court import CourtStage, still_wanted
from tests.acceptance.journeys import INN
from tracker.domain.ids import EntryId

NOBODY_HAS_IT = "【云河法院】无人接手：26执1357佟某，28日06:59到北京西，25日12:00起无人接手。能接手请回"
STILL_THERE = "【云河法院】无人接手：26执1357佟某，25日12:00到西直门如归旅店，25日12:00起无人接手。能接手请回"


async def test_a_planned_alert_goes_on_at_15_30_and_60_minutes(stage: CourtStage, entry_a: EntryId) -> None:
    await stage.railway.sells_ticket(A, FIRST_PLAN)
    await stage.settles()
    await stage.confirms(JUDGE, await stage.alert_of(entry_a), still_wanted())
    await stage.reaches(court_time(2, 25, 12, 14, 59))
    stage.reads_everything()

    await stage.reaches(court_time(2, 25, 12, 15))
    assert stage.sms(ASSISTANT) == [f"{NOBODY_HAS_IT}61935"]
    assert stage.sms(CLERK) == [f"{NOBODY_HAS_IT}61936"]
    await stage.reaches(court_time(2, 25, 12, 29, 59))
    assert stage.unread_sms() == []
    await stage.reaches(court_time(2, 25, 12, 30))
    assert stage.sms(DESK) == [f"{NOBODY_HAS_IT}73520"]
    await stage.reaches(court_time(2, 25, 12, 59, 59))
    stage.reads_everything()
    await stage.reaches(court_time(2, 25, 13, 0))
    assert stage.sms(LEADER) == [f"{NOBODY_HAS_IT}73521"]


async def test_an_imminent_alert_rings_at_1_3_5_and_10_minutes(stage: CourtStage, entry_a: EntryId) -> None:
    await stage.agency(AgencyKind.POLICE).checks_in(A, INN)
    await stage.settles()
    await stage.confirms(JUDGE, await stage.alert_of(entry_a), still_wanted("police"))
    await stage.reaches(court_time(2, 25, 12, 0, 59))
    assert stage.calls(JUDGE) == stage.calls(DUTY_OFFICER) == []
    stage.reads_everything()

    await stage.reaches(court_time(2, 25, 12, 1))
    assert stage.calls(JUDGE) == [
        "云河法院。紧急预警：26执1357佟某，25日12:00入住西直门如归旅店，人在店内。接手请按1，12:03起逐级上报"
    ]
    assert stage.calls(DUTY_OFFICER) == [
        "云河法院。紧急预警：26执1357佟某，25日12:00入住西直门如归旅店，人在店内。接手请按1，12:03起逐级上报"
    ]
    await stage.reaches(court_time(2, 25, 12, 3))
    assert stage.sms(ASSISTANT) == [f"{STILL_THERE}61935"]
    assert stage.sms(CLERK) == [f"{STILL_THERE}61936"]
    assert len(stage.calls(ASSISTANT)) == len(stage.calls(CLERK)) == 1
    await stage.reaches(court_time(2, 25, 12, 4, 59))
    assert stage.unread_sms() == []
    await stage.reaches(court_time(2, 25, 12, 5))
    assert stage.sms(DESK) == [f"{STILL_THERE}73520"]
    await stage.reaches(court_time(2, 25, 12, 10))
    assert stage.sms(LEADER) == [f"{STILL_THERE}73521"]
    assert len(stage.calls(LEADER)) == 1


async def test_the_leader_is_rung_again_every_five_minutes_until_somebody_takes_it(
    stage: CourtStage, entry_a: EntryId
) -> None:
    await stage.agency(AgencyKind.POLICE).checks_in(A, INN)
    await stage.reaches(court_time(2, 25, 12, 14, 59))
    stage.reads_everything()

    await stage.reaches(court_time(2, 25, 12, 15))
    assert stage.sms(LEADER) == [f"{STILL_THERE}73521"]
    await stage.reaches(court_time(2, 25, 12, 20))
    assert stage.sms(LEADER) == [f"{STILL_THERE}73521"]
    await stage.replies(LEADER, "73521")
    stage.reads_everything()
    await stage.reaches(court_time(2, 25, 12, 29, 59))
    assert stage.calls(LEADER) == []


async def test_a_worker_that_was_away_delays_one_step_and_not_those_after_it(
    stage: CourtStage, entry_a: EntryId
) -> None:
    await stage.railway.sells_ticket(A, FIRST_PLAN)
    await stage.settles()
    stage.reads_everything()

    stage.clock.move_to(court_time(2, 25, 12, 22))
    await stage.settles()
    assert stage.sms(ASSISTANT) == [f"{NOBODY_HAS_IT}61935"]
    assert stage.sms(CLERK) == [f"{NOBODY_HAS_IT}61936"]
    await stage.reaches(court_time(2, 25, 12, 30))

    assert f"{NOBODY_HAS_IT}73520" in stage.sms(DESK)
    stage.reads_everything()
