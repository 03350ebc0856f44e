"""An agency that waits for the court gets an answer: people are reminded, then others are told."""

import pytest

from adapters.edge.instruction import DisplayState, DoNotStop, InForce, NoStop
from schemas.measures import AgencyKind
from schemas.messages import Answer
from scripts.cast import DESK, DUTY_OFFICER, JUDGE, LEADER, A
from scripts.desk import court_time
from scripts.story.props import FIRST_PLAN
from tests.acceptance.court import CourtStage, still_wanted
from tests.acceptance.journeys import INN
from tracker.domain.errors import Conflict
from tracker.domain.ids import AgencyId, EntryId
from tracker.services.alerts.confirmations import AnswerForm

RAIL_WAITS = "【云河法院】答复将逾时：铁路等待26执1357佟某复核，13:00前须答复。请登录答复，接手请回"
POLICE_WAIT = "【云河法院】答复将逾时：公安等待26执1357佟某复核，12:10前须答复。请登录答复，接手请回"
POLICE_WAIT_LONGER = "【云河法院】答复将逾时：公安等待26执1357佟某复核，12:20前须答复。请登录答复，接手请回"
MORE_TIME = AnswerForm(agency_id=AgencyId("police"), answer=Answer.MORE_TIME)


@pytest.fixture
async def waiting(stage: CourtStage, entry_a: EntryId) -> CourtStage:
    """A has a ticket for Saturday; the judge has it and has not answered the railway yet."""
    await stage.railway.sells_ticket(A, FIRST_PLAN)
    await stage.settles()
    await stage.replies(JUDGE, "40718")
    stage.reads_everything()
    return stage


@pytest.fixture
async def in_the_inn(stage: CourtStage, entry_a: EntryId) -> CourtStage:
    """A has just taken a room; the judge has it and has sent people, but the police wait."""
    await stage.agency(AgencyKind.POLICE).checks_in(A, INN)
    await stage.settles()
    await stage.replies(JUDGE, "40718")
    await stage.sends_judge_and_bailiff(await stage.alert_of(entry_a), court_time(2, 25, 12, 30))
    await stage.arrives(JUDGE, await stage.alert_of(entry_a))
    stage.reads_everything()
    return stage


async def test_a_ticket_waits_an_hour_with_a_reminder_at_half(waiting: CourtStage, entry_a: EntryId) -> None:
    await waiting.reaches(court_time(2, 25, 12, 29, 59))
    assert waiting.unread_sms() == []
    await waiting.reaches(court_time(2, 25, 12, 30))
    assert waiting.sms(JUDGE) == [f"{RAIL_WAITS}40718"]
    assert waiting.sms(DUTY_OFFICER) == [f"{RAIL_WAITS}58263"]
    await waiting.reaches(court_time(2, 25, 12, 59, 59))
    assert waiting.unread_sms() == []
    await waiting.reaches(court_time(2, 25, 13, 0))
    assert waiting.sms(DESK) == [f"{RAIL_WAITS}61935"]
    assert waiting.sms(LEADER) == [f"{RAIL_WAITS}61936"]


async def test_a_person_who_is_there_now_waits_ten_minutes(in_the_inn: CourtStage, entry_a: EntryId) -> None:
    await in_the_inn.reaches(court_time(2, 25, 12, 5))
    assert f"{POLICE_WAIT}40718" in in_the_inn.sms(JUDGE)
    in_the_inn.reads_everything()
    await in_the_inn.reaches(court_time(2, 25, 12, 10))
    assert len(in_the_inn.sms(DESK)) == len(in_the_inn.sms(LEADER)) == 1


async def test_an_answer_stops_the_clock(waiting: CourtStage, entry_a: EntryId) -> None:
    await waiting.confirms(JUDGE, await waiting.alert_of(entry_a), still_wanted())

    await waiting.reaches(court_time(2, 25, 14, 0))

    assert waiting.unread_sms() == []


async def test_more_time_is_given_once_and_moves_the_clock(in_the_inn: CourtStage, entry_a: EntryId) -> None:
    await in_the_inn.reaches(court_time(2, 25, 12, 4))
    await in_the_inn.confirms(JUDGE, await in_the_inn.alert_of(entry_a), MORE_TIME)
    await in_the_inn.reaches(court_time(2, 25, 12, 9, 59))
    assert in_the_inn.unread_sms() == []
    await in_the_inn.reaches(court_time(2, 25, 12, 10))
    assert in_the_inn.sms(JUDGE) == [f"{POLICE_WAIT_LONGER}40718"]
    assert in_the_inn.sms(DESK) == in_the_inn.sms(LEADER) == []
    in_the_inn.reads_everything()
    with pytest.raises(Conflict, match="more time was taken once already"):
        await in_the_inn.confirms(JUDGE, await in_the_inn.alert_of(entry_a), MORE_TIME)
    await in_the_inn.reaches(court_time(2, 25, 12, 20))
    assert len(in_the_inn.sms(DESK)) == len(in_the_inn.sms(LEADER)) == 1


async def test_until_it_is_answered_the_officer_sees_report_do_not_stop(
    waiting: CourtStage, entry_a: EntryId
) -> None:
    reference = await waiting.reference_at(AgencyKind.RAIL, entry_a)

    assert (await waiting.railway.shows(reference)).state is DisplayState.REPORT_ONLY
    checked = await waiting.railway.asks_before_stop(reference)
    assert isinstance(checked, DoNotStop)
    assert checked.reason is NoStop.NOT_CONFIRMED


async def test_an_answered_officer_asks_before_the_stop_and_hears_how_fresh_it_is(
    waiting: CourtStage, entry_a: EntryId
) -> None:
    reference = await waiting.reference_at(AgencyKind.RAIL, entry_a)
    await waiting.confirms(JUDGE, await waiting.alert_of(entry_a), still_wanted())
    await waiting.waits(seconds=30)

    checked = await waiting.railway.asks_before_stop(reference)

    assert isinstance(checked, InForce)
    assert checked.court_heard_s <= 10
    assert checked.confirmation.act_point == "北京西"
    assert checked.confirmation.report_only_until == "北京西"
    assert checked.confirmation.phone_24h == "010-00000000"


async def test_a_court_that_is_silent_for_five_minutes_stops_nobody(
    waiting: CourtStage, entry_a: EntryId
) -> None:
    reference = await waiting.reference_at(AgencyKind.RAIL, entry_a)
    await waiting.confirms(JUDGE, await waiting.alert_of(entry_a), still_wanted())
    waiting.clock.move_to(court_time(2, 25, 12, 5, 1))

    checked = await waiting.railway.asks_before_stop(reference)

    assert isinstance(checked, DoNotStop)
    assert checked.reason is NoStop.COURT_SILENT


async def test_the_standing_answer_covers_the_next_hit_of_the_same_plan(
    waiting: CourtStage, entry_a: EntryId
) -> None:
    await waiting.confirms(JUDGE, await waiting.alert_of(entry_a), still_wanted())
    await waiting.railway.sells_ticket(A, FIRST_PLAN)

    await waiting.waits(hours=2)

    assert waiting.unread_sms() == []
