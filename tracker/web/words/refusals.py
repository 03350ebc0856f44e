"""What was wrong with an agency's message, in words for whoever calls the agency; engineers have the code."""

from collections.abc import Mapping
from typing import Final

from schemas.envelope import EnvelopeFault
from schemas.refused import RefusedKind
from tracker.services.lines.inbox import SIGHTING
from tracker.services.lines.reports import AHEAD_OF_THE_COURT

_UNREADABLE: Final = ("消息无法读取", "a message cannot be read")
_NOT_THEIRS: Final = ("签名不符，消息可能被改动或冒充", "its signature does not fit: altered, or forged")
_ASTRAY: Final = ("消息发错了地方", "a message went astray")
_NEWER: Final = ("适配器与法院版本不合", "adapter and court are of versions that do not fit")

REFUSALS: Final[Mapping[str, tuple[str, str]]] = {
    EnvelopeFault.TOO_LARGE: _UNREADABLE,
    EnvelopeFault.NOT_JSON: _UNREADABLE,
    EnvelopeFault.NOT_AN_ENVELOPE: _UNREADABLE,
    EnvelopeFault.UNKNOWN_KEY: _NOT_THEIRS,
    EnvelopeFault.BAD_SIGNATURE: _NOT_THEIRS,
    EnvelopeFault.WRONG_COURT: _ASTRAY,
    EnvelopeFault.WRONG_AGENCY: _ASTRAY,
    EnvelopeFault.WRONG_TYPE: _UNREADABLE,
    EnvelopeFault.UNKNOWN_VERSION: _NEWER,
    EnvelopeFault.WRONG_BODY: _UNREADABLE,
    "unknown message type": _NEWER,
    "document": ("线索中的证件号码读不出", "the document of a sighting cannot be read"),
    "line closed": ("线路已关闭，仍在发送", "sent although the line is closed"),
    "signed by another instance": _NOT_THEIRS,
    "sent by another user than the agency of this queue": _NOT_THEIRS,
    "the same message id came before with another body": (
        "同一编号的消息两次内容不同",
        "the same message came twice with different contents",
    ),
    f"posted {SIGHTING}": ("推送的线索无法使用", "a sighting that was posted cannot be used"),
    AHEAD_OF_THE_COURT: (
        "对方名单比法院的新：法院数据库是否由备份恢复？请联系运维",
        "it holds a newer list than the court: was the court's database restored? call the operator",
    ),
}
"""By the kind of fault, as it is counted."""

REFUSED_THERE: Final[Mapping[str, tuple[str, str]]] = {
    RefusedKind.FORGED: (
        "签名不是法院的：途中被改动，或有人冒充法院",
        "not signed by the court: altered on its way, or somebody forges the court",
    ),
    RefusedKind.UNKNOWN_KEY: (
        "签名密钥对方不认识，消息等待中：请对方换用新凭证",
        "signed with a key that it does not know; the message waits: it needs a new credential",
    ),
    RefusedKind.UNREADABLE: ("消息无法读取", "a message cannot be read"),
    RefusedKind.NEWER_VERSION: (
        "消息版本比对方适配器新：请对方升级",
        "of a newer version than the adapter: it must be updated",
    ),
    RefusedKind.OTHER_COURT: ("是其他法院的消息", "a message of another court"),
    RefusedKind.OTHER_ADDRESSEE: (
        "是发给其他单位或其他设备的消息",
        "a message for another agency or another adapter",
    ),
    RefusedKind.OTHER_LIST: ("取得的是另一份名单", "what it fetched is of another list"),
    RefusedKind.NOT_THE_LIST: (
        "变更与法院签署的名单对不上，正自行重新取得",
        "changes lead elsewhere than the court has signed: it fetches the list anew",
    ),
    RefusedKind.BROKEN_LIST: (
        "整份名单途中损坏、不全或已过时，正自行重新取得",
        "a whole list came damaged, cut short or out of date: it fetches it again",
    ),
    RefusedKind.CLOCK: (
        "消息时间与对方时钟不符：请对方校准时钟（NTP）",
        "from another time than its clock shows: it must set its clock (NTP)",
    ),
    RefusedKind.REPEATED: ("重复送达，未起作用", "came again, and changed nothing"),
}
"""By the kind of what an adapter has refused of the court's messages."""


def refused_there_label(kind: str, language: str) -> str:
    """The kind itself where a newer adapter has one of its own."""
    return REFUSED_THERE.get(kind, (kind, kind))[0 if language == "zh" else 1]


def refusal_label(reason: str, language: str) -> str:
    """The kind of fault itself where there is no other word."""
    return REFUSALS.get(reason, (reason, reason))[0 if language == "zh" else 1]
