"""What the texts of notices are for, and what the words in them stand for, in plain words; Chinese and
English.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from notifications.texts import TextId


class Said(NamedTuple):
    zh: str
    en: str


TextGroup = Mapping[TextId, Said]

GROUPS: Final[Mapping[Said, TextGroup]] = {
    Said("预警与逐级上报", "Alerts and their ladder"): {
        TextId.PLANNED_JUDGE: Said(
            "行踪可提前得知时，发给承办法官", "to the judge of the case, when there is time"
        ),
        TextId.PLANNED_DUTY: Said("同时发给值班执行干警", "to the duty officer at the same time"),
        TextId.IMMINENT: Said("人就在某处或即将到达时", "when the person is there now, or will be soon"),
        TextId.BORDER_COUNTER: Said("人在口岸边检时", "when the person stands at a border counter"),
        TextId.TRACE: Said("得知时已过处置时间，仅供查找", "when it is too late to act, for the search only"),
        TextId.LADDER: Said("无人接手，通知下一级人员", "to the next people when nobody has taken it"),
        TextId.TAKEN: Said("有人接手后，告知其他收到预警的人", "to the others once somebody has taken it"),
        TextId.NOBODY_REACHED: Said(
            "无人可通知时，发给全部值班人员和领导", "to desk and leaders when nobody can be reached"
        ),
        TextId.NOBODY_TO_CALL: Said("同时发给系统管理员", "to the administrators at the same time"),
        TextId.OFFERED: Said("接手的人请同事接替", "to a colleague who is asked to take it over"),
        TextId.OFFER_LAPSED: Said(
            "同事没有接替", "to the one who asked, when the colleague has not taken it"
        ),
        TextId.MORE_ALERTS: Said("短时间内预警很多时，合为一条", "one text for many alerts at once"),
        TextId.MISSED: Said("预警过时无人处置", "when an alert has passed and nobody acted"),
    },
    Said("行程与派员", "Plans and teams"): {
        TextId.PLAN_CHANGED: Said("此人改了行程", "when the person has changed the plan"),
        TextId.PLAN_CONFIRMED: Said("此人已检票上车", "when the person has passed the gate"),
        TextId.PLAN_ENDED: Said("此人退票", "when the ticket was returned"),
        TextId.ACT_POINT_MOVED: Said("行动点被改动", "when somebody has moved the act point"),
        TextId.CONFIRMATION_DUE: Said("单位等待复核答复", "when an agency waits for the court's answer"),
        TextId.NOBODY_DISPATCHED: Said("临近行动仍未派员", "when it is time to act and nobody was sent"),
        TextId.DISPATCHED: Said("发给派出的人员", "to the people who are sent"),
        TextId.NOT_ARRIVED: Said("派员未报到位", "when the team has not reported its arrival"),
        TextId.AT_ACT_POINT: Said("此人已到行动点", "when the person is at the act point"),
        TextId.HOLD_HALF_GONE: Said("控制时限已过半", "when half of the time of a hold is over"),
    },
    Said("停止行动与案件变化", "Stopping, and changes of the case"): {
        TextId.PAUSED: Said("协查暂停，人员原地待命", "when the entry is suspended: stay near"),
        TextId.RESUMED: Said("协查恢复", "when the entry is in force again"),
        TextId.OTHER_CASE_STANDS: Said("一案结束，另案仍在协查", "when one case ended and another stands"),
        TextId.STAND_DOWN: Said("停止行动，各单位均已撤控", "stop, all agencies have removed the entry"),
        TextId.STAND_DOWN_RECEIPT_MISSING: Said(
            "停止行动，尚有单位未回执", "stop, the receipt of an agency is missing"
        ),
        TextId.WRONG_PERSON: Said("现场人员并非本人", "when the person held is not the one sought"),
        TextId.AFTER_OUTCOME: Said("预警办结后协查结束", "when the entry ends after the outcome"),
        TextId.PERFORMED_PERSON: Said("履行后告知本人", "to the person who has paid"),
    },
    Said("协查条目", "Entries of the watch list"): {
        TextId.END_OR_RESUME: Said("请法官终止或恢复", "asks the judge to end or resume"),
        TextId.END_OR_KEEP: Said("请法官终止或继续", "asks the judge to end or keep"),
        TextId.ENTRY_ENDS: Said("条目即将到期", "when an entry will end soon"),
        TextId.VALIDATION_DUE: Said("条目须核验", "when an entry must be validated"),
        TextId.IMPORT_LISTED: Said("批量导入完成", "when an imported file is on the list"),
    },
    Said("手机与回复", "Phones and replies"): {
        TextId.PHONE_CODE: Said("核实手机号", "proves a phone number"),
        TextId.CHANNEL_TEST: Said("管理员试发", "tried out by an administrator"),
        TextId.WRONG_REPLY: Said("回复未能识别，发给本人", "to the sender of a reply that means nothing"),
        TextId.WRONG_REPLIES: Said("同一手机多次回复异常", "when a phone sends many such replies"),
        TextId.SMS_STOPPED: Said("有人退订短信", "when somebody has replied STOP"),
        TextId.PROBE: Said("定时探测服务商", "to the test number of a provider"),
        TextId.PROVIDER_SILENT: Said("短信通道不送达", "when two probes of a provider did not arrive"),
        TextId.PROVIDER_HEARD: Said("短信通道恢复", "when one arrives again"),
        TextId.CHANNELS_BACK: Said("设备验证过期，短信恢复", "when a device test ran out and SMS is back"),
        TextId.NUMBER_DEAD: Said("手机号失效", "when a number is dead"),
        TextId.DEVICE_TEST_DUE: Said("设备须重新测试", "when a device is to be tested again"),
    },
    Said("值班", "Shifts"): {
        TextId.SWAP_ASKED: Said("有人申请换班", "to whom a swap of shifts is asked of"),
        TextId.SWAP_AGREED: Said("换班已同意", "to both when a swap is agreed"),
        TextId.SWAP_REFUSED: Said("换班未同意", "to who asked when a swap is refused"),
        TextId.SWAP_WITHDRAWN: Said("换班被撤回", "to who was asked when a swap is taken back"),
        TextId.SHIFT_HANDED_OVER: Said("接班时有未结预警", "to the next shift when alerts are open"),
        TextId.ROSTER_GAP: Said("值班表有缺口", "when the roster has gaps"),
        TextId.CALENDAR_MISSING: Said(
            "下一年节假日安排未录入", "when the holidays of a year are not entered"
        ),
    },
    Said("线路与系统", "Lines and the system"): {
        TextId.LINE_SILENT: Said("单位线路中断", "when nothing comes over an agency's line"),
        TextId.LINE_HEARD: Said("单位线路恢复", "when it is heard again"),
        TextId.LINE_CLOSED: Said("单位线路被关闭", "when a line was closed"),
        TextId.MESSAGE_REFUSED: Said("单位消息被拒收", "when a message of an agency was refused"),
        TextId.WORK_LATE: Said("系统处理延误", "when the court's own work is late"),
        TextId.WORK_ON_TIME: Said("系统恢复", "when it is on time again"),
    },
    Said("演练", "Drills"): {
        TextId.DRILL: Said("演练预警", "in the place of an alert"),
        TextId.DRILL_LADDER: Said("演练无人接手", "when nobody has taken the drill"),
        TextId.DRILL_TAKEN: Said("演练有人接手", "to the others once somebody has taken it"),
        TextId.DRILL_OVER: Said("演练结束，无人接手", "when it is over and nobody took it"),
    },
}

PURPOSES: Final[TextGroup] = {text_id: said for group in GROUPS.values() for text_id, said in group.items()}

WORDS: Final[Mapping[str, Said]] = {
    "act_at": Said("行动点的日期和时间", "day and time of the act point"),
    "act_clock": Said(
        "行动点的时间，当天的不写日期", "time of the act point, with the day unless it is today"
    ),
    "act_day": Said("行动点的日期", "day of the act point"),
    "act_from": Said("应出动的时间", "when to set out"),
    "act_place": Said("行动点", "the act point"),
    "agency": Said("联动单位", "the agency"),
    "alert_state": Said("预警办到哪一步", "how far the alert has come"),
    "all_lifted": Said("“已全部解除”，回执到齐才有", "“fully lifted”, only when all receipts are in"),
    "berth": Said("铺位或座位", "berth or seat"),
    "border_counter": Said("“边检”或“出境边检”", "“border counter” or “exit counter”"),
    "case": Said("案号简称", "short number of the case"),
    "case_state": Said("该案已终止或已暂停", "what became of the case"),
    "counts_until": Said("计入截止", "until when the device counts"),
    "caught_up_at": Said("何时恢复", "when it was on time again"),
    "check_code": Said("六位验证码", "the six digits that prove a phone"),
    "provider": Said("服务商", "the provider that a probe tries"),
    "closing": Said("如何结束", "how it ended"),
    "closing_title": Said("如何结束，用作标题", "how it ended, as a title"),
    "coach": Said("车厢", "coach"),
    "code": Said("收件人的五位回复代码", "the receiver's own five digits"),
    "colleague": Said("被请接替的同事", "the colleague who was asked"),
    "confirm_by": Said("何时前须答复", "until when to answer"),
    "desk_phone": Said("值班室电话", "phone of the command desk"),
    "escalates_at": Said("何时逐级上报", "when others are called"),
    "exit_ban": Said("“不准出境有效”，有效时才有", "“exit ban in force”, only while it is"),
    "gap_from": Said("缺口自何时", "when the gap begins"),
    "gap_until": Said("缺口至何时", "when the gap ends"),
    "gaps": Said("缺口总数，仅一处时不写", "how many gaps, when there are more than one"),
    "gone_everywhere": Said(
        "“各单位已撤控”，回执到齐才有", "“removed at all agencies”, only when all receipts are in"
    ),
    "heard_at": Said("何时恢复", "when it was heard again"),
    "held_at": Said("何时起控制", "since when the person is held"),
    "held_by": Said("由谁控制", "who holds the person"),
    "judge": Said("承办法官的姓", "surname of the judge"),
    "last_day": Said("协查的最后一天", "last day of the entry"),
    "late_from": Said("何时起延误", "since when it is late"),
    "leader": Said("带队人员", "who leads the team"),
    "member": Said("所涉本院人员", "the member of the court it is about"),
    "missed": Said("未处置的件数", "how many alerts"),
    "missed_from": Said("最早一件的时间", "since when the first"),
    "missing_agency": Said("尚未回执的单位", "whose receipt is missing"),
    "more": Said("预警件数", "how many alerts"),
    "muster_at": Said("集合时间", "when to meet"),
    "muster_place": Said("集合地点", "where to meet"),
    "open_alerts": Said("未结预警件数", "how many alerts are open"),
    "other_case": Said("另案案号", "number of the other case"),
    "other_measure_phrase": Said("另案的协查要求", "what the other case asks for"),
    "performed_at": Said("何时履行或结束", "when it was paid, or ended"),
    "phoneless": Said("无手机号的值班人数", "how many people have no phone"),
    "post": Said("缺人的班次", "the post without anybody"),
    "previous_plan": Said("作废的行程", "the plan that is void"),
    "raised_at": Said("何时起无人接手", "since when it is open"),
    "reason": Said("结束的原因", "why it ended"),
    "release_at": Said("何时前须移交", "until when to hand over"),
    "release_order": Said(
        "“已控制的立即放行”，措施含控制时才有", "“release at once if held”, only where the measure holds"
    ),
    "rows_listed": Said("已入名单的行数", "rows on the list"),
    "rows_refused": Said("未入名单的行数", "rows that were not taken"),
    "service": Said("车次或航班，无票时没有", "train or flight, when there is one"),
    "shift_at": Said("接班时间", "when the shift begins"),
    "given_shift_at": Said("换出班次的时间", "when the shift begins that is given in a swap"),
    "sighted_at": Said("何时被看到", "when the person was seen"),
    "sighted_clock": Said("何时被看到，当天的不写日期", "the same, with the day unless it is today"),
    "sighted_detail": Said("具体位置", "where exactly"),
    "sighted_place": Said("在何处被看到", "where the person was seen"),
    "silent_from": Said("何时起中断", "since when it is silent"),
    "surname": Said("被协查人的姓", "surname of the person sought"),
    "taken_at": Said("何时接手", "when it was taken"),
    "taker": Said("接手的人", "who has taken it"),
    "validate_by": Said("何时前须核验", "until when to validate"),
    "whereabouts": Said("何时何处被看到，或何时到何处", "when and where the person was seen, or will be"),
    "work": Said("哪项工作", "which work"),
    "wrong_replies": Said("次数", "how many"),
    "year": Said("年份", "the year"),
}
