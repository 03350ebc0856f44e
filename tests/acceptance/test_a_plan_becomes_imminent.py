"""At act-from a planned alert becomes imminent by itself, unless people are on their way."""

from scripts.cast import ASSISTANT, BAILIFF_ONE, CLERK, DESK, DUTY_OFFICER, JUDGE, LEADER, A
from scripts.desk import court_time
from scripts.story.props import TONIGHT
from tests.acceptance.court import CourtStage, still_wanted
from tracker.domain.alerts import Stage as AlertStage
from tracker.domain.ids import EntryId
from tracker.domain.plans import Urgency

NOBODY_SENT = "【云河法院】无人出动：26执1357佟某27日06:59到北京西，至04:59仍未派员。请立即派员，接手请回"


async def test_nobody_took_it_and_everybody_who_was_told_hears_that_nobody_goes(
    stage: CourtStage, entry_a: EntryId
) -> None:
    await stage.railway.sells_ticket(A, TONIGHT)
    await stage.reaches(court_time(2, 27, 4, 58, 59))
    stage.reads_everything()

    await stage.reaches(court_time(2, 27, 4, 59))

    assert (await stage.alert_of(entry_a)).urgency is Urgency.IMMINENT
    assert stage.sms(JUDGE) == [f"{NOBODY_SENT}40718"]
    assert stage.sms(DUTY_OFFICER) == [f"{NOBODY_SENT}58263"]
    assert stage.sms(ASSISTANT) == [f"{NOBODY_SENT}61935"]
    assert stage.sms(CLERK) == [f"{NOBODY_SENT}61936"]
    assert stage.sms(DESK) == [f"{NOBODY_SENT}73520"]
    assert stage.sms(LEADER) == [f"{NOBODY_SENT}73521"]
    await stage.reaches(court_time(2, 27, 5, 0))
    assert len(stage.calls(JUDGE)) == 1


async def test_a_taking_without_people_lapses_at_act_from_and_rings_again(
    stage: CourtStage, entry_a: EntryId
) -> None:
    await stage.railway.sells_ticket(A, TONIGHT)
    await stage.settles()
    await stage.replies(JUDGE, "40718")
    await stage.confirms(JUDGE, await stage.alert_of(entry_a), still_wanted())
    stage.reads_everything()

    await stage.reaches(court_time(2, 27, 4, 59))

    assert await stage.stage_of(entry_a) is AlertStage.OPEN
    assert stage.sms(JUDGE) == [f"{NOBODY_SENT}40718"]
    assert stage.sms(DUTY_OFFICER) == [f"{NOBODY_SENT}58263"]
    await stage.reaches(court_time(2, 27, 5, 0))
    assert len(stage.calls(JUDGE)) == len(stage.calls(DUTY_OFFICER)) == 1
    await stage.reaches(court_time(2, 27, 5, 2))
    assert len(stage.sms(ASSISTANT)) == len(stage.sms(CLERK)) == 1


async def test_nobody_is_woken_when_people_are_on_their_way(stage: CourtStage, entry_a: EntryId) -> None:
    await stage.railway.sells_ticket(A, TONIGHT)
    await stage.settles()
    await stage.replies(JUDGE, "40718")
    await stage.sends_judge_and_bailiff(await stage.alert_of(entry_a), court_time(2, 27, 6, 10))
    await stage.confirms(JUDGE, await stage.alert_of(entry_a), still_wanted())
    assert len(stage.sms(BAILIFF_ONE)) == 1
    stage.reads_everything()

    await stage.reaches(court_time(2, 27, 6, 58, 59))

    assert stage.unread_sms() == []
    assert stage.calls(JUDGE) == stage.calls(DUTY_OFFICER) == []
    assert await stage.stage_of(entry_a) is AlertStage.DISPATCHED


async def test_a_taking_of_an_imminent_alert_lapses_after_ten_minutes_without_people(
    stage: CourtStage, entry_a: EntryId
) -> None:
    await stage.railway.sells_ticket(A, TONIGHT)
    await stage.reaches(court_time(2, 27, 5, 30))
    await stage.replies(JUDGE, "40718")
    stage.reads_everything()

    await stage.reaches(court_time(2, 27, 5, 39, 59))
    assert await stage.stage_of(entry_a) is AlertStage.TAKEN
    assert stage.unread_sms() == []
    await stage.reaches(court_time(2, 27, 5, 40))

    assert await stage.stage_of(entry_a) is AlertStage.OPEN
    assert stage.sms(JUDGE) == [
        "【云河法院】无人出动：26执1357佟某27日06:59到北京西，至05:40仍未派员。请立即派员，接手请回40718"
    ]
    stage.reads_everything()
