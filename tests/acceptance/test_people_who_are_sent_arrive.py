"""Whoever is sent knows where, when and under whom, and the desk learns when they are not there in time."""

from dataclasses import replace

import pytest

from schemas.measures import AgencyKind
from scripts.cast import BAILIFF_ONE, CLERK, DESK, DUTY_OFFICER, JUDGE, A
from scripts.desk import court_time
from scripts.story.props import TONIGHT
from tests.acceptance.court import CourtStage, still_wanted
from tests.acceptance.journeys import BEIJING_GATE, INN
from tracker.domain.alerts import Outcome
from tracker.domain.alerts import Stage as AlertStage
from tracker.domain.errors import NotAllowed
from tracker.domain.ids import EntryId
from tracker.domain.plans import Urgency
from tracker.services.answers.replies import ReplyMeaning

ALREADY_ON_BOARD = replace(TONIGHT, departs=court_time(2, 25, 11, 50), arrives=court_time(2, 25, 12, 2))
"""Bought on the train, minutes before it arrives."""


async def test_each_of_them_is_told_and_answers(stage: CourtStage, entry_a: EntryId) -> None:
    await stage.railway.sells_ticket(A, TONIGHT)
    await stage.settles()
    stage.reads_everything()
    await stage.sends_judge_and_bailiff(await stage.alert_of(entry_a), court_time(2, 27, 6, 10))

    sent = "【云河法院】派员：26执1357佟某，27日06:59到北京西，06:10北京西站台集合，带队沈法官。收到请回"
    assert stage.sms(JUDGE) == [f"{sent}40718"]
    assert stage.sms(BAILIFF_ONE) == [f"{sent}61935"]

    assert await stage.replies(BAILIFF_ONE, "61935") is ReplyMeaning.ANSWERED
    assert await stage.stage_of(entry_a) is AlertStage.DISPATCHED


async def test_only_who_has_it_or_the_judge_or_the_desk_sends_people(
    stage: CourtStage, entry_a: EntryId
) -> None:
    await stage.railway.sells_ticket(A, TONIGHT)
    await stage.settles()
    stage.reads_everything()
    alert = await stage.alert_of(entry_a)

    with pytest.raises(NotAllowed, match="act on an alert"):
        await stage.closes(DUTY_OFFICER, alert, Outcome.NOT_FOUND)
    with pytest.raises(NotAllowed, match="act on an alert"):
        await stage.confirms(CLERK, alert, still_wanted())


async def test_the_desk_is_told_when_they_have_not_reported_by_the_time(
    dispatched: CourtStage, entry_a: EntryId
) -> None:
    await dispatched.reaches(court_time(2, 27, 6, 58, 59))
    dispatched.reads_everything()

    await dispatched.reaches(court_time(2, 27, 6, 59))

    assert dispatched.sms(DESK) == [
        "【云河法院】未报到位：26执1357佟某，27日06:59到北京西，派员尚未报到位，带队沈法官。请联系核实，接手请回61936"
    ]


async def test_people_sent_to_where_somebody_is_now_have_until_their_muster(
    stage: CourtStage, entry_a: EntryId
) -> None:
    await stage.agency(AgencyKind.POLICE).checks_in(A, INN)
    await stage.settles()
    await stage.sends_judge_and_bailiff(await stage.alert_of(entry_a), court_time(2, 25, 12, 30))
    await stage.confirms(JUDGE, await stage.alert_of(entry_a), still_wanted("police"))
    stage.reads_everything()
    await stage.reaches(court_time(2, 25, 12, 29, 59))
    assert stage.unread_sms() == []

    await stage.reaches(court_time(2, 25, 12, 30))

    assert len(stage.sms(DESK)) == 1


async def test_nobody_is_told_when_they_have_reported(dispatched: CourtStage, entry_a: EntryId) -> None:
    await dispatched.reaches(court_time(2, 27, 6, 35))
    await dispatched.arrives(BAILIFF_ONE, await dispatched.alert_of(entry_a))
    dispatched.reads_everything()

    await dispatched.reaches(court_time(2, 27, 7, 20))

    assert dispatched.unread_sms() == []


async def test_they_hear_quietly_that_the_person_is_there(dispatched: CourtStage, entry_a: EntryId) -> None:
    await dispatched.reaches(court_time(2, 27, 6, 40))
    await dispatched.arrives(JUDGE, await dispatched.alert_of(entry_a))
    dispatched.reads_everything()

    await dispatched.railway.opens_gate(A, BEIJING_GATE)
    await dispatched.settles()

    there = "【云河法院】人已到点：26执1357佟某27日06:40在北京西出站闸机。无需回复，请按派员单行动"
    assert dispatched.sms(JUDGE) == dispatched.sms(BAILIFF_ONE) == [there]
    assert dispatched.sms(DUTY_OFFICER) == dispatched.calls(JUDGE) == []


async def test_paging_ends_when_the_person_cannot_be_met_any_more(
    stage: CourtStage, entry_a: EntryId
) -> None:
    await stage.railway.sells_ticket(A, ALREADY_ON_BOARD)
    await stage.settles()
    await stage.confirms(JUDGE, await stage.alert_of(entry_a), still_wanted())
    await stage.reaches(court_time(2, 25, 12, 32))
    stage.reads_everything()

    await stage.reaches(court_time(2, 25, 14, 0))

    assert stage.unread_sms() == []
    alert = await stage.alert_of(entry_a)
    assert alert.urgency is Urgency.TRACE
    assert await stage.stage_of(entry_a) is AlertStage.OPEN
    await stage.closes(JUDGE, alert, Outcome.NOT_FOUND, "已下车，无人可派")
    assert await stage.stage_of(entry_a) is AlertStage.CLOSED
