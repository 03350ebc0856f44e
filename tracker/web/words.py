"""What the closed sets are called on the screen, in Chinese and English: one word for one thing, everywhere.

The tables are by type, because members of different sets may have the same value.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from notifications.channels.port import ChannelKind
from notifications.delivery import AttemptState, NoticeState
from notifications.texts import TextId
from schemas.documents import DocumentKind
from schemas.measures import Measure
from schemas.messages import Answer, Discretion, SightingKind
from tracker.domain.alerts import OUTCOME_ZH, Outcome, Stage
from tracker.domain.entries import CAPACITY_ZH, CAUSE_ZH, Cause, EntryState
from tracker.domain.evidence import EVIDENCE_ZH, EvidenceKind
from tracker.domain.imports import BatchState, RowState
from tracker.domain.line_closing import CLOSING_REASON_EN, CLOSING_REASON_ZH, ClosingReason
from tracker.domain.matching import Agreement, Verdict
from tracker.domain.measures import MEASURE_ZH, PAPER_ZH, PaperKind
from tracker.domain.people import Duty, Role
from tracker.domain.plans import Effect, Urgency

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
    Duty: {
        Duty.DUTY_OFFICER: "值班执行干警",
        Duty.TEAM: "团队值班",
        Duty.DESK: "指挥中心",
        Duty.LEADER: "带班领导",
    },
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
        TextId.IMPORT_LISTED: "批量导入完成",
        TextId.ACT_POINT_MOVED: "行动点变更",
        TextId.MORE_ALERTS: "预警汇总",
    },
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
    DocumentKind: {DocumentKind.RESIDENT_ID: "Resident identity number (permits and foreigners' cards too)"},
    ChannelKind: {ChannelKind.SMS: "SMS"},
    Cause: {
        Cause.PERFORMED: "Debt performed",
        Cause.RESTORED: "Restored from a backup: to be looked at",
        Cause.GONE_AT_AGENCY: "Withdrawn, says an agency",
    },
    ClosingReason: CLOSING_REASON_EN,
}

FEATURE_ZH: Final[Mapping[str, str]] = {"name": "姓名", "birth_date": "出生日期", "sex": "性别"}

AUDIT_ZH: Final[Mapping[str, str]] = {
    "case opened": "建案",
    "entry registered": "登记条目",
    "entry submitted": "提交审批",
    "entry approved": "审批通过",
    "entry suspended": "暂停协查",
    "entry resumed": "恢复协查",
    "entry validated": "核验：仍需协查",
    "entry ended": "终止条目",
    "amendment asked for": "申请延期或变更措施",
    "amendment approved": "延期或变更措施审批通过",
    "amendment dropped": "延期或变更措施退回",
    "import uploaded": "上传批量导入",
    "import submitted": "批量导入提交审批",
    "import approved": "批量导入审批通过",
    "import rejected": "批量导入退回",
    "import discarded": "批量导入作废",
    "import listed": "批量导入完成",
    "import purged": "批量导入明细清除",
    "payment received": "案款到账",
    "payment reversed": "案款冲正",
    "alert opened": "生成预警",
    "alert taken": "接手",
    "alert declined": "不便出动",
    "team dispatched": "派员",
    "team arrived": "到达集合点",
    "hold reported": "单位报告控制",
    "hold handed-over": "移交",
    "hold released": "放行",
    "signed in": "登录",
    "sign-in failed": "登录失败",
    "order answered": "回复收到指令",
    "wants no messages": "要求不再发短信",
    "read": "查阅",
    "restore begun": "开始恢复备份",
    "restore done": "恢复备份完成",
    "restored entries put back": "恢复备份后批量恢复协查",
    "entry gone at agency": "联动单位报告已撤出",
    "line closed": "关闭线路",
    "line opened": "重新开通线路",
    "list removed": "适配器报告已删除名单",
    "epoch rolled": "更换名单密钥",
    "epoch ended": "停用旧密钥名单",
    "sighting joins": "线索并入预警",
    "sighting confirms": "线索证实行程",
    "sighting at-act-point": "线索：人已到点",
    "sighting changes": "线索改变行程",
    "sighting ends-plan": "线索取消行程",
    "sighting contradicts": "线索两地矛盾",
    "line silent": "线路中断",
    "line heard again": "线路恢复",
    "act point moved": "变更行动点",
    "alert retracted": "撤销预警",
    "stand-down told by telephone": "电话通知停止行动",
}

PURPOSE_ZH: Final[Mapping[str, str]] = {
    "entry list": "名单页",
    "entry search": "查找",
    "restored list": "恢复备份后核对",
    "entry page": "条目页",
    "approval list": "待审批页",
    "approval page": "审批页",
    "amendment form": "延期或变更措施页",
    "listed already": "登记时查重",
    "import page": "批量导入页",
    "import report": "批量导入核对报告",
    "alert list": "预警列表",
    "alert page": "预警页",
    "stand-down page": "停止行动页",
}

ABOUT_ZH: Final[Mapping[str, str]] = {
    "person": "人员",
    "case": "案件",
    "entry": "条目",
    "import": "批量导入",
    "alert": "预警",
    "list": "列表",
    "agency": "单位",
    "instance": "适配器",
    "court": "法院",
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


def action_label(action: str, language: str) -> str:
    """What the audit log calls an action; English where there is no other word."""
    return AUDIT_ZH.get(action, _of_answers(action)) if language == "zh" else spelled(action)


def purpose_label(purpose: str, language: str) -> str:
    """Why personal data were read, as the audit log has it."""
    return PURPOSE_ZH.get(purpose, purpose) if language == "zh" else purpose


def about_label(kind: str, language: str) -> str:
    """What kind of thing an audit event is about."""
    return ABOUT_ZH.get(kind, kind) if language == "zh" else kind


def _of_answers(action: str) -> str:
    kind, _, value = action.partition(" ")
    if kind == "answer" and value in set(Answer):
        return f"答复：{CHINESE[Answer][Answer(value)]}"
    if kind == "outcome" and value in set(Outcome):
        return f"反馈：{OUTCOME_ZH[Outcome(value)]}"
    return action
