"""No entry goes on because nobody looked: it is validated in time, or leaves every agency."""

from datetime import date

import pytest

from adapters.edge.card_use import Hit
from schemas.measures import AgencyKind, Measure
from scripts.cast import B_CASE, CLERK, DESK, DUTY_OFFICER, JUDGE, LEADER, A, B
from scripts.desk import court_time
from scripts.stage import Registration
from scripts.story.props import TONIGHT
from tests.acceptance.court import CourtStage
from tests.acceptance.listing import AGENCIES, HOTEL, gone_at, in_force_at, opens_bs_case
from tracker.domain.alerts import AlertState
from tracker.domain.entries import Cause, EntryState
from tracker.domain.errors import NotAllowed
from tracker.domain.ids import EntryId

DUE = court_time(4, 25, 9, 0)
"""Sixty days after A's entry came into force."""
VALIDATE = "【云河法院】核验提醒：26执1357佟某的协查须4月25日09:00前核验，逾期自动暂停。请登录核验，无需回复"
ENDS = "【云河法院】到期提醒：26执1357佟某的协查5月20日到期，届时自动撤控，仍需协查须提前申请延期，无需回复"
STOP = (
    "【云河法院】停止行动：26执1357佟某25日09:00未按期核验，各单位已撤控。"
    "勿查找勿拦截，已控制的立即放行。收到请回"
)
TO_DECIDE = "待决定 · 26执1357 / 佟某，协查已暂停 · 请决定终止或恢复"


async def state_of(stage: CourtStage, entry_id: EntryId) -> tuple[EntryState, Cause | None]:
    entry = await stage.entry(entry_id)
    return entry.state, entry.cause


async def test_what_nobody_validates_leaves_every_agency_on_the_stroke(
    stage: CourtStage, entry_a: EntryId
) -> None:
    await stage.reaches(court_time(4, 25, 8, 59, 59))
    assert await in_force_at(stage, entry_a) == set(AGENCIES)
    stage.reads_everything()

    await stage.reaches(DUE)

    assert await state_of(stage, entry_a) == (EntryState.SUSPENDED, Cause.NOT_VALIDATED)
    assert await gone_at(stage, entry_a) == set(AGENCIES)
    assert {one.gone_since for one in await stage.instructions(entry_a)} == {DUE}
    assert stage.pushes(JUDGE) == [TO_DECIDE]


async def test_who_was_sent_stands_down_when_nobody_validated(stage: CourtStage, entry_a: EntryId) -> None:
    await stage.reaches(court_time(4, 25, 8, 50))
    await stage.agency(AgencyKind.POLICE).checks_in(A, HOTEL)
    await stage.reaches(court_time(4, 25, 8, 59))
    stage.reads_everything()

    await stage.reaches(DUE)

    assert stage.sms(JUDGE) == [f"{STOP}40718"]
    assert stage.sms(DUTY_OFFICER) == [f"{STOP}58263"]
    stage.reads_everything()
    assert (await stage.alert_of(entry_a)).state is AlertState.RETRACTED


async def test_who_resumes_it_has_validated_it(stage: CourtStage, entry_a: EntryId) -> None:
    await stage.reaches(court_time(4, 25, 14, 0))

    await stage.resumes(entry_a, JUDGE)

    assert await in_force_at(stage, entry_a) == set(AGENCIES)
    assert (await stage.entry(entry_a)).validate_by == court_time(7, 24, 14, 0)
    assert isinstance(await stage.railway.sells_ticket(A, TONIGHT), Hit)
    await stage.reaches(court_time(4, 26, 9, 0))
    assert (await stage.entry(entry_a)).state is EntryState.ACTIVE
    stage.reads_everything()


async def test_a_pause_leaves_the_moment_and_past_it_resuming_validates(
    stage: CourtStage, entry_a: EntryId
) -> None:
    await stage.suspends(entry_a, DUTY_OFFICER)
    await stage.resumes(entry_a, JUDGE)
    assert (await stage.entry(entry_a)).validate_by == DUE
    await stage.suspends(entry_a, DUTY_OFFICER)

    await stage.reaches(court_time(4, 26, 9, 0))
    assert await state_of(stage, entry_a) == (EntryState.SUSPENDED, Cause.SUSPENDED_BY_PERSON)
    await stage.resumes(entry_a, JUDGE)

    assert (await stage.entry(entry_a)).validate_by == court_time(7, 25, 9, 0)


async def test_one_tap_is_good_for_90_days(stage: CourtStage) -> None:
    await opens_bs_case(stage)
    entry_b = await stage.lists(
        Registration(case=B_CASE, wanted=B, measure=Measure.REPORT_WHEREABOUTS, until=date(2026, 8, 20))
    )
    await stage.reaches(court_time(4, 20, 9, 30))
    await stage.validates(entry_b, CLERK)

    await stage.reaches(court_time(7, 19, 9, 29, 59))
    assert (await stage.entry(entry_b)).state is EntryState.ACTIVE
    await stage.reaches(court_time(7, 19, 9, 30))

    assert await state_of(stage, entry_b) == (EntryState.SUSPENDED, Cause.NOT_VALIDATED)
    stage.reads_everything()


async def test_only_the_judge_and_the_clerks_of_the_team_validate(
    stage: CourtStage, entry_a: EntryId
) -> None:
    with pytest.raises(NotAllowed, match="validate an entry"):
        await stage.validates(entry_a, DESK)
    with pytest.raises(NotAllowed, match="validate an entry"):
        await stage.validates(entry_a, LEADER)

    assert (await stage.entry(entry_a)).validate_by == DUE


async def test_judge_and_clerk_hear_in_time_and_quietly(stage: CourtStage, entry_a: EntryId) -> None:
    await stage.reaches(court_time(3, 26, 8, 59))
    assert stage.unread_sms() == []

    await stage.reaches(court_time(3, 26, 9, 0))
    assert stage.sms(JUDGE) == stage.sms(CLERK) == [VALIDATE]
    await stage.reaches(court_time(4, 18, 9, 0))
    assert stage.sms(JUDGE) == stage.sms(CLERK) == [VALIDATE, VALIDATE]
    await stage.reaches(court_time(4, 24, 9, 0))
    assert stage.sms(JUDGE) == stage.sms(CLERK) == [ENDS, VALIDATE]

    assert stage.calls(JUDGE) == stage.calls(CLERK) == []


async def test_nobody_hears_of_what_was_validated_or_has_ended(stage: CourtStage, entry_a: EntryId) -> None:
    await stage.reaches(court_time(4, 18, 9, 0))
    stage.reads_everything()
    await stage.validates(entry_a, JUDGE)

    await stage.reaches(court_time(5, 6, 9, 0))
    assert stage.sms(JUDGE) == stage.sms(CLERK) == [ENDS, ENDS]
    await stage.withdraws(entry_a, JUDGE)
    await stage.reaches(court_time(5, 21, 9, 0))

    assert stage.unread_sms() == []
