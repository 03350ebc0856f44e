"""One person, two cases, two judges: one alert, and the end of one case is not the end of the other."""

from dataclasses import dataclass

import pytest

from adapters.edge.instruction import DisplayState
from schemas.measures import AgencyKind, Measure
from schemas.messages import NamedDetails
from scripts.cast import B_CASE, COURT, DUTY_OFFICER, JUDGE, LEADER, A, Member
from scripts.stage import Registration
from scripts.story.props import TONIGHT
from tests.acceptance.court import CourtStage, still_wanted
from tracker.domain.alerts import AlertState
from tracker.domain.entries import Cause
from tracker.domain.ids import EntryId, TeamId
from tracker.domain.people import Role
from tracker.storage import alerts

SECOND_TEAM = TeamId("team-two")
SECOND_JUDGE = Member(login="han", name="韩越", role=Role.JUDGE, number=20, in_team=True)

OTHER_CASE = (
    "【云河法院】案件变更：26执1357佟某一案已终止，另案26执1402仍在协查，仅通报行踪，勿控制。收到请回"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """A on the list twice: to be held for 26执1357 (沈), to be reported for 26执1402 (韩)."""

    stage: CourtStage
    held: EntryId
    reported: EntryId


@pytest.fixture
async def sought(stage: CourtStage, entry_a: EntryId) -> Sought:
    await stage.engages_judge(SECOND_JUDGE, SECOND_TEAM)
    await stage.opens_case_of(SECOND_JUDGE, SECOND_TEAM, B_CASE)
    what = Registration(
        case=B_CASE, wanted=A, measure=Measure.REPORT_WHEREABOUTS, capacity="legal-representative"
    )
    reported = await stage.registers(what, by=SECOND_JUDGE)
    await stage.approves(reported, A.number, by=LEADER)
    await stage.railway.sells_ticket(A, TONIGHT)
    await stage.settles()
    return Sought(stage=stage, held=entry_a, reported=reported)


async def test_both_judges_are_told_each_by_their_own_case(sought: Sought) -> None:
    assert sought.stage.sms(JUDGE) == [
        "【云河法院】行踪预警：26执1357佟某，Z38次5车3上，27日06:59到北京西。接手请回40718"
    ]
    assert sought.stage.sms(SECOND_JUDGE) == [
        "【云河法院】行踪预警：26执1402佟某，Z38次5车3上，27日06:59到北京西。接手请回58263"
    ]
    assert len(sought.stage.sms(DUTY_OFFICER)) == 1


async def test_there_is_one_alert(sought: Sought) -> None:
    async with sought.stage.registry.reading() as tx:
        listed = await alerts.list_latest_alerts(tx, COURT.court_id, 10)

    assert len(listed) == 1
    assert set(listed[0].entry_ids) == {sought.held, sought.reported}
    sought.stage.reads_everything()


async def test_the_end_of_one_case_does_not_stand_the_other_down(sought: Sought) -> None:
    stage = sought.stage
    stage.reads_everything()

    await stage.withdraws(sought.held, JUDGE, Cause.WITHDRAWN)

    assert stage.sms(JUDGE) == [f"{OTHER_CASE}40718"]
    assert stage.sms(SECOND_JUDGE) == [f"{OTHER_CASE}58263"]
    assert stage.sms(DUTY_OFFICER) == [f"{OTHER_CASE}61935"]
    alert = await stage.alert_of(sought.reported)
    assert alert.state is AlertState.OPEN


async def test_the_agency_holds_the_instruction_that_still_stands(sought: Sought) -> None:
    stage = sought.stage
    stage.reads_everything()
    await stage.confirms(JUDGE, await stage.alert_of(sought.held), still_wanted())
    reference = await stage.reference_at(AgencyKind.RAIL, sought.held)
    before = await stage.railway.shows(reference)
    assert (before.state, before.measure) == (DisplayState.HOLD_WHEN_CHECKED, Measure.HOLD_FOR_SUMMONS)

    await stage.withdraws(sought.held, JUDGE, Cause.WITHDRAWN)

    after = await stage.railway.shows(reference)
    assert (after.state, after.measure) == (DisplayState.REPORT_ONLY, Measure.REPORT_WHEREABOUTS)
    assert isinstance(after.named, NamedDetails)
    assert after.named.case_number == "（2026）京0199执1402号"
    assert after.confirmation is not None
    assert after.confirmation.hold_for_s is None
    stage.reads_everything()


async def test_the_end_of_the_second_case_stands_everybody_down(sought: Sought) -> None:
    stage = sought.stage
    await stage.withdraws(sought.held, JUDGE, Cause.WITHDRAWN)
    stage.reads_everything()

    await stage.withdraws(sought.reported, SECOND_JUDGE, Cause.WITHDRAWN)

    assert (await stage.alert_of(sought.reported)).state is AlertState.RETRACTED
    assert stage.sms(SECOND_JUDGE) == [
        "【云河法院】停止行动：26执1402佟某25日12:00已撤控，各单位已撤控。勿查找勿拦截。收到请回58263"
    ]
    assert len(stage.sms(JUDGE)) == len(stage.sms(DUTY_OFFICER)) == 1
