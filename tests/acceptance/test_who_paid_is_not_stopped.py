"""When nothing stands against a person any more, everybody who was told stands down, and says so."""

from adapters.edge.card_use import Clear
from adapters.edge.instruction import DisplayState
from adapters.edge.officers import HoldRefused
from schemas.measures import AgencyKind
from scripts.cast import (
    A_CASE,
    A_COLLECTED_FEN,
    A_DEBT_FEN,
    BAILIFF_ONE,
    CLERK,
    DESK,
    DUTY_OFFICER,
    JUDGE,
    A,
)
from scripts.desk import court_time
from scripts.story.props import TONIGHT
from tests.acceptance.court import CourtStage
from tests.acceptance.journeys import BEIJING_GATE
from tracker.domain.alerts import AlertState, Outcome
from tracker.domain.entries import Cause, EntryState
from tracker.domain.ids import EntryId
from tracker.services.alerts.stand_down_board import find_board
from tracker.services.answers.replies import ReplyMeaning

OPEN_FEN = A_DEBT_FEN - A_COLLECTED_FEN
STOP = (
    "【云河法院】停止行动：26执1357佟某25日12:00已履行，各单位已撤控。"
    "勿查找勿拦截，已控制的立即放行。收到请回"
)
STOP_UNPROVEN = "【云河法院】停止行动：26执1357佟某25日12:00已履行，边检尚未回执，值班室正电话通知。收到请回"


async def test_payment_stands_everybody_down_once_every_agency_has_said_gone(
    dispatched: CourtStage, entry_a: EntryId
) -> None:
    reference = await dispatched.reference_at(AgencyKind.RAIL, entry_a)

    await dispatched.pays(A_CASE, OPEN_FEN)

    assert dispatched.clock.now() == court_time(2, 25, 12, 0)
    assert dispatched.sms(JUDGE) == [f"{STOP}40718"]
    assert dispatched.sms(DUTY_OFFICER) == [f"{STOP}58263"]
    assert dispatched.sms(BAILIFF_ONE) == [f"{STOP}61935"]
    assert (await dispatched.alert_of(entry_a)).state is AlertState.RETRACTED
    assert (await dispatched.entry(entry_a)).state is EntryState.SUSPENDED
    assert (await dispatched.railway.shows(reference)).state is DisplayState.GONE


async def test_an_agency_that_is_silent_is_named_after_two_seconds_and_nobody_is_told_twice(
    dispatched: CourtStage, entry_a: EntryId
) -> None:
    async with dispatched.mute(AgencyKind.BORDER):
        await dispatched.pays(A_CASE, OPEN_FEN)
        await dispatched.waits(seconds=1.9)
        assert dispatched.unread_sms() == []
        await dispatched.waits(seconds=0.1)
        assert dispatched.sms(JUDGE) == [f"{STOP_UNPROVEN}40718"]
        assert dispatched.sms(DUTY_OFFICER) == [f"{STOP_UNPROVEN}58263"]
        assert dispatched.sms(BAILIFF_ONE) == [f"{STOP_UNPROVEN}61935"]

    await dispatched.settles()

    assert {one.gone_since is not None for one in await dispatched.instructions(entry_a)} == {True}
    assert dispatched.unread_sms() == []


async def test_who_was_sent_and_does_not_answer_is_called_and_then_the_desk_calls(
    dispatched: CourtStage, entry_a: EntryId
) -> None:
    await dispatched.pays(A_CASE, OPEN_FEN)
    dispatched.reads_everything()
    assert await dispatched.replies(JUDGE, "40718") is ReplyMeaning.ANSWERED

    await dispatched.waits(minutes=2)
    assert dispatched.calls(BAILIFF_ONE) == [
        "云河法院。停止行动：26执1357佟某25日12:00已履行，各单位已撤控。"
        "勿查找勿拦截，已控制的立即放行。收到请按1"
    ]
    assert dispatched.calls(JUDGE) == []
    await dispatched.waits(minutes=2)

    assert dispatched.sms(DESK) == [f"{STOP}61936"]


async def test_nobody_is_rung_again_when_everybody_has_answered(
    dispatched: CourtStage, entry_a: EntryId
) -> None:
    await dispatched.pays(A_CASE, OPEN_FEN)
    dispatched.reads_everything()
    await dispatched.replies(JUDGE, "40718")
    assert await dispatched.replies(BAILIFF_ONE, "61935") is ReplyMeaning.ANSWERED

    await dispatched.waits(minutes=10)

    assert dispatched.unread_sms() == []
    assert dispatched.calls(BAILIFF_ONE) == []


async def test_an_agency_that_still_holds_the_person_is_called_by_the_desk(
    dispatched: CourtStage, entry_a: EntryId
) -> None:
    await dispatched.reaches(court_time(2, 27, 6, 59))
    reference = await dispatched.reference_at(AgencyKind.RAIL, entry_a)
    await dispatched.railway.holds(reference, place="北京西出站口", unit="北京西站派出所")
    await dispatched.settles()
    await dispatched.pays(A_CASE, OPEN_FEN)
    assert (await dispatched.railway.shows(reference)).state is DisplayState.RELEASE
    await dispatched.replies(JUDGE, "40718")
    await dispatched.replies(BAILIFF_ONE, "61935")
    dispatched.reads_everything()
    alert = await dispatched.alert_of(entry_a)
    async with dispatched.registry.reading() as tx:
        board = await find_board(tx, alert)
    assert board is not None
    assert board.silent_people == ()
    assert [(one.agency_id, one.answered_at) for one in board.agencies if one.is_holding] == [
        ("rail", alert.closed_at)
    ]

    await dispatched.waits(minutes=4)

    assert len(dispatched.sms(DESK)) == 1


async def test_a_hold_that_comes_after_the_payment_is_answered_with_release(
    dispatched: CourtStage, entry_a: EntryId
) -> None:
    reference = await dispatched.reference_at(AgencyKind.RAIL, entry_a)
    await dispatched.pays(A_CASE, OPEN_FEN)
    dispatched.reads_everything()

    answer = await dispatched.railway.holds(reference, place="北京西出站口", unit="北京西站派出所")
    await dispatched.replies(JUDGE, "40718")
    await dispatched.replies(BAILIFF_ONE, "61935")

    assert isinstance(answer, HoldRefused)
    assert (await dispatched.railway.shows(reference)).state is DisplayState.RELEASE


async def test_who_was_never_told_is_not_stood_down(stage: CourtStage, entry_a: EntryId) -> None:
    await stage.railway.sells_ticket(A, TONIGHT)
    await stage.settles()
    stage.reads_everything()

    await stage.pays(A_CASE, OPEN_FEN)

    assert len(stage.sms(JUDGE)) == len(stage.sms(DUTY_OFFICER)) == 1
    assert stage.sms(CLERK) == stage.sms(DESK) == []


async def test_the_pages_still_to_come_are_cancelled(stage: CourtStage, entry_a: EntryId) -> None:
    await stage.railway.sells_ticket(A, TONIGHT)
    await stage.settles()
    await stage.pays(A_CASE, OPEN_FEN)
    stage.reads_everything()

    await stage.reaches(court_time(2, 27, 7, 30))

    assert stage.unread_sms() == []
    assert stage.calls(JUDGE) == []


async def test_a_withdrawal_says_withdrawn_and_not_paid(dispatched: CourtStage, entry_a: EntryId) -> None:
    await dispatched.withdraws(entry_a, JUDGE, Cause.WITHDRAWN)

    withdrawn = (
        "【云河法院】停止行动：26执1357佟某25日12:00已撤控，各单位已撤控。"
        "勿查找勿拦截，已控制的立即放行。收到请回"
    )
    assert dispatched.sms(JUDGE) == [f"{withdrawn}40718"]
    assert dispatched.sms(DUTY_OFFICER) == [f"{withdrawn}58263"]
    assert dispatched.sms(BAILIFF_ONE) == [f"{withdrawn}61935"]


async def test_the_one_who_paid_hears_it_once_when_the_judge_has_ended_the_entry(
    dispatched: CourtStage, entry_a: EntryId
) -> None:
    await dispatched.pays(A_CASE, OPEN_FEN)
    assert dispatched.sms(A) == []
    await dispatched.withdraws(entry_a, JUDGE, Cause.PERFORMED)

    assert dispatched.sms(A) == [
        "【云河法院】26执1357案款已到账，对您的协助查找25日12:00已全部解除。出行如仍被拦，请拨010-00000000"
    ]
    dispatched.reads_everything()
    await dispatched.replies(JUDGE, "40718")
    await dispatched.replies(BAILIFF_ONE, "61935")
    await dispatched.waits(days=1)
    assert dispatched.unread_sms() == []


async def test_the_one_who_paid_hears_nothing_while_a_receipt_is_missing(
    dispatched: CourtStage, entry_a: EntryId
) -> None:
    async with dispatched.mute(AgencyKind.BORDER):
        await dispatched.pays(A_CASE, OPEN_FEN)
        await dispatched.withdraws(entry_a, JUDGE, Cause.PERFORMED)
        await dispatched.waits(minutes=1)
        assert dispatched.sms(A) == []
        dispatched.reads_everything()

    await dispatched.settles()

    assert len(dispatched.sms(A)) == 1


async def test_money_after_the_outcome_tells_everybody_to_stop_looking(
    dispatched: CourtStage, entry_a: EntryId
) -> None:
    await dispatched.closes(JUDGE, await dispatched.alert_of(entry_a), Outcome.NOT_FOUND)
    assert (await dispatched.entry(entry_a)).state is EntryState.ACTIVE

    await dispatched.pays(A_CASE, OPEN_FEN)

    over = "【云河法院】已履行：26执1357佟某25日12:00已全部履行，各单位已撤控。勿再查找，无需回复"
    assert dispatched.sms(JUDGE) == dispatched.sms(DUTY_OFFICER) == dispatched.sms(BAILIFF_ONE) == [over]
    assert await dispatched.railway.opens_gate(A, BEIJING_GATE) == Clear()
