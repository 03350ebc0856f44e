"""The rules every text keeps: what drops first, what is never said, how times and names are written."""

from datetime import timedelta

import pytest

from notifications.texts import FactMissing, Facts, Language, Saying, TextId, render
from notifications.texts.catalogue import Phrasing
from notifications.texts.markup import Part, fill, parse, shorten, whole
from tests.unit.notifications.story_facts import (
    BERTH_27,
    BERTH_28,
    EVERY_FACT,
    about_cheng,
    about_tong,
    february,
)


def chinese(text_id: TextId, facts: Facts) -> str:
    return render(text_id, facts, Language.CHINESE).sms


def english(text_id: TextId, facts: Facts) -> str:
    return render(text_id, facts, Language.ENGLISH).sms


def paid(**facts: object) -> Facts:
    return about_cheng(performed_at=february(26, "23:40"), reason="已履行", **facts)


# The end of 20 May, and a morning in April.
AHEAD = about_tong(
    code=None,
    ends_at=february(1, "00:00") + timedelta(days=109),
    validate_by=february(1, "09:21").replace(month=4),
)


def test_a_day_weeks_ahead_has_its_month_and_an_end_is_its_last_day() -> None:
    ends, asked = (
        render(text, AHEAD, Language.CHINESE) for text in (TextId.ENTRY_ENDS, TextId.VALIDATION_DUE)
    )

    assert (ends.push_title, ends.push_body) == ("到期提醒 · 26执1357", "佟某的协查5月20日到期，届时自动撤控")
    assert asked.push_body == "佟某的协查须4月1日09:21前核验，逾期自动暂停"
    assert (ends.push_actions, asked.push_actions) == ((), ())
    assert english(TextId.ENTRY_ENDS, AHEAD) == (
        "Yunhe Court: Entry ends: 26 Zhi 1357 Tong, last day 20 May, then removed. "
        "To go on, have a later end approved before. No reply needed"
    )
    assert english(TextId.VALIDATION_DUE, AHEAD) == (
        "Yunhe Court: Validate: 26 Zhi 1357 Tong by 1 Apr 09:21, else suspended. "
        "Sign in and say if still needed. No reply needed"
    )


@pytest.mark.parametrize(
    ("court_length", "text"),
    [
        (11, "某改乘Z38次5车3上，27日06:59到北京西，28日行程作废。接手请回40718"),
        (12, "某改乘Z38次，27日06:59到北京西，28日行程作废。接手请回40718"),
        (16, "某改乘Z38，27日06:59到北京西，28日行程作废。接手请回40718"),
        (17, "某改乘Z38，27日06:59到北京西，28日行程作废。接手回40718"),
        (18, "某改乘Z38，27日06:59到北京西。接手回40718"),
    ],
)
def test_coach_and_seat_drop_first_then_the_word_for_train_then_courtesy(
    court_length: int, text: str
) -> None:
    facts = about_tong(**BERTH_27, previous_act_at=february(28, "06:59"), court="云" * court_length + "法院")

    assert chinese(TextId.PLAN_CHANGED, facts).endswith(text)


@pytest.mark.parametrize(
    ("court_length", "text"),
    [
        (5, "入住西直门如归旅店（北门二店），人在店内。接手请回40718，02:53起逐级上报"),
        (6, "入住西直门如归旅店，人在店内。接手请回40718，02:53起逐级上报"),
        (12, "入住西直门如归旅店。接手请回40718，02:53起逐级上报"),
        (17, "入住西直门如归旅店。接手回40718，02:53起逐级上报"),
        (18, "入住西直门如归旅店。接手回40718"),
    ],
)
def test_address_detail_drops_before_courtesy(court_length: int, text: str) -> None:
    facts = about_tong(
        court="云" * court_length + "法院",
        case="26执7",
        sighted_at=february(27, "02:50"),
        sighting_phrase="入住西直门如归旅店（北门二店），人在店内",
        sent_at=february(27, "02:50"),
        escalates_at=february(27, "02:53"),
    )

    assert chinese(TextId.IMMINENT, facts).endswith(text)


def test_what_cannot_fit_goes_out_whole_in_several_segments() -> None:
    facts = about_tong(**BERTH_28 | {"act_place": "很长的站名" * 12})

    rendered = render(TextId.PLANNED_JUDGE, facts, Language.CHINESE)

    assert "很长的站名" * 12 in rendered.sms
    assert rendered.units == 103


def test_a_stand_down_orders_release_only_where_the_measure_holds() -> None:
    assert "已控制的立即放行" in chinese(TextId.STAND_DOWN, paid(may_release=True))
    assert chinese(TextId.STAND_DOWN, paid()) == (
        "【云河法院】停止行动：26执1402程某26日23:40已履行，各单位已撤控。勿查找勿拦截。收到请回82047"
    )


def at_the_border(**facts: object) -> Facts:
    crossing = {
        "sighted_at": february(27, "02:35"),
        "sighted_place": "首都机场T3",
        "confirm_by": february(27, "02:45"),
        "sent_at": february(27, "02:35"),
    }
    return about_tong(**crossing | facts)


def test_a_border_text_claims_no_exit_ban_that_is_not_given() -> None:
    assert chinese(TextId.BORDER_COUNTER, at_the_border()) == (
        "【云河法院】口岸预警：26执1357佟某，02:35在首都机场T3边检，请02:45前核实。接手请回40718"
    )
    assert english(TextId.BORDER_COUNTER, at_the_border()) == (
        "Yunhe Court: Border: 26 Zhi 1357 Tong, 02:35 at Shoudu Airport T3 border counter. "
        "Check by 02:45. Reply 40718 to take"
    )
    assert render(TextId.BORDER_COUNTER, at_the_border(), Language.CHINESE).push_body == (
        "佟某 · 02:35在首都机场T3边检 · 请02:45前核实"
    )


def test_a_border_text_says_the_exit_ban_that_is_given() -> None:
    rendered = render(TextId.BORDER_COUNTER, at_the_border(exit_ban=True), Language.CHINESE)

    assert rendered.push_body == "佟某 · 02:35在首都机场T3出境边检 · 不准出境有效 · 请02:45前核实"
    assert "exit counter, exit ban in force. " in english(TextId.BORDER_COUNTER, at_the_border(exit_ban=True))


def test_who_comes_in_is_not_said_to_leave() -> None:
    facts = at_the_border(exit_ban=True, sighted_detail="入境边检")

    assert "首都机场T3边检，不准出境有效，" in chinese(TextId.BORDER_COUNTER, facts)


def test_voice_and_push_say_all_of_a_stand_down_whose_receipt_is_missing() -> None:
    rendered = render(
        TextId.STAND_DOWN_RECEIPT_MISSING, paid(missing_agency="铁路", may_release=True), Language.CHINESE
    )
    without_hold = render(TextId.STAND_DOWN_RECEIPT_MISSING, paid(missing_agency="铁路"), Language.ENGLISH)

    assert rendered.voice == (
        "云河法院。停止行动：26执1402程某26日23:40已履行，勿查找勿拦截，已控制的立即放行。"
        "铁路尚未回执，值班室正电话通知。收到请按1"
    )
    assert rendered.push_body == "程某26日23:40已履行 · 勿查找勿拦截 · 已控制的立即放行 · 铁路尚未回执"
    assert without_hold.voice == (
        "Yunhe Court. STOP: 26 Zhi 1402 Cheng paid 26 Feb 23:40. Do not search or stop. "
        "No receipt yet from railway, the desk is calling. Press 1 to confirm"
    )


@pytest.mark.parametrize("text_id", [TextId.STAND_DOWN, TextId.AFTER_OUTCOME])
@pytest.mark.parametrize("language", list(Language))
def test_nothing_is_gone_everywhere_while_a_receipt_is_missing(text_id: TextId, language: Language) -> None:
    rendered = render(text_id, paid(missing_agency="铁路"), language)

    assert "各单位已撤控" not in rendered.sms + rendered.voice + rendered.push_body
    assert "all agencies" not in rendered.sms + rendered.voice + rendered.push_body


@pytest.mark.parametrize("language", list(Language))
def test_the_person_who_paid_is_told_only_when_all_receipts_are_in(language: Language) -> None:
    facts = paid(missing_agency="铁路", desk_phone="010-00000000")

    with pytest.raises(FactMissing, match="text P1 needs performed_at, and no missing_agency"):
        render(TextId.PERFORMED_PERSON, facts, language)


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize(
    "text_id", [TextId.STAND_DOWN, TextId.STAND_DOWN_RECEIPT_MISSING, TextId.WRONG_PERSON, TextId.PAUSED]
)
def test_an_order_to_stop_repeats_the_code_of_its_receiver(text_id: TextId, language: Language) -> None:
    assert "82047" in render(text_id, paid(missing_agency="铁路"), language).sms

    with pytest.raises(FactMissing, match=f"text {text_id} needs code"):
        render(text_id, paid(missing_agency="铁路", code=None), language)


def test_a_text_names_the_fact_it_lacks() -> None:
    with pytest.raises(FactMissing, match="text A1 needs act_at"):
        render(TextId.PLANNED_JUDGE, about_tong(), Language.CHINESE)
    with pytest.raises(
        FactMissing, match="text A3 needs sighted_at and sighting_phrase, or act_at and act_place"
    ):
        render(TextId.IMMINENT, about_tong(), Language.CHINESE)


def test_the_request_to_decide_has_no_sms_and_no_voice() -> None:
    rendered = render(TextId.END_OR_RESUME, paid(), Language.CHINESE)

    assert (rendered.sms, rendered.units, rendered.voice) == ("", 0, "")
    assert rendered.push_title == "待决定 · 26执1402"
    assert rendered.push_body == "程某26日23:40已履行，协查已暂停 · 请决定终止或恢复"


def test_the_request_to_keep_has_no_sms_and_no_voice() -> None:
    chinese_form = render(TextId.END_OR_KEEP, about_tong(), Language.CHINESE)
    english_form = render(TextId.END_OR_KEEP, about_tong(), Language.ENGLISH)

    assert (chinese_form.sms, chinese_form.units, chinese_form.voice) == ("", 0, "")
    assert chinese_form.push_title == "待决定 · 26执1357"
    assert chinese_form.push_body == "佟某，预警已结束 · 请决定终止或继续协查"
    assert english_form.push_title == "To decide - 26 Zhi 1357"
    assert english_form.push_body == "Tong, the alert has its outcome - end or keep the entry"


def test_the_other_case_stands_while_this_one_is_only_suspended() -> None:
    facts = about_tong(case_state="已暂停", other_case="26执1402", other_measure_phrase="仅通报行踪，勿控制")

    assert "佟某一案已暂停，另案26执1402" in chinese(TextId.OTHER_CASE_STANDS, facts)
    assert "Tong is suspended, 26 Zhi 1402 stands" in english(TextId.OTHER_CASE_STANDS, facts)
    assert render(TextId.OTHER_CASE_STANDS, facts, Language.CHINESE).push_body == (
        "佟某一案已暂停 · 另案26执1402仍在协查 · 仅通报行踪，勿控制"
    )
    assert render(TextId.OTHER_CASE_STANDS, facts, Language.ENGLISH).push_body == (
        "Tong is suspended - 26 Zhi 1402 stands - report only, do not hold"
    )


def test_a_clock_without_a_day_is_the_day_of_sending() -> None:
    same_day = about_tong(taker="沈法官", taken_at=february(25, "20:03"), sent_at=february(25, "23:59"))
    day_after = about_tong(taker="沈法官", taken_at=february(25, "20:03"), sent_at=february(26, "00:01"))

    assert "沈法官20:03已接手" in chinese(TextId.TAKEN, same_day)
    assert "沈法官25日20:03已接手" in chinese(TextId.TAKEN, day_after)


def test_a_muster_on_another_day_than_the_act_point_says_so() -> None:
    facts = about_tong(
        act_at=february(27, "00:40"),
        act_place="北京西",
        muster_at=february(26, "23:50"),
        muster_place="北京西站台",
    )

    assert "27日00:40到北京西，26日23:50北京西站台集合。" in chinese(TextId.DISPATCHED, facts)


def test_a_plan_moved_within_the_day_voids_the_old_plan() -> None:
    facts = about_tong(**BERTH_27, previous_act_at=february(27, "21:00"))

    assert "27日06:59到北京西，原行程作废。" in chinese(TextId.PLAN_CHANGED, facts)
    assert "27 Feb 06:59 at Beijingxi, old plan void." in english(TextId.PLAN_CHANGED, facts)


def test_an_alert_that_is_imminent_names_train_seat_and_act_point() -> None:
    assert chinese(TextId.IMMINENT, about_tong(**BERTH_27)) == (
        "【云河法院】紧急预警：26执1357佟某，Z38次5车3上，27日06:59到北京西。接手请回40718"
    )


def test_the_end_of_an_entry_for_another_reason_is_named() -> None:
    facts = about_tong(performed_at=february(27, "11:26"), reason="已撤控")

    assert chinese(TextId.AFTER_OUTCOME, facts) == (
        "【云河法院】已撤控：26执1357佟某27日11:26已撤控，各单位已撤控。勿再查找，无需回复"
    )


def test_a_resend_is_marked() -> None:
    rendered = render(TextId.PAUSED, about_tong(repeat=True), Language.CHINESE)

    assert rendered.sms.startswith("【云河法院】重发：暂停行动：26执1357佟某")
    assert rendered.push_title == "重发：暂停行动 · 26执1357"
    assert english(TextId.PAUSED, about_tong(repeat=True)).startswith(
        "Yunhe Court: Again: PAUSE: 26 Zhi 1357"
    )


def test_a_push_says_what_and_where_and_offers_both_answers() -> None:
    rendered = render(TextId.PLANNED_JUDGE, about_tong(**BERTH_28), Language.CHINESE)

    assert rendered.push_title == "行踪预警 · 28日06:59 北京西"
    assert rendered.push_body == "26执1357 佟某 · Z38次 7车12下 · 点开看剩余时间与文书"
    assert rendered.push_actions == ("接手", "不便出动")


def test_a_stand_down_by_push_asks_for_an_answer() -> None:
    rendered = render(TextId.STAND_DOWN, paid(), Language.CHINESE)

    assert rendered.push_title == "停止行动 · 26执1402"
    assert rendered.push_body == "程某26日23:40已履行 · 勿查找勿拦截"
    assert rendered.push_actions == ("收到",)


def test_what_only_informs_does_not_ring() -> None:
    facts = about_tong(**BERTH_27, sighted_at=february(26, "20:41"), sighted_place="武昌")

    assert render(TextId.PLAN_CONFIRMED, facts, Language.CHINESE).silent
    assert render(TextId.AT_ACT_POINT, facts, Language.CHINESE).silent
    assert render(TextId.ENTRY_ENDS, AHEAD, Language.CHINESE).silent
    assert render(TextId.VALIDATION_DUE, AHEAD, Language.CHINESE).silent
    assert not render(TextId.PLANNED_JUDGE, facts, Language.CHINESE).silent


@pytest.mark.parametrize(
    ("refused", "chinese", "english"),
    [
        (
            3,
            "1204行已入名单，3行未入 · 点开看明细",
            "Rows on the list: 1204, not taken: 3 - open to see them",
        ),
        (None, "1204行已入名单 · 点开看明细", "Rows on the list: 1204 - open to see them"),
    ],
)
def test_a_file_that_is_done_is_told_quietly_and_by_no_sms(
    refused: int | None, chinese: str, english: str
) -> None:
    facts = Facts(court="云河法院", sent_at=february(26, "18:20"), rows_listed=1_204, rows_refused=refused)
    told = [render(TextId.IMPORT_LISTED, facts, language) for language in Language]

    assert [one.push_title for one in told] == ["批量导入完成", "Import done"]
    assert [one.push_body for one in told] == [chinese, english]
    assert [(one.sms, one.silent) for one in told] == [("", True), ("", True)]


def test_a_voice_asks_for_a_key_instead_of_a_code() -> None:
    rendered = render(TextId.PLANNED_JUDGE, about_tong(**BERTH_28), Language.CHINESE)

    assert rendered.voice == "云河法院。行踪预警：26执1357佟某，Z38次7车12下，28日06:59到北京西。接手请按1"


def test_what_the_push_cannot_say_keeps_nobody_from_the_sms() -> None:
    edited = Phrasing(sms="速看：{case}", push_title="{case}", push_body="{check_code}")
    saying = Saying(TextId.IMMINENT, about_tong(), Language.CHINESE, edited)

    assert saying.sms() == "【云河法院】速看：26执1357"
    with pytest.raises(FactMissing):
        saying.push_body()


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("text_id", sorted(TextId))
def test_no_markup_is_left_in_any_text(text_id: TextId, language: Language) -> None:
    facts = about_tong(**EVERY_FACT)
    missing = about_cheng(performed_at=february(26, "23:40"), reason="已履行", missing_agency="铁路")
    rendered = render(text_id, {TextId.STAND_DOWN_RECEIPT_MISSING: missing}.get(text_id, facts), language)

    assert not set("[]{}?") & set(rendered.sms + rendered.push_title + rendered.push_body + rendered.voice)


def test_what_fits_is_said_as_it_would_be_shortened_to() -> None:
    nodes = parse("上[1车{train}[2铺{berth}]]{place}[?，{berth}]")
    words = {"train": ("Z38",), "berth": None, "place": ("北京西", Part(rank="2", nodes=("站台",)))}

    assert whole(nodes, words, "A1") == "上车Z38北京西站台"
    assert shorten(fill(nodes, words, "A1"), lambda _: True) == "上车Z38北京西站台"
