"""Each text of the catalogue comes out character for character, and as long as it was counted."""

import pytest

from notifications.texts import Facts, Language, TextId, render
from tests.unit.notifications.staff_texts import STAFF_TEXTS
from tests.unit.notifications.story_facts import (
    BERTH_27,
    BERTH_28,
    SEAT_27,
    about_a_drill,
    about_a_shift,
    about_cheng,
    about_gao,
    about_the_court,
    about_the_line,
    about_tong,
    february,
)

CHINESE_TEXTS = [
    *STAFF_TEXTS,
    (
        TextId.PLANNED_JUDGE,
        about_tong(**BERTH_28),
        53,
        "【云河法院】行踪预警：26执1357佟某，Z38次7车12下，28日06:59到北京西。接手请回40718",
    ),
    (
        TextId.PLANNED_DUTY,
        about_tong(**BERTH_28, judge="沈", code="58263"),
        59,
        "【云河法院】值班预警：26执1357佟某，Z38次7车12下，28日06:59到北京西，承办沈法官。接手请回58263",
    ),
    (
        TextId.IMMINENT,
        about_tong(
            sighted_at=february(27, "02:50"),
            sighting_phrase="入住西直门如归旅店，人在店内",
            sent_at=february(27, "02:50"),
            escalates_at=february(27, "02:53"),
        ),
        64,
        "【云河法院】紧急预警：26执1357佟某，27日02:50入住西直门如归旅店，人在店内。接手请回40718，02:53起逐级上报",
    ),
    (
        TextId.LADDER,
        about_tong(**BERTH_28, raised_at=february(25, "19:42"), code="61935"),
        58,
        "【云河法院】无人接手：26执1357佟某，28日06:59到北京西，25日19:42起无人接手。能接手请回61935",
    ),
    (
        TextId.TAKEN,
        about_tong(taker="沈法官", taken_at=february(25, "20:03"), sent_at=february(25, "20:03"), code=None),
        46,
        "【云河法院】26执1357佟某的预警，沈法官20:03已接手，您无需再回，行程有变会另行通知",
    ),
    (
        TextId.PLAN_CHANGED,
        about_tong(**BERTH_27, previous_act_at=february(28, "06:59")),
        61,
        "【云河法院】行程有变：26执1357佟某改乘Z38次5车3上，27日06:59到北京西，28日行程作废。接手请回40718",
    ),
    (
        TextId.PLAN_CONFIRMED,
        about_tong(**BERTH_27, sighted_at=february(26, "20:41"), sighted_place="武昌"),
        52,
        "【云河法院】行程证实：26执1357佟某26日20:41已在武昌检票，27日06:59到北京西。无需回复",
    ),
    (
        TextId.NOBODY_DISPATCHED,
        about_tong(**BERTH_27, act_from=february(27, "04:59"), sent_at=february(27, "04:59")),
        59,
        "【云河法院】无人出动：26执1357佟某27日06:59到北京西，至04:59仍未派员。请立即派员，接手请回40718",
    ),
    (
        TextId.NOT_ARRIVED,
        about_tong(**BERTH_27, leader="沈法官"),
        63,
        "【云河法院】未报到位：26执1357佟某，27日06:59到北京西，派员尚未报到位，带队沈法官。请联系核实，接手请回40718",
    ),
    (
        TextId.TRACE,
        about_tong(sighted_at=february(27, "02:50"), sighting_phrase="入住西直门如归旅店"),
        60,
        "【云河法院】行踪线索：26执1357佟某，27日02:50入住西直门如归旅店，已过处置时间，仅供查找。接手请回40718",
    ),
    (
        TextId.AT_ACT_POINT,
        about_tong(sighted_at=february(27, "06:59"), sighted_place="北京西", sighted_detail="出站闸机"),
        49,
        "【云河法院】人已到点：26执1357佟某27日06:59在北京西出站闸机。无需回复，请按派员单行动",
    ),
    (
        TextId.DISPATCHED,
        about_tong(**BERTH_27, muster_at=february(27, "06:10"), muster_place="北京西站台", leader="沈法官"),
        60,
        "【云河法院】派员：26执1357佟某，27日06:59到北京西，06:10北京西站台集合，带队沈法官。收到请回40718",
    ),
    (
        TextId.PAUSED,
        about_tong(),
        51,
        "【云河法院】暂停行动：26执1357佟某暂停协查，勿拦截，原地待命，待承办法官答复。收到请回40718",
    ),
    (
        TextId.RESUMED,
        about_tong(**BERTH_27),
        56,
        "【云河法院】恢复行动：26执1357佟某恢复协查，27日06:59到北京西。请登录核对后行动，收到请回40718",
    ),
    (
        TextId.OTHER_CASE_STANDS,
        about_tong(other_case="26执1402", other_measure_phrase="仅通报行踪，勿控制"),
        59,
        "【云河法院】案件变更：26执1357佟某一案已终止，另案26执1402仍在协查，仅通报行踪，勿控制。收到请回40718",
    ),
    (
        TextId.PLAN_ENDED,
        about_tong(**BERTH_27, code=None),
        50,
        "【云河法院】行程取消：26执1357佟某27日Z38次已退票，原行程作废。请暂不出动，有新线索再通知",
    ),
    (
        TextId.CONFIRMATION_DUE,
        about_tong(agency="铁路", confirm_by=february(26, "20:42")),
        53,
        "【云河法院】答复将逾时：铁路等待26执1357佟某复核，20:42前须答复。请登录答复，接手请回40718",
    ),
    (
        TextId.BORDER_COUNTER,
        about_tong(
            sighted_at=february(27, "02:35"),
            sighted_place="首都机场T3",
            exit_ban=True,
            confirm_by=february(27, "02:45"),
            sent_at=february(27, "02:35"),
        ),
        64,
        "【云河法院】口岸预警：26执1357佟某，02:35在首都机场T3出境边检，不准出境有效，请02:45前核实。接手请回40718",
    ),
    (
        TextId.STAND_DOWN,
        about_cheng(performed_at=february(26, "23:40"), reason="已履行", may_release=True),
        64,
        "【云河法院】停止行动：26执1402程某26日23:40已履行，各单位已撤控。"
        "勿查找勿拦截，已控制的立即放行。收到请回82047",
    ),
    (
        TextId.STAND_DOWN_RECEIPT_MISSING,
        about_cheng(performed_at=february(26, "23:40"), reason="已履行", missing_agency="铁路"),
        57,
        "【云河法院】停止行动：26执1402程某26日23:40已履行，铁路尚未回执，值班室正电话通知。收到请回82047",
    ),
    (
        TextId.WRONG_PERSON,
        about_tong(),
        55,
        "【云河法院】停止行动：26执1357现场人员并非本人，立即停止接触并放行，说明情况并留电话。收到请回40718",
    ),
    (
        TextId.AFTER_OUTCOME,
        about_tong(performed_at=february(27, "11:26"), reason="已履行", code=None),
        49,
        "【云河法院】已履行：26执1357佟某27日11:26已全部履行，各单位已撤控。勿再查找，无需回复",
    ),
    (
        TextId.HOLD_HALF_GONE,
        about_tong(
            held_at=february(27, "07:04"),
            held_by="北京西站派出所",
            release_at=february(27, "09:04"),
            sent_at=february(27, "08:04"),
        ),
        61,
        "【云河法院】控制时限：26执1357佟某07:04起由北京西站派出所控制，09:04前须移交，逾时放行。接手请回40718",
    ),
    (
        TextId.PERFORMED_PERSON,
        about_cheng(performed_at=february(26, "23:40"), desk_phone="010-00000000", code=None),
        61,
        "【云河法院】26执1402案款已到账，对您的协助查找26日23:40已全部解除。出行如仍被拦，请拨010-00000000",
    ),
    (
        TextId.ENTRY_ENDS,
        about_tong(ends_at=february(27, "00:00"), code=None),
        54,
        "【云河法院】到期提醒：26执1357佟某的协查2月26日到期，届时自动撤控，仍需协查须提前申请延期，无需回复",
    ),
    (
        TextId.VALIDATION_DUE,
        about_tong(validate_by=february(27, "09:21"), code=None),
        55,
        "【云河法院】核验提醒：26执1357佟某的协查须2月27日09:21前核验，逾期自动暂停。请登录核验，无需回复",
    ),
    (
        TextId.ACT_POINT_MOVED,
        about_tong(act_at=february(26, "21:03"), act_place="武昌"),
        52,
        "【云河法院】行动点变更：26执1357佟某，改于26日21:03在武昌，原行动点作废。接手请回40718",
    ),
    (
        TextId.MORE_ALERTS,
        about_tong(**BERTH_28, more=4, code=None),
        50,
        "【云河法院】预警汇总：还有4件预警，最近一件26执1357佟某，28日06:59到北京西。请登录查看",
    ),
    (
        TextId.LINE_SILENT,
        about_the_line(),
        48,
        "【云河法院】线路告警：铁路公安26日18:20起无心跳无回执，该线名单或已失效。请联系对方值班室",
    ),
    (
        TextId.LINE_HEARD,
        about_the_line(heard_at=february(26, "18:41")),
        46,
        "【云河法院】线路恢复：铁路公安26日18:41起恢复，此前自26日18:20起中断。无需回复",
    ),
    (
        TextId.LINE_CLOSED,
        about_the_line(),
        50,
        "【云河法院】线路关闭：铁路公安名单已停用，该单位不再比对、不再报告，正在办理的请电话联系。请登录查看",
    ),
    (
        TextId.MESSAGE_REFUSED,
        about_the_line(),
        52,
        "【云河法院】消息被拒：铁路公安发来的消息无法读取，可能是行踪，未生成预警，原因见单位页。请致电对方值班室",
    ),
    (
        TextId.WRONG_REPLY,
        about_gao(desk_phone="010-00000000"),
        52,
        "【云河法院】回复未能识别，未作任何处理。请只回预警短信中的五位代码，或致电值班室010-00000000",
    ),
    (
        TextId.WRONG_REPLIES,
        about_gao(wrong_replies=5),
        44,
        "【云河法院】回复异常：高干警的手机一小时内5次回复无法识别，或有人冒用其号码。请电话核实",
    ),
    (
        TextId.SMS_STOPPED,
        about_gao(),
        52,
        "【云河法院】短信停收：高干警回复退订，预警短信不再发往其手机，本人回复“恢复”可重新接收。请电话联系本人",
    ),
    (
        TextId.PHONE_CODE,
        about_gao(check_code="407182"),
        44,
        "【云河法院】验证码407182，用于核实您接收预警的手机号，10分钟内有效，请勿转告他人",
    ),
    (
        TextId.CHANNEL_TEST,
        about_gao(),
        26,
        "【云河法院】测试通知：您能由此收到本院预警，无需回复",
    ),
    (
        TextId.NUMBER_DEAD,
        about_gao(),
        41,
        "【云河法院】号码失效：高干警的手机号已无法送达，下次值班前须更换。请登录人员页更新",
    ),
    (
        TextId.WORK_LATE,
        about_the_court(),
        44,
        "【云河法院】系统告警：通知发送26日18:20起未按时处理，预警可能迟到。请立即检查系统",
    ),
    (
        TextId.WORK_ON_TIME,
        about_the_court(caught_up_at=february(26, "18:41")),
        48,
        "【云河法院】系统恢复：通知发送26日18:41起按时处理，此前自26日18:20起延误。无需回复",
    ),
    (
        TextId.DRILL,
        about_a_drill(act_at=february(27, "06:59"), act_place="北京西", code="40718"),
        46,
        "【云河法院】演练：铁路线路测试预警，北京西06:59，无真实人员。请按实战接手，回40718",
    ),
    (
        TextId.DRILL_LADDER,
        about_a_drill(code="61935"),
        55,
        "【云河法院】演练：铁路线路测试预警，27日06:59起无人接手，无真实人员。请按实战接手，能接手请回61935",
    ),
    (
        TextId.DRILL_TAKEN,
        about_a_drill(taker="沈法官", taken_at=february(27, "07:03")),
        35,
        "【云河法院】演练：铁路线路测试预警，沈法官07:03已接手，您无需再回",
    ),
    (
        TextId.DRILL_OVER,
        about_a_drill(),
        40,
        "【云河法院】演练：铁路线路测试预警已结束，自27日06:59起无人接手，无需回复",
    ),
    (
        TextId.SHIFT_HANDED_OVER,
        about_a_shift(),
        55,
        "【云河法院】交班：27日08:00您接班，未结预警2件，最近一件06:59北京西，沈法官已出动。请登录确认接班",
    ),
    (
        TextId.ROSTER_GAP,
        about_a_shift(
            post="带班领导", gap_from=february(28, "08:00"), gap_until=february(28, "20:00"), gaps=2
        ),
        50,
        "【云河法院】值班缺口：带班领导2月28日08:00至2月28日20:00无人值班，共2处。请登录排班",
    ),
    (
        TextId.CALENDAR_MISSING,
        about_a_shift(year=2027),
        44,
        "【云河法院】节假日安排：2027年尚未录入，值班和期限暂按周末推算。请登录录入。无需回复",
    ),
    (
        TextId.NOBODY_REACHED,
        about_tong(**BERTH_28),
        54,
        "【云河法院】无人可通知：26执1357佟某，28日06:59到北京西，值班人员均联系不上。接手请回40718",
    ),
    (
        TextId.NOBODY_TO_CALL,
        about_tong(raised_at=february(25, "19:42")),
        57,
        "【云河法院】无人可通知：26执1357预警自25日19:42起值班人员均联系不上。请立即核对值班表和电话，安排人员",
    ),
    (
        TextId.MISSED,
        about_tong(missed=2, missed_from=february(26, "07:29")),
        43,
        "【云河法院】未处置预警：2件，最早26日07:29起过时无人处置。请登录登记结果和原因",
    ),
    (
        TextId.OFFERED,
        about_tong(**BERTH_28, taker="沈法官"),
        51,
        "【云河法院】请您接手：26执1357佟某，28日06:59到北京西，沈法官请您接替。接手请回40718",
    ),
    (
        TextId.OFFER_LAPSED,
        about_tong(**BERTH_28, colleague="高干警"),
        47,
        "【云河法院】仍由您负责：26执1357佟某，高干警未接手，28日06:59到北京西。请另作安排",
    ),
]


@pytest.mark.parametrize(
    ("text_id", "facts", "units", "text"), CHINESE_TEXTS, ids=lambda value: str(value)[:2]
)
def test_the_sms_reads_as_it_was_agreed(text_id: TextId, facts: Facts, units: int, text: str) -> None:
    rendered = render(text_id, facts, Language.CHINESE)

    assert (rendered.sms, rendered.units) == (text, units)


def test_every_text_but_those_that_go_by_push_alone_has_an_agreed_sms() -> None:
    agreed = {text_id for text_id, *_ in CHINESE_TEXTS}

    assert set(TextId) - agreed == {
        TextId.END_OR_RESUME,
        TextId.END_OR_KEEP,
        TextId.IMPORT_LISTED,
    }


def test_a_seat_reads_like_a_berth() -> None:
    rendered = render(TextId.PLANNED_JUDGE, about_cheng(**SEAT_27, code="82046"), Language.CHINESE)

    assert (
        rendered.sms == "【云河法院】行踪预警：26执1402程某，Z38次9车41座，27日06:59到北京西。接手请回82046"
    )
