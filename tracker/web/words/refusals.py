"""What was wrong with an agency's message, in words for whoever calls the agency; engineers have the code."""

from collections.abc import Mapping
from typing import Final

from schemas.envelope import EnvelopeFault
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


def refusal_label(reason: str, language: str) -> str:
    """The kind of fault itself where there is no other word."""
    return REFUSALS.get(reason, (reason, reason))[0 if language == "zh" else 1]
