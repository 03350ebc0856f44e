"""What the closed sets are called on the screen, in Chinese and English: one word for one thing, everywhere.

The tables are by type, because members of different sets may have the same value.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from notifications.channels.port import ChannelKind
from notifications.delivery import AttemptState, NoticeState
from notifications.ladders import TakingsNeeded, ToWhom
from notifications.texts import TextId
from schemas.documents import DocumentKind
from schemas.measures import Measure
from schemas.messages import Answer, Discretion, SightingKind
from tracker.domain.alerts import OUTCOME_ZH, Outcome, Side, Stage
from tracker.domain.drills import Beginning, Hours
from tracker.domain.entries import CAPACITY_ZH, CAUSE_ZH, Cause, EntryState
from tracker.domain.evidence import EVIDENCE_ZH, EvidenceKind
from tracker.domain.imports import BatchState, RowState
from tracker.domain.line_closing import CLOSING_REASON_EN, CLOSING_REASON_ZH, ClosingReason
from tracker.domain.matching import Agreement, Verdict
from tracker.domain.measures import MEASURE_ZH, PAPER_ZH, PaperKind
from tracker.domain.people import DUTY_ZH, Days, Duty, Role
from tracker.domain.plans import Effect, Urgency
from tracker.domain.revocations import REVOCATION_EN, REVOCATION_ZH, RevocationReason
from tracker.domain.rosters import Turn
from tracker.services.answers.one_tap import Tapped
from tracker.services.people.channel_tests import TrialState
from tracker.services.people.phone_checks import Checked
from tracker.services.proof.gathering import Step
from tracker.web.words.devices import DEVICES_EN, DEVICES_ZH

CHINESE: Final[Mapping[type[StrEnum], Mapping[Any, str]]] = {
    EntryState: {
        EntryState.DRAFT: "草稿",
        EntryState.SUBMITTED: "待审批",
        EntryState.ACTIVE: "协查中",
        EntryState.SUSPENDED: "已暂停",
        EntryState.ENDED: "已终止",
    },
    Measure: MEASURE_ZH,
    PaperKind: PAPER_ZH,
    EvidenceKind: EVIDENCE_ZH,
    Cause: CAUSE_ZH,
    Outcome: OUTCOME_ZH,
    ClosingReason: CLOSING_REASON_ZH,
    RevocationReason: REVOCATION_ZH,
    DocumentKind: {
        DocumentKind.RESIDENT_ID: "居民身份证（含居住证、永居证）",
        DocumentKind.PASSPORT: "护照",
        DocumentKind.HK_MACAO_PASS: "往来港澳通行证",
        DocumentKind.TAIWAN_PASS: "往来台湾通行证",
        DocumentKind.MAINLAND_TRAVEL_PERMIT: "来往内地（大陆）通行证",
        DocumentKind.MILITARY_ID: "军官证等军人证件",
    },
    BatchState: {
        BatchState.READING: "读取中",
        BatchState.CHECKING: "核对中",
        BatchState.CHECKED: "已核对",
        BatchState.SUBMITTED: "待审批",
        BatchState.LISTING: "入名单中",
        BatchState.LISTED: "已入名单",
        BatchState.REJECTED: "已退回",
        BatchState.DISCARDED: "已作废",
    },
    RowState: {
        RowState.UNCHECKED: "未核对",
        RowState.WRONG: "有误",
        RowState.RIGHT: "无误",
        RowState.LISTED: "已入名单",
        RowState.REFUSED: "未入名单",
    },
    ToWhom: {
        ToWhom.JUDGE: "承办法官",
        ToWhom.DUTY_OFFICER: "值班执行干警",
        ToWhom.TEAM: "团队值班人员",
        ToWhom.DESK: "指挥中心",
        ToWhom.LEADER_ON_DUTY: "带班领导",
        ToWhom.TOLD: "已通知的人",
    },
    Side: {Side.WHOLE: "全部", Side.JUDGE: "法官一方", Side.OFFICER: "干警一方"},
    TakingsNeeded: {
        TakingsNeeded.ONE: "一人接手即可",
        TakingsNeeded.JUDGE_AND_OFFICER: "法官和干警都要接手",
    },
    Stage: {
        Stage.OPEN: "待接手",
        Stage.TAKEN: "已接手",
        Stage.DISPATCHED: "已派员",
        Stage.HOLDING: "控制中",
        Stage.CLOSED: "已反馈",
        Stage.RETRACTED: "已停止",
    },
    Urgency: {Urgency.IMMINENT: "紧急", Urgency.PLANNED: "计划", Urgency.TRACE: "仅供追查"},
    Role: {
        Role.JUDGE: "法官",
        Role.ASSISTANT: "法官助理",
        Role.CLERK: "书记员",
        Role.TEAM_LEADER: "团队负责人",
        Role.BUREAU_LEADER: "执行局长",
        Role.PRESIDENT: "院长",
        Role.DUTY_OFFICER: "值班执行干警",
        Role.BAILIFF: "司法警察",
        Role.COMMAND_DESK: "指挥中心值班员",
        Role.AUDITOR: "审计员",
        Role.ADMINISTRATOR: "系统管理员",
        Role.SYSTEM: "系统",
    },
    Duty: DUTY_ZH,
    Days: {Days.EVERY_DAY: "每天", Days.WORKDAYS: "工作日", Days.REST_DAYS: "休息日"},
    Turn: {Turn.NEVER: "不轮换，共同值班", Turn.DAILY: "每天轮换", Turn.WEEKLY: "每周轮换"},
    Verdict: {Verdict.VERIFIED: "身份相符", Verdict.UNVERIFIED: "身份未核", Verdict.DOUBTFUL: "身份存疑"},
    Agreement: {Agreement.AGREES: "相符", Agreement.MISSING: "未提供", Agreement.CONTRADICTS: "不符"},
    SightingKind: {
        SightingKind.TICKET_BOUGHT: "购票",
        SightingKind.TICKET_CHANGED: "改签",
        SightingKind.TICKET_REFUNDED: "退票",
        SightingKind.GATE_PASSED: "过闸",
        SightingKind.HOTEL_CHECK_IN: "入住",
        SightingKind.HOTEL_CHECK_OUT: "退房",
        SightingKind.INTERNET_CAFE: "上网",
        SightingKind.CHECKPOINT: "过卡口",
        SightingKind.BORDER_CROSSING: "出入境",
        SightingKind.EXIT_DOCUMENT_APPLICATION: "申办出入境证件",
        SightingKind.OFFICE_VISIT: "到窗口办事",
    },
    Answer: {
        Answer.STILL_WANTED: "仍在协查",
        Answer.STAND_DOWN: "停止行动",
        Answer.MORE_TIME: "需要更多时间",
    },
    Discretion: {
        Discretion.REPORT_ONLY_UNTIL: "到达前只通报",
        Discretion.MUST_NOT_TELL: "不得告知本人",
        Discretion.MAY_TELL: "可以告知本人",
    },
    Effect: {
        Effect.JOINS: "并入预警",
        Effect.CONFIRMS: "行程证实",
        Effect.AT_ACT_POINT: "人已到点",
        Effect.CHANGES: "行程有变",
        Effect.ENDS_PLAN: "行程取消",
        Effect.CONTRADICTS: "两地矛盾，待核",
    },
    ChannelKind: {ChannelKind.SMS: "短信", ChannelKind.PUSH: "推送", ChannelKind.VOICE: "语音"},
    NoticeState: {
        NoticeState.DUE: "待发",
        NoticeState.LEASED: "发送中",
        NoticeState.DONE: "已发",
        NoticeState.CANCELLED: "已取消",
        NoticeState.EXPIRED: "已过期",
        NoticeState.CARRIED: "并入汇总",
    },
    AttemptState: {
        AttemptState.SUBMITTED: "已提交",
        AttemptState.SENT: "已发出",
        AttemptState.DELIVERED: "已送达",
        AttemptState.UNDELIVERED: "未送达",
        AttemptState.FAILED: "被拒绝",
        AttemptState.UNKNOWN: "结果不明",
    },
    TextId: {
        TextId.PLANNED_JUDGE: "行踪预警",
        TextId.PLANNED_DUTY: "值班预警",
        TextId.IMMINENT: "紧急预警",
        TextId.LADDER: "无人接手",
        TextId.TAKEN: "已有人接手",
        TextId.PLAN_CHANGED: "行程有变",
        TextId.PLAN_CONFIRMED: "行程证实",
        TextId.NOBODY_DISPATCHED: "无人出动",
        TextId.NOT_ARRIVED: "未报到位",
        TextId.TRACE: "行踪线索",
        TextId.AT_ACT_POINT: "人已到点",
        TextId.DISPATCHED: "派员",
        TextId.PAUSED: "暂停行动",
        TextId.RESUMED: "恢复行动",
        TextId.OTHER_CASE_STANDS: "案件变更",
        TextId.PLAN_ENDED: "行程取消",
        TextId.CONFIRMATION_DUE: "答复将逾时",
        TextId.BORDER_COUNTER: "口岸预警",
        TextId.STAND_DOWN: "停止行动",
        TextId.STAND_DOWN_RECEIPT_MISSING: "停止行动（回执未齐）",
        TextId.WRONG_PERSON: "停止行动（非本人）",
        TextId.AFTER_OUTCOME: "已履行",
        TextId.HOLD_HALF_GONE: "控制时限",
        TextId.PERFORMED_PERSON: "告知本人",
        TextId.LINE_SILENT: "线路告警",
        TextId.LINE_HEARD: "线路恢复",
        TextId.END_OR_RESUME: "请终止或恢复",
        TextId.END_OR_KEEP: "请终止或继续",
        TextId.ENTRY_ENDS: "到期提醒",
        TextId.VALIDATION_DUE: "核验提醒",
        TextId.LINE_CLOSED: "线路关闭",
        TextId.MESSAGE_REFUSED: "消息被拒",
        TextId.IMPORT_LISTED: "批量导入完成",
        TextId.WRONG_REPLY: "回复未识别",
        TextId.WRONG_REPLIES: "回复异常",
        TextId.SMS_STOPPED: "短信停收",
        TextId.PHONE_CODE: "验证码",
        TextId.CHANNEL_TEST: "测试通知",
        TextId.PROBE: "通道探测",
        TextId.PROVIDER_SILENT: "通道告警",
        TextId.PROVIDER_HEARD: "通道恢复",
        TextId.CHANNELS_BACK: "渠道恢复",
        TextId.DEVICE_TEST_DUE: "设备测试",
        TextId.SWAP_ASKED: "换班申请",
        TextId.SWAP_AGREED: "换班已定",
        TextId.SWAP_REFUSED: "换班未成",
        TextId.SWAP_WITHDRAWN: "换班撤回",
        TextId.NUMBER_DEAD: "号码失效",
        TextId.WORK_LATE: "系统告警",
        TextId.WORK_ON_TIME: "系统恢复",
        TextId.DRILL: "演练预警",
        TextId.DRILL_LADDER: "演练：无人接手",
        TextId.DRILL_TAKEN: "演练：已有人接手",
        TextId.DRILL_OVER: "演练结束",
        TextId.SHIFT_HANDED_OVER: "交班",
        TextId.ROSTER_GAP: "值班缺口",
        TextId.CALENDAR_MISSING: "节假日安排缺失",
        TextId.NOBODY_REACHED: "无人可通知",
        TextId.NOBODY_TO_CALL: "无人可通知（告管理员）",
        TextId.MISSED: "未处置预警",
        TextId.OFFERED: "请求接手",
        TextId.OFFER_LAPSED: "未获接手",
        TextId.ACT_POINT_MOVED: "行动点变更",
        TextId.MORE_ALERTS: "预警汇总",
    },
    Tapped: {
        Tapped.TOOK: "您已接手",
        Tapped.TAKEN_BY_OTHER: "已有他人接手",
        Tapped.DECLINED: "已记录不便出动，正在通知其他人员",
        Tapped.ANSWERED: "已收到您的确认",
        Tapped.PLAN_CHANGED: "行程刚刚有变，请看清后再操作",
        Tapped.ENDED: "此链接不能使用",
    },
    Checked: {
        Checked.VERIFIED: "手机号已验证",
        Checked.WRONG: "验证码不正确，请核对后再试",
        Checked.OVER: "验证码已失效，请重新发送",
    },
    TrialState: {
        TrialState.QUEUED: "排队中",
        TrialState.SENT: "已发出，尚无送达回执",
        TrialState.DELIVERED: "已送达",
        TrialState.FAILED: "未能送达",
    },
    **DEVICES_ZH,
    Step: {
        Step.NOTICE: "通知",
        Step.ATTEMPT: "发送",
        Step.MOVED: "发送结果",
        Step.CALLBACK: "回执原文",
        Step.REPLY: "回复",
        Step.TAKING: "接手",
        Step.LAPSE: "接手失效",
        Step.ANSWER: "收到指令",
        Step.UNREADABLE: "无法读取",
    },
    Hours: {Hours.OFFICE: "工作日9时至17时", Hours.NIGHT: "22时至次日6时"},
    Beginning: {Beginning.LINE: "经线路探测触发", Beginning.COURT: "由法院直接触发"},
}

ENGLISH: Final[Mapping[type[StrEnum], Mapping[Any, str]]] = {
    EntryState: {EntryState.SUBMITTED: "Waiting for approval", EntryState.ACTIVE: "In force"},
    BatchState: {
        BatchState.READING: "Being read",
        BatchState.CHECKING: "Being checked",
        BatchState.SUBMITTED: "Waiting for approval",
        BatchState.LISTING: "Going on the list",
        BatchState.LISTED: "On the list",
    },
    RowState: {RowState.LISTED: "On the list", RowState.REFUSED: "Not taken"},
    Stage: {Stage.OPEN: "Nobody has it", Stage.RETRACTED: "Stood down"},
    Urgency: {Urgency.TRACE: "Trace only"},
    DocumentKind: {
        DocumentKind.RESIDENT_ID: "Resident identity number (permits and foreigners' cards too)",
        DocumentKind.HK_MACAO_PASS: "Pass to Hong Kong and Macao",
        DocumentKind.TAIWAN_PASS: "Pass to Taiwan",
        DocumentKind.MAINLAND_TRAVEL_PERMIT: "Travel permit to the mainland",
        DocumentKind.MILITARY_ID: "Military ID",
    },
    EvidenceKind: {EvidenceKind.ID_COPY_IN_CONTRACT: "ID copy in the contract"},
    TakingsNeeded: {
        TakingsNeeded.ONE: "One taking is enough",
        TakingsNeeded.JUDGE_AND_OFFICER: "Judge and officer both have to take it",
    },
    ToWhom: {ToWhom.TOLD: "Everybody who was told"},
    Discretion: {Discretion.REPORT_ONLY_UNTIL: "Only report until the person arrives"},
    TextId: {
        TextId.PLANNED_JUDGE: "Alert to the judge",
        TextId.PLANNED_DUTY: "Alert to the duty officer",
        TextId.IMMINENT: "Imminent alert",
        TextId.LADDER: "Nobody has it",
        TextId.TAKEN: "Somebody has it",
        TextId.TRACE: "Trace",
        TextId.END_OR_RESUME: "To end or resume",
        TextId.END_OR_KEEP: "To end or keep",
        TextId.AFTER_OUTCOME: "Debt performed",
        TextId.PERFORMED_PERSON: "Word to the person",
        TextId.HOLD_HALF_GONE: "Half of the hold is over",
        TextId.STAND_DOWN_RECEIPT_MISSING: "Stand down (a receipt is missing)",
        TextId.WRONG_PERSON: "Stand down (wrong person)",
        TextId.IMPORT_LISTED: "Import done",
        TextId.SMS_STOPPED: "SMS stopped",
        TextId.CHANNELS_BACK: "Channel on again",
        TextId.DEVICE_TEST_DUE: "Device test due",
        TextId.WORK_LATE: "System is late",
        TextId.WORK_ON_TIME: "System is on time",
        TextId.DRILL_LADDER: "Drill: nobody has it",
        TextId.DRILL_TAKEN: "Drill: somebody has it",
        TextId.DRILL_OVER: "Drill is over",
        TextId.ROSTER_GAP: "Gap in the roster",
        TextId.CALENDAR_MISSING: "Holidays are missing",
        TextId.NOBODY_TO_CALL: "Nobody to call (to administrators)",
        TextId.MISSED: "Missed alerts",
        TextId.OFFERED: "Asked to take over",
        TextId.OFFER_LAPSED: "Not taken over",
    },
    ChannelKind: {ChannelKind.SMS: "SMS"},
    Cause: {
        Cause.PERFORMED: "Debt performed",
        Cause.RESTORED: "Restored from a backup: to be looked at",
        Cause.GONE_AT_AGENCY: "Withdrawn, says an agency",
    },
    ClosingReason: CLOSING_REASON_EN,
    RevocationReason: REVOCATION_EN,
    Tapped: {
        Tapped.TOOK: "You have it",
        Tapped.TAKEN_BY_OTHER: "Somebody else has it",
        Tapped.DECLINED: "Noted that you cannot go: others are being told",
        Tapped.ANSWERED: "Your answer is in",
        Tapped.PLAN_CHANGED: "The plan has just changed: look before you tap",
    },
    Checked: {
        Checked.VERIFIED: "Your phone is verified",
        Checked.WRONG: "That is not the code: compare it and try again",
        Checked.OVER: "The code is over: have a new one sent",
    },
    TrialState: {TrialState.SENT: "Sent, not confirmed yet", TrialState.FAILED: "Not delivered"},
    **DEVICES_EN,
    Step: {Step.ATTEMPT: "Sent", Step.MOVED: "Result", Step.CALLBACK: "Called back", Step.TAKING: "Taken"},
    Hours: {Hours.OFFICE: "Workdays, 9 to 17", Hours.NIGHT: "Nights, 22 to 6"},
    Beginning: {Beginning.LINE: "Came over the line", Beginning.COURT: "Begun at the court"},
    Turn: {
        Turn.NEVER: "No turns: all together",
        Turn.DAILY: "In turn, a day each",
        Turn.WEEKLY: "In turn, a week each",
    },
}

FEATURE_ZH: Final[Mapping[str, str]] = {"name": "姓名", "birth_date": "出生日期", "sex": "性别"}


UNREADABLE: Final[Mapping[str, str]] = {
    "zh": "无法读取（密钥缺失，或由其他版本写入）",
    "en": "cannot be read (its key is missing, or another release wrote it)",
}


def label(member: StrEnum, language: str) -> str:
    """The word for a member of a closed set."""
    if language == "zh":
        return CHINESE[type(member)][member]
    return ENGLISH.get(type(member), {}).get(member) or spelled(member.name.lower().replace("_", "-"))


def spelled(value: str) -> str:
    """An English word of the tables as it stands on the screen."""
    return value.replace("-", " ").capitalize()


def capacity_label(capacity: str, language: str) -> str:
    return CAPACITY_ZH.get(capacity, capacity) if language == "zh" else spelled(capacity)


def feature_label(name: str, language: str) -> str:
    """What was compared between the document and the subject."""
    return FEATURE_ZH.get(name, name) if language == "zh" else spelled(name.replace("_", "-"))
