"""A person's suspension pauses: nobody is stopped, nobody goes home, and a judge decides what comes next."""

import pytest

from adapters.edge.instruction import DisplayState, DoNotStop, NoStop
from schemas.measures import AgencyKind
from scripts.cast import (
    A_CASE,
    A_COLLECTED_FEN,
    A_DEBT_FEN,
    BAILIFF_ONE,
    DESK,
    DUTY_OFFICER,
    JUDGE,
    LEADER,
    A,
)
from scripts.desk import court_time
from scripts.story.props import TONIGHT
from tests.acceptance.court import CourtStage, still_wanted
from tracker.domain.alerts import AlertState
from tracker.domain.alerts import Stage as AlertStage
from tracker.domain.entries import Cause, EntryState
from tracker.domain.errors import NotAllowed
from tracker.domain.ids import EntryId

PAUSED = "【云河法院】暂停行动：26执1357佟某暂停协查，勿拦截，原地待命，待承办法官答复。收到请回"
RESUMED = "【云河法院】恢复行动：26执1357佟某恢复协查，27日06:59到北京西。请登录核对后行动，收到请回"


async def test_everybody_stays_near_and_nobody_stops_the_person(
    dispatched: CourtStage, entry_a: EntryId
) -> None:
    reference = await dispatched.reference_at(AgencyKind.RAIL, entry_a)

    await dispatched.suspends(entry_a, DUTY_OFFICER)

    assert dispatched.sms(JUDGE) == [f"{PAUSED}40718"]
    assert dispatched.sms(DUTY_OFFICER) == [f"{PAUSED}58263"]
    assert dispatched.sms(BAILIFF_ONE) == [f"{PAUSED}61935"]
    assert dispatched.sms(DESK) == [f"{PAUSED}61936"]
    assert (await dispatched.railway.shows(reference)).state is DisplayState.GONE
    checked = await dispatched.railway.asks_before_stop(reference)
    assert isinstance(checked, DoNotStop)
    assert checked.reason is NoStop.NOT_IN_FORCE
    assert await dispatched.stage_of(entry_a) is AlertStage.DISPATCHED


async def test_judge_and_desk_are_asked_to_end_or_resume(dispatched: CourtStage, entry_a: EntryId) -> None:
    dispatched.pushes(JUDGE)

    await dispatched.suspends(entry_a, DUTY_OFFICER)
    dispatched.new_sms()

    asked = "待决定 · 26执1357 / 佟某，协查已暂停 · 请决定终止或恢复"
    assert asked in dispatched.pushes(JUDGE)
    assert asked in dispatched.pushes(DESK)


async def test_nobody_is_called_out_while_it_is_paused(stage: CourtStage, entry_a: EntryId) -> None:
    await stage.railway.sells_ticket(A, TONIGHT)
    await stage.settles()
    await stage.suspends(entry_a, DUTY_OFFICER)
    stage.reads_everything()

    await stage.reaches(court_time(2, 27, 5, 30))

    assert stage.unread_sms() == []
    assert stage.calls(JUDGE) == []


async def test_who_suspended_it_cannot_resume_it(dispatched: CourtStage, entry_a: EntryId) -> None:
    await dispatched.suspends(entry_a, JUDGE)
    dispatched.reads_everything()

    with pytest.raises(NotAllowed, match="resume an entry"):
        await dispatched.resumes(entry_a, JUDGE)


async def test_who_may_not_judge_cannot_resume_it(dispatched: CourtStage, entry_a: EntryId) -> None:
    await dispatched.suspends(entry_a, DUTY_OFFICER)
    dispatched.reads_everything()

    with pytest.raises(NotAllowed, match="resume an entry"):
        await dispatched.resumes(entry_a, DESK)


async def test_the_judge_resumes_and_the_agency_lists_it_again_under_a_higher_version(
    dispatched: CourtStage, entry_a: EntryId
) -> None:
    reference = await dispatched.reference_at(AgencyKind.RAIL, entry_a)
    await dispatched.suspends(entry_a, DUTY_OFFICER)
    dispatched.reads_everything()

    await dispatched.resumes(entry_a, JUDGE)

    assert dispatched.sms(JUDGE) == [f"{RESUMED}40718"]
    assert dispatched.sms(DUTY_OFFICER) == [f"{RESUMED}58263"]
    assert dispatched.sms(BAILIFF_ONE) == [f"{RESUMED}61935"]
    assert dispatched.sms(DESK) == [f"{RESUMED}61936"]
    assert {one.version for one in await dispatched.instructions(entry_a)} == {2}
    assert (await dispatched.railway.shows(reference)).state is DisplayState.REPORT_ONLY


async def test_the_railway_must_be_answered_anew_before_anybody_is_stopped(
    dispatched: CourtStage, entry_a: EntryId
) -> None:
    reference = await dispatched.reference_at(AgencyKind.RAIL, entry_a)
    await dispatched.suspends(entry_a, DUTY_OFFICER)
    await dispatched.resumes(entry_a, JUDGE)
    dispatched.reads_everything()
    assert (await dispatched.railway.shows(reference)).confirmation is None

    await dispatched.confirms(JUDGE, await dispatched.alert_of(entry_a), still_wanted())

    assert (await dispatched.railway.shows(reference)).state is DisplayState.HOLD_WHEN_CHECKED


async def test_what_nobody_had_taken_rings_on_when_it_is_resumed(stage: CourtStage, entry_a: EntryId) -> None:
    await stage.railway.sells_ticket(A, TONIGHT)
    await stage.settles()
    await stage.suspends(entry_a, DUTY_OFFICER)
    await stage.reaches(court_time(2, 27, 5, 30))
    await stage.resumes(entry_a, LEADER)
    stage.reads_everything()

    await stage.reaches(court_time(2, 27, 5, 31))

    assert len(stage.calls(JUDGE)) == len(stage.calls(DUTY_OFFICER)) == 1


async def test_money_that_comes_while_it_is_paused_sends_the_team_home(
    dispatched: CourtStage, entry_a: EntryId
) -> None:
    await dispatched.suspends(entry_a, DUTY_OFFICER)
    dispatched.reads_everything()

    await dispatched.pays(A_CASE, A_DEBT_FEN - A_COLLECTED_FEN)

    assert (await dispatched.alert_of(entry_a)).state is AlertState.RETRACTED
    over = (
        "【云河法院】停止行动：26执1357佟某25日12:00已履行，各单位已撤控。"
        "勿查找勿拦截，已控制的立即放行。收到请回"
    )
    assert dispatched.sms(JUDGE) == [f"{over}40718"]
    assert dispatched.sms(DUTY_OFFICER) == [f"{over}58263"]
    assert dispatched.sms(BAILIFF_ONE) == [f"{over}61935"]
    assert dispatched.sms(DESK) == [f"{over}61936"]


async def test_a_judge_who_ends_what_is_paused_sends_the_team_home(
    dispatched: CourtStage, entry_a: EntryId
) -> None:
    await dispatched.suspends(entry_a, DUTY_OFFICER)
    dispatched.reads_everything()

    await dispatched.withdraws(entry_a, JUDGE, Cause.WITHDRAWN)

    assert (await dispatched.entry(entry_a)).state is EntryState.ENDED
    assert (await dispatched.alert_of(entry_a)).state is AlertState.RETRACTED
    assert len(dispatched.sms(BAILIFF_ONE)) == 1
    dispatched.reads_everything()
