"""What foreign duty officers read: the same as the Chinese texts, in English."""

import pytest

from notifications.texts import Facts, Language, TextId, render
from tests.unit.notifications.story_facts import (
    BERTH_27,
    BERTH_28,
    about_a_shift,
    about_cheng,
    about_gao,
    about_the_line,
    about_tong,
    february,
)
from tests.unit.notifications.test_texts_of_the_story import CHINESE_TEXTS

FACTS_OF_THE_STORY = {text_id: facts for text_id, facts, _, _ in CHINESE_TEXTS}


def english(text_id: TextId, facts: Facts) -> str:
    return render(text_id, facts, Language.ENGLISH).sms


@pytest.mark.parametrize(
    ("text_id", "facts", "text"),
    [
        (
            TextId.PLANNED_JUDGE,
            about_tong(**BERTH_28),
            "Yunhe Court: Sighting: 26 Zhi 1357 Tong, train Z38 coach 7 berth 12 lower, "
            "28 Feb 06:59 at Beijingxi. Reply 40718 to take",
        ),
        (
            TextId.IMMINENT,
            about_tong(
                sighted_at=february(27, "02:50"),
                sighting_phrase="入住西直门如归旅店，人在店内",
                sent_at=february(27, "02:50"),
                escalates_at=february(27, "02:53"),
            ),
            "Yunhe Court: URGENT: 26 Zhi 1357 Tong, 27 Feb 02:50 checked in at Xizhimenrugui Inn, "
            "still there. Reply 40718 to take, others are called from 02:53",
        ),
        (
            TextId.STAND_DOWN,
            about_cheng(performed_at=february(26, "23:40"), reason="已履行", may_release=True),
            "Yunhe Court: STOP: 26 Zhi 1402 Cheng paid 26 Feb 23:40, removed at all agencies. "
            "Do not search or stop, release at once if held. Reply 82047 to confirm",
        ),
        (
            TextId.DISPATCHED,
            about_tong(
                **BERTH_27, muster_at=february(27, "06:10"), muster_place="北京西站台", leader="沈法官"
            ),
            "Yunhe Court: Dispatch: 26 Zhi 1357 Tong, 27 Feb 06:59 at Beijingxi. "
            "Meet 06:10 Beijingxi platform, led by Judge Shen. Reply 40718 to confirm",
        ),
        (
            TextId.OTHER_CASE_STANDS,
            about_tong(other_case="26执1402", other_measure_phrase="仅通报行踪，勿控制"),
            "Yunhe Court: Case changed: 26 Zhi 1357 Tong has ended, 26 Zhi 1402 stands: "
            "report only, do not hold. Reply 40718 to confirm",
        ),
    ],
)
def test_english_texts_say_the_same(text_id: TextId, facts: Facts, text: str) -> None:
    assert english(text_id, facts) == text


@pytest.mark.parametrize(
    ("text_id", "text"),
    [
        (
            TextId.PLANNED_DUTY,
            "Duty alert: 26 Zhi 1357 Tong, train Z38 coach 7 berth 12 lower, 28 Feb 06:59 at "
            "Beijingxi, Judge Shen. Reply 58263 to take",
        ),
        (
            TextId.LADDER,
            "Nobody has it: 26 Zhi 1357 Tong, 28 Feb 06:59 at Beijingxi, open since 25 Feb 19:42. "
            "Reply 61935 to take",
        ),
        (
            TextId.TAKEN,
            "26 Zhi 1357 Tong: Judge Shen took it at 20:03. No reply needed, changes will follow",
        ),
        (
            TextId.PLAN_CHANGED,
            "Plan changed: 26 Zhi 1357 Tong now on train Z38 coach 5 berth 3 upper, 27 Feb 06:59 at "
            "Beijingxi, plan of 28 Feb void. Reply 40718 to take",
        ),
        (
            TextId.PLAN_CONFIRMED,
            "Plan confirmed: 26 Zhi 1357 Tong passed the gate at Wuchang 26 Feb 20:41, 27 Feb 06:59 "
            "at Beijingxi. No reply needed",
        ),
        (
            TextId.NOBODY_DISPATCHED,
            "Nobody sent: 26 Zhi 1357 Tong, 27 Feb 06:59 at Beijingxi, no team by 04:59. Send a team "
            "now. Reply 40718 to take",
        ),
        (
            TextId.NOT_ARRIVED,
            "Not there yet: 26 Zhi 1357 Tong, 27 Feb 06:59 at Beijingxi, the team has not reported, "
            "led by Judge Shen. Call them. Reply 40718 to take",
        ),
        (
            TextId.TRACE,
            "Trace: 26 Zhi 1357 Tong, 27 Feb 02:50 checked in at Xizhimenrugui Inn, too late to act, "
            "for the search only. Reply 40718 to take",
        ),
        (
            TextId.AT_ACT_POINT,
            "At the act point: 26 Zhi 1357 Tong, 27 Feb 06:59 at Beijingxi, exit gate. No reply "
            "needed. Act as dispatched",
        ),
        (
            TextId.PAUSED,
            "PAUSE: 26 Zhi 1357 Tong, search suspended. Do not stop the person, stay near, wait for "
            "the judge. Reply 40718 to confirm",
        ),
        (
            TextId.RESUMED,
            "Resumed: 26 Zhi 1357 Tong is wanted again, 27 Feb 06:59 at Beijingxi. Check on the page "
            "before you act. Reply 40718 to confirm",
        ),
        (
            TextId.PLAN_ENDED,
            "Plan cancelled: 26 Zhi 1357 Tong, 27 Feb train Z38 refunded, plan void. Do not set out "
            "for now, news will follow",
        ),
        (
            TextId.CONFIRMATION_DUE,
            "Answer due: check 26 Zhi 1357 Tong for the railway by 20:42. Sign in to answer. Reply "
            "40718 to take",
        ),
        (
            TextId.BORDER_COUNTER,
            "Border: 26 Zhi 1357 Tong, 02:35 at Shoudu Airport T3 exit counter, exit ban in force. "
            "Check by 02:45. Reply 40718 to take",
        ),
        (
            TextId.STAND_DOWN_RECEIPT_MISSING,
            "STOP: 26 Zhi 1402 Cheng paid 26 Feb 23:40, no receipt yet from railway, the desk is "
            "calling. Reply 82047 to confirm",
        ),
        (
            TextId.WRONG_PERSON,
            "STOP: 26 Zhi 1357: this is not the person sought. End contact and release at once, "
            "explain, leave a phone number. Reply 40718 to confirm",
        ),
        (
            TextId.AFTER_OUTCOME,
            "Paid: 26 Zhi 1357 Tong paid in full 27 Feb 11:26, removed at all agencies. Do not search"
            " any more. No reply needed",
        ),
        (
            TextId.HOLD_HALF_GONE,
            "Hold: 26 Zhi 1357 Tong at Beijingxizhan Police Station since 07:04. Hand over by 09:04, "
            "else release. Reply 40718 to take",
        ),
        (
            TextId.PERFORMED_PERSON,
            "26 Zhi 1402: payment received, the search for you was fully lifted 26 Feb 23:40. If you "
            "are still stopped, call 010-00000000",
        ),
        (
            TextId.DRILL,
            "DRILL: test alert, line to railway, Beijingxi 06:59, no real person. Take it as if real."
            " Reply 40718 to take",
        ),
    ],
)
def test_each_text_of_the_story_says_the_same(text_id: TextId, text: str) -> None:
    assert english(text_id, FACTS_OF_THE_STORY[text_id]) == f"Yunhe Court: {text}"


def test_a_text_about_a_line_reads_in_english_too() -> None:
    assert english(TextId.LINE_SILENT, about_the_line()) == (
        "Yunhe Court: Line silent: railway police, no heartbeat and no receipt since 26 Feb 18:20, "
        "its list may be out of date. Call their duty desk"
    )
    assert english(TextId.LINE_HEARD, about_the_line(heard_at=february(26, "18:41"))) == (
        "Yunhe Court: Line back: railway police is heard again since 26 Feb 18:41, "
        "silent from 26 Feb 18:20. No reply needed"
    )
    assert english(TextId.LINE_CLOSED, about_the_line()) == (
        "Yunhe Court: Line closed: railway police has no list any more, screens and reports nobody, "
        "call them about what is under way. Sign in to see why"
    )
    assert english(TextId.MESSAGE_REFUSED, about_the_line()) == (
        "Yunhe Court: Message refused: railway police sent what cannot be read, perhaps a sighting, "
        "no alert, the console says why. Call their duty desk"
    )


def test_who_takes_over_reads_that_one_has_it_and_another_is_needed() -> None:
    half = Facts(
        court="云河法院",
        sent_at=february(27, "06:00"),
        shift_at=february(27, "08:00"),
        open_alerts=1,
        act_at=february(27, "06:59"),
        act_place="北京西",
        taker="沈法官",
        half_taken=True,
    )

    assert "沈法官已接手，尚缺一人。" in render(TextId.SHIFT_HANDED_OVER, half, Language.CHINESE).sms
    assert "Judge Shen has it, another is needed." in english(TextId.SHIFT_HANDED_OVER, half)


def test_a_text_about_a_shift_reads_in_english_too() -> None:
    assert english(TextId.SHIFT_HANDED_OVER, about_a_shift()) == (
        "Yunhe Court: Hand-over: on shift 27 Feb 08:00, alerts open: 2, "
        "nearest 06:59 at Beijingxi, Judge Shen is out. Sign in to confirm the hand-over"
    )
    nobody = about_a_shift(post="desk", gap_from=february(28, "08:00"), gap_until=february(28, "20:00"))
    assert english(TextId.ROSTER_GAP, nobody) == (
        "Yunhe Court: Roster gap: nobody for desk 28 Feb 08:00 to 28 Feb 20:00. Sign in to fill it"
    )


def test_a_text_about_a_device_reads_in_english_too() -> None:
    until = about_gao(counts_until=february(28, "19:42"))
    assert english(TextId.DEVICE_TEST_DUE, until) == (
        "Yunhe Court: Device test: your push device does not count from 28 Feb 19:42 on, "
        "test it every month. Sign in to test it or remove it"
    )
