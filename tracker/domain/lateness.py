"""The kinds of work that wait in the database, from when on each is late, and when somebody is told of it.

What must not break: whoever is told that work is late is told once more when it is late no longer, and work
that is late by turns rings nobody more often than every ten minutes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Work(StrEnum):
    """Each with the English name by which people read of it."""

    NOTICES = "notices to people"
    DUE = "due work"
    ENTRIES = "work on entries"
    POSTED = "posted messages"
    TO_AGENCIES = "messages to agencies"
    LIST = "changes of the list"
    AUDIT = "audit events"


WORK_ZH: Final[Mapping[Work, str]] = MappingProxyType(
    {
        Work.NOTICES: "通知发送",
        Work.DUE: "到时事项",
        Work.ENTRIES: "条目到期事项",
        Work.POSTED: "单位来报",
        Work.TO_AGENCIES: "发往单位的消息",
        Work.LIST: "名单下发",
        Work.AUDIT: "审计日志",
    }
)

LATE_AFTER: Final = timedelta(seconds=30)
PATIENT_LATE_AFTER: Final = timedelta(minutes=10)
"""What may fall due for the whole list in one moment is done one after the other."""
TOLD_AGAIN_AFTER: Final = timedelta(minutes=10)


def late_after(work: Work) -> timedelta:
    """How long the oldest row of a kind may wait."""
    return PATIENT_LATE_AFTER if work is Work.ENTRIES else LATE_AFTER


class Word(StrEnum):
    """What people are told."""

    LATE = "late"
    OVER = "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """What people were told last of one kind of work; `over_at` None while they have it as late."""

    work: Work
    since: datetime
    told_at: datetime
    over_at: datetime | None = None


def word_due(known: Delay | None, at: datetime, *, is_late: bool) -> Word | None:
    """What is to be told now, if anything."""
    if not is_late:
        return Word.OVER if known is not None and known.over_at is None else None
    if known is None or at - known.told_at >= TOLD_AGAIN_AFTER:
        return Word.LATE
    return None
