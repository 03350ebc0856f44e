"""What the demonstration's pages call what the adapters answer, beside the words of the console."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from adapters.edge.card_use import Silence
from adapters.edge.instruction import DisplayState, NoStop
from adapters.screening import FeedCondition, Trust
from tracker.services.answers.replies import ReplyMeaning
from tracker.web.words import labels

CHINESE: Final[Mapping[type[StrEnum], Mapping[Any, str]]] = {
    DisplayState: {
        DisplayState.REPORT_ONLY: "只通报，不得拦截",
        DisplayState.HOLD_WHEN_CHECKED: "可协助控制，拦截前须核对",
        DisplayState.HOLDING: "控制中",
        DisplayState.RELEASE: "立即放行",
        DisplayState.GONE: "已撤控",
    },
    NoStop: {
        NoStop.NOT_IN_FORCE: "名单上已无此人",
        NoStop.STOOD_DOWN: "法院已停止行动",
        NoStop.NOT_A_STOPPING_MEASURE: "该措施不含拦截",
        NoStop.NOT_CONFIRMED: "法院尚未复核答复",
        NoStop.NO_HOLD_GRANTED: "法院未准许控制",
        NoStop.HOLD_USED_UP: "本次控制时限已用完",
        NoStop.LIST_NOT_PROVEN: "本地名单尚未核实",
        NoStop.COURT_SILENT: "逾五分钟未收到法院信号",
    },
    Silence: {
        Silence.NOTHING_RECEIVED: "尚未收到名单",
        Silence.COURT_SILENT: "逾一天未收到法院信号",
        Silence.LIST_IN_DOUBT: "本地名单与法院不一致",
        Silence.LIST_INCOMPLETE: "名单正在取得，尚不完整",
        Silence.LINE_CLOSED: "法院已关闭线路",
    },
    Trust: {
        Trust.FULL: "完全可信",
        Trust.NO_STOPS: "不再拦截",
        Trust.NO_HITS: "不再比对",
    },
    FeedCondition: {
        FeedCondition.UNPROVEN: "待核实",
        FeedCondition.PROVEN: "与法院一致",
        FeedCondition.FILLING: "正在取得名单",
        FeedCondition.BEHIND: "有缺漏",
        FeedCondition.DIVERGED: "不一致",
        FeedCondition.RAN_BACK: "法院序号倒退",
        FeedCondition.CLOSED: "线路已关闭",
    },
    ReplyMeaning: {
        ReplyMeaning.RECEIVED: "已收到",
        ReplyMeaning.UNKNOWN_SENDER: "陌生号码，不予处理",
        ReplyMeaning.REPEATED: "重复回复",
        ReplyMeaning.UNREADABLE: "无法识别，未作处理",
        ReplyMeaning.WANTS_NO_MESSAGES: "已停发短信，已报值班室",
        ReplyMeaning.WANTS_MESSAGES_AGAIN: "已恢复发送短信",
        ReplyMeaning.WRONG_CODE: "校验码不符",
        ReplyMeaning.DESK_TOLD: "多次无法识别，已报值班室",
        ReplyMeaning.NOT_ANSWERED: "无法识别，不再答复",
        ReplyMeaning.TOOK: "已接手",
        ReplyMeaning.TAKEN_BY_OTHER: "已有他人接手",
        ReplyMeaning.DECLINED: "不便出动，已上报",
        ReplyMeaning.ANSWERED: "已收到答复",
        ReplyMeaning.NOT_ALLOWED: "无权限，未作处理",
    },
}

ENGLISH: Final[Mapping[type[StrEnum], Mapping[Any, str]]] = {
    DisplayState: {
        DisplayState.REPORT_ONLY: "Report, do not stop",
        DisplayState.HOLD_WHEN_CHECKED: "May be held, check before any stop",
        DisplayState.RELEASE: "Release now",
        DisplayState.GONE: "Not wanted any more",
    },
    NoStop: {
        NoStop.NOT_IN_FORCE: "no longer on the list",
        NoStop.STOOD_DOWN: "the court has called it off",
        NoStop.NOT_A_STOPPING_MEASURE: "the measure does not include a stop",
        NoStop.NOT_CONFIRMED: "the court has not confirmed yet",
        NoStop.NO_HOLD_GRANTED: "the court has granted no hold",
        NoStop.HOLD_USED_UP: "the time of this hold is used up",
        NoStop.LIST_NOT_PROVEN: "the local list is not proven",
        NoStop.COURT_SILENT: "the court has been silent for five minutes",
    },
    Silence: {
        Silence.NOTHING_RECEIVED: "no list received yet",
        Silence.COURT_SILENT: "the court has been silent for a day",
        Silence.LIST_IN_DOUBT: "the local list differs from the court's",
        Silence.LIST_INCOMPLETE: "the local list is being fetched",
        Silence.LINE_CLOSED: "the court has closed the line",
    },
    FeedCondition: {FeedCondition.PROVEN: "Equal to the court's"},
}


def label(member: StrEnum, language: str) -> str:
    """The word for a member of a closed set, the console's own included."""
    if type(member) not in CHINESE:
        return labels.label(member, language)
    if language == "zh":
        return CHINESE[type(member)][member]
    return ENGLISH.get(type(member), {}).get(member) or labels.spelled(member.value)
