"""One person has an alert: by a reply in any form, once, and everybody else knows who."""

import pytest

from schemas.measures import AgencyKind
from scripts.cast import ASSISTANT, CLERK, DESK, DUTY_OFFICER, JUDGE, A
from scripts.desk import court_time
from tests.acceptance.court import CourtStage
from tests.acceptance.journeys import INN
from tracker.domain.alerts import Stage as AlertStage
from tracker.domain.errors import Conflict, NotAllowed
from tracker.domain.ids import EntryId
from tracker.services.answers.replies import ReplyMeaning, receive_reply

JUDGE_HAS_IT = "【云河法院】26执1357佟某的预警，沈法官12:00已接手，您无需再回，行程有变会另行通知"


@pytest.mark.parametrize("text", [" 4 0718 ", "接手４０７１８", "ok, will take 40718"])
async def test_a_reply_takes_it_however_it_is_written(
    alerted: CourtStage, entry_a: EntryId, text: str
) -> None:
    assert await alerted.replies(JUDGE, text) is ReplyMeaning.TOOK

    assert await alerted.stage_of(entry_a) is AlertStage.TAKEN
    assert alerted.sms(DUTY_OFFICER) == [JUDGE_HAS_IT]


async def test_a_taking_cancels_everything_that_was_still_to_come(
    alerted: CourtStage, entry_a: EntryId
) -> None:
    await alerted.replies(JUDGE, "40718")
    assert alerted.sms(DUTY_OFFICER) == [JUDGE_HAS_IT]

    await alerted.reaches(court_time(2, 25, 12, 28, 59))

    assert alerted.unread_sms() == []


async def test_a_taking_silences_the_voice_as_well(stage: CourtStage, entry_a: EntryId) -> None:
    await stage.agency(AgencyKind.POLICE).checks_in(A, INN)
    await stage.settles()
    await stage.replies(JUDGE, "40718")
    stage.reads_everything()

    await stage.reaches(court_time(2, 25, 12, 4, 59))

    assert stage.calls(JUDGE) == stage.calls(DUTY_OFFICER) == []


async def test_a_wrong_code_takes_nothing(alerted: CourtStage, entry_a: EntryId) -> None:
    assert await alerted.replies(JUDGE, "58263") is ReplyMeaning.WRONG_CODE
    assert await alerted.replies(JUDGE, "好的") is ReplyMeaning.UNREADABLE

    not_understood = (
        "【云河法院】回复未能识别，未作任何处理。请只回预警短信中的五位代码，或致电值班室010-00000000"
    )
    assert alerted.sms(JUDGE) == [not_understood, not_understood]
    assert await alerted.stage_of(entry_a) is AlertStage.OPEN


async def test_a_stranger_is_never_answered(alerted: CourtStage, entry_a: EntryId) -> None:
    async with alerted.registry.transaction() as tx:
        meaning = await receive_reply(tx, "+8610000000077", "40718")
    await alerted.settles()

    assert meaning is ReplyMeaning.UNKNOWN_SENDER
    assert await alerted.stage_of(entry_a) is AlertStage.OPEN
    assert alerted.recorder.sent_to("+8610000000077") == ()


async def test_who_answers_second_learns_who_has_it(alerted: CourtStage, entry_a: EntryId) -> None:
    await alerted.replies(JUDGE, "40718")
    assert alerted.sms(DUTY_OFFICER) == [JUDGE_HAS_IT]

    assert await alerted.replies(DUTY_OFFICER, "58263") is ReplyMeaning.TAKEN_BY_OTHER

    assert alerted.sms(DUTY_OFFICER) == [JUDGE_HAS_IT]
    with pytest.raises(Conflict, match="somebody else has taken it"):
        await alerted.takes(DUTY_OFFICER, await alerted.alert_of(entry_a))


async def test_the_same_reply_delivered_twice_is_one_taking(alerted: CourtStage, entry_a: EntryId) -> None:
    async with alerted.registry.transaction() as tx:
        first = await receive_reply(tx, JUDGE.phone, "40718", "SM-1")
    async with alerted.registry.transaction() as tx:
        second = await receive_reply(tx, JUDGE.phone, "40718", "SM-1")
    await alerted.settles()

    assert (first, second) == (ReplyMeaning.TOOK, ReplyMeaning.REPEATED)
    assert alerted.sms(DUTY_OFFICER) == [JUDGE_HAS_IT]


async def test_taking_it_twice_is_taking_it_once(alerted: CourtStage, entry_a: EntryId) -> None:
    await alerted.replies(JUDGE, "40718")
    assert alerted.sms(DUTY_OFFICER) == [JUDGE_HAS_IT]

    assert await alerted.replies(JUDGE, "40718") is ReplyMeaning.TOOK

    assert alerted.unread_sms() == []


async def test_who_was_not_told_cannot_take_it_but_the_desk_can(
    alerted: CourtStage, entry_a: EntryId
) -> None:
    with pytest.raises(NotAllowed, match="take an alert"):
        await alerted.takes(CLERK, await alerted.alert_of(entry_a))

    await alerted.takes(DESK, await alerted.alert_of(entry_a))

    desk_has_it = "【云河法院】26执1357佟某的预警，白值班员12:00已接手，您无需再回，行程有变会另行通知"
    assert alerted.sms(JUDGE) == alerted.sms(DUTY_OFFICER) == [desk_has_it]


async def test_who_cannot_go_says_so_and_the_next_people_are_rung_at_once(
    alerted: CourtStage, entry_a: EntryId
) -> None:
    assert await alerted.replies(DUTY_OFFICER, "不便出动 58263") is ReplyMeaning.DECLINED

    nobody = "【云河法院】无人接手：26执1357佟某，28日06:59到北京西，25日11:59起无人接手。能接手请回"
    assert alerted.sms(ASSISTANT) == [f"{nobody}61935"]
    assert alerted.sms(CLERK) == [f"{nobody}61936"]


async def test_a_taker_who_cannot_go_after_all_gives_it_back(alerted: CourtStage, entry_a: EntryId) -> None:
    await alerted.replies(JUDGE, "40718")
    assert alerted.sms(DUTY_OFFICER) == [JUDGE_HAS_IT]

    assert await alerted.replies(JUDGE, "cannot go 40718") is ReplyMeaning.DECLINED

    assert await alerted.stage_of(entry_a) is AlertStage.OPEN
    assert len(alerted.sms(ASSISTANT)) == len(alerted.sms(CLERK)) == 1
    await alerted.reaches(court_time(2, 25, 12, 3))
    assert (alerted.sms(JUDGE), len(alerted.sms(DUTY_OFFICER))) == ([], 1)
