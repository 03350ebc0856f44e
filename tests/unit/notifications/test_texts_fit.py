"""With the worst real names, every SMS is one segment and keeps case, time, place, verb and code."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.texts import NO_SMS, Facts, Language, TextId, render
from tests.unit.notifications.story_facts import february

COURTS = [
    "云河法院",
    "乌鲁木齐铁路法院",
    "呼和浩特铁路法院",
    "前郭尔罗斯法院",
    "新巴尔虎右旗法院",
    "科左中旗法院",
    "察右前旗法院",
    "塔什库尔干法院",
    "克孜勒苏中院",
]
CASES = [
    ("26执1357", "26 Zhi 1357"),
    ("26执恢12345", "26 Zhihui 12345"),
    ("26执123456", "26 Zhi 123456"),
    ("26知执恢123", "26 Zhizhihui 123"),
]
SURNAMES = ["佟", "欧阳", "司马", "买买提", "单", "吕"]
STATIONS = [
    "北京西",
    "呼和浩特东",
    "乌鲁木齐南",
    "齐齐哈尔南",
    "鄂尔多斯",
    "东乌珠穆沁",
    "香港西九龙",
    "广州莲花山",
]
HOTELS = [
    "西直门如归旅店",
    "西直门北大燕园宾馆",
    "桔子水晶西直门酒店",
    "维也纳国际酒店（北京西直门国家会议中心店）",
]
PORTS = ["首都机场T3", "呼和浩特白塔国际机场", "乌鲁木齐地窝堡国际机场", "港珠澳大桥珠海口岸"]
STATION_POLICE = ["北京西站派出所", "呼和浩特东站派出所", "齐齐哈尔南站派出所"]
MEASURES = ["仅通报行踪，勿控制", "仅掌握出入境动态，勿控制", "协助控制（拘传）"]
ADAPTERS = ["铁路公安", "出入境管理（second-hall）"]
BERTHS = ["12下", "3上", "16中", "118座", "12F座"]

ABOUT_A_LINE = {TextId.LINE_SILENT, TextId.LINE_HEARD, TextId.LINE_CLOSED}
ABOUT_NO_CASE = {
    *ABOUT_A_LINE,
    TextId.WRONG_REPLY,
    TextId.WRONG_REPLIES,
    TextId.SMS_STOPPED,
    TextId.PHONE_CODE,
    TextId.CHANNEL_TEST,
    TextId.NUMBER_DEAD,
    TextId.WORK_LATE,
    TextId.WORK_ON_TIME,
    TextId.DRILL,
    TextId.DRILL_LADDER,
    TextId.DRILL_TAKEN,
    TextId.DRILL_OVER,
    TextId.SHIFT_HANDED_OVER,
    TextId.ROSTER_GAP,
    TextId.CALENDAR_MISSING,
    TextId.MISSED,
}
ABOUT_A_TRAIN = {TextId.PLAN_CONFIRMED, TextId.PLAN_ENDED}

moments = st.integers(0, 360 * 24 * 60).map(lambda minutes: february(1, "00:00") + timedelta(minutes=minutes))


@st.composite
def plans(draw: st.DrawFn, sent_at: datetime, text_id: TextId) -> dict[str, Any]:
    """A train to a station, or a hotel where the person is."""
    by_train = text_id in ABOUT_A_TRAIN or draw(st.booleans())
    station = draw(st.sampled_from(STATIONS))
    hotel = draw(st.sampled_from(HOTELS))
    act_at = sent_at + timedelta(days=draw(st.integers(0, 20)), hours=11)
    return {
        "service": draw(st.sampled_from(["Z38", "K1064", "CZ3101"])) if by_train else None,
        "coach": draw(st.sampled_from(["7", "16", "加1"])),
        "berth": draw(st.sampled_from(BERTHS)),
        "act_at": act_at,
        "act_place": station if by_train else hotel,
        "act_from": sent_at + timedelta(days=draw(st.integers(0, 1))),
        "previous_act_at": sent_at + timedelta(days=draw(st.integers(0, 20))),
        "sighted_at": sent_at,
        "sighted_place": draw(st.sampled_from(STATIONS if by_train else PORTS)),
        "sighted_detail": "南广场二层出站闸机",
        "sighting_phrase": f"入住{hotel}，人在店内",
        "raised_at": sent_at - timedelta(days=1),
        "escalates_at": sent_at + timedelta(minutes=3),
        "muster_at": act_at - timedelta(minutes=50),
        "muster_place": f"{station}站台" if by_train else hotel,
    }


@st.composite
def answers(draw: st.DrawFn, sent_at: datetime, text_id: TextId) -> dict[str, Any]:
    """What people and agencies did."""
    judge = draw(st.sampled_from(["沈", "欧阳"]))
    receipt_missing = text_id is TextId.STAND_DOWN_RECEIPT_MISSING
    return {
        "judge": judge,
        "taker": f"{judge}法官",
        "taken_at": sent_at,
        "leader": f"{judge}法官",
        "agency": draw(st.sampled_from(ADAPTERS if text_id in ABOUT_A_LINE else ["铁路", "出入境管理"])),
        "silent_from": sent_at - timedelta(hours=1),
        "heard_at": sent_at,
        "confirm_by": sent_at + timedelta(minutes=10),
        "case_state": draw(st.sampled_from(["已终止", "已暂停"])),
        "other_case": draw(st.sampled_from(CASES))[0],
        "other_measure_phrase": draw(st.sampled_from(MEASURES)),
        "performed_at": sent_at,
        "reason": draw(st.sampled_from(["已履行", "暂停协查", "文书已撤销", "未按期核验"])),
        "missing_agency": draw(st.sampled_from(["铁路", "铁路公安、边检"])) if receipt_missing else None,
        "may_release": True,
        "exit_ban": draw(st.booleans()),
        "held_at": sent_at - timedelta(hours=1),
        "held_by": draw(st.sampled_from(STATION_POLICE)),
        "release_at": sent_at + timedelta(hours=1),
        "ends_at": sent_at + timedelta(days=draw(st.integers(1, 31))),
        "validate_by": sent_at + timedelta(days=draw(st.integers(1, 31))),
        "colleague": f"{judge}干警",
        "missed": draw(st.sampled_from([1, 12])),
        "missed_from": sent_at - timedelta(hours=9),
        "desk_phone": "010-00000000",
        "member": f"{judge}{draw(st.sampled_from(['书记员', '值班员', '管理员', '法官']))}",
        "wrong_replies": 5,
        "check_code": "407182",
        "more": draw(st.integers(1, 99)),
        "work": "发往单位的消息",
        "late_from": sent_at - timedelta(hours=1),
        "caught_up_at": sent_at,
    }


@st.composite
def shifts(draw: st.DrawFn, sent_at: datetime) -> dict[str, Any]:
    """A roster with and without gaps."""
    gap = draw(st.booleans())
    return {
        "shift_at": sent_at,
        "open_alerts": draw(st.integers(1, 120)),
        "post": draw(st.sampled_from(["值班执行干警", "执行裁决与综合协调团队"])) if gap else None,
        "gap_from": sent_at + timedelta(days=draw(st.integers(0, 14))),
        "gap_until": sent_at + timedelta(days=14),
        "gaps": draw(st.none() | st.integers(2, 60)),
        "phoneless": draw(st.none() | st.integers(1, 12)),
        "year": 2027,
    }


@st.composite
def worst_facts(draw: st.DrawFn, text_id: TextId) -> Facts:
    case, case_english = draw(st.sampled_from(CASES))
    sent_at = draw(moments)
    mark = draw(st.sampled_from(["repeat", "drill", None]))
    return Facts(
        court=draw(st.sampled_from(COURTS)),
        case=case,
        case_english=case_english,
        surname=draw(st.sampled_from(SURNAMES)),
        sent_at=sent_at,
        code="40718",
        repeat=mark == "repeat",
        drill=mark == "drill",
        **draw(plans(sent_at, text_id)),
        **draw(answers(sent_at, text_id)),
        **draw(shifts(sent_at)),
    )


any_text_with_its_facts = st.sampled_from(sorted(set(TextId) - NO_SMS)).flatmap(
    lambda text_id: st.tuples(st.just(text_id), worst_facts(text_id))
)


@settings(max_examples=400, deadline=None)
@given(any_text_with_its_facts)
def test_a_chinese_sms_is_one_segment(text_and_facts: tuple[TextId, Facts]) -> None:
    text_id, facts = text_and_facts

    rendered = render(text_id, facts, Language.CHINESE)

    assert rendered.units <= 70, rendered.sms
    assert text_id in ABOUT_NO_CASE or str(facts.case) in rendered.sms
    assert facts.court in rendered.sms


@settings(max_examples=400, deadline=None)
@given(any_text_with_its_facts)
def test_an_english_sms_is_one_segment_of_gsm7(text_and_facts: tuple[TextId, Facts]) -> None:
    text_id, facts = text_and_facts

    rendered = render(text_id, facts, Language.ENGLISH)

    assert rendered.units <= 160, rendered.sms
    assert rendered.sms.isascii()
    assert text_id in ABOUT_NO_CASE or str(facts.case_english) in rendered.sms
