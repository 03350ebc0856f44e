"""The line to an agency, and why the court closes it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tracker.domain.ids import PersonId


class ClosingReason(StrEnum):
    """Why the line to an agency was closed."""

    LOST = "lost"
    MISUSED = "misused"
    FAULTY = "faulty"
    AGREEMENT_ENDED = "agreement-ended"


CLOSING_REASON_ZH = {
    ClosingReason.LOST: "设备或凭证遗失、被盗",
    ClosingReason.MISUSED: "名单被滥用",
    ClosingReason.FAULTY: "设备故障或名单有误",
    ClosingReason.AGREEMENT_ENDED: "协作协议终止",
}
CLOSING_REASON_EN = {
    ClosingReason.LOST: "machine or credentials lost or stolen",
    ClosingReason.MISUSED: "list misused",
    ClosingReason.FAULTY: "adapter faulty, or its list wrong",
    ClosingReason.AGREEMENT_ENDED: "agreement ended",
}

NEEDS_NEW_KEYS = frozenset({ClosingReason.LOST, ClosingReason.MISUSED})
"""Whoever has the keys of before may be a stranger: no adapter is let in with them again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """Since when a line is closed, on whose word and why."""

    at: datetime
    by: PersonId
    reason: ClosingReason
