"""Work that time brings: each kind of due row, and nothing else, is what happens by itself."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from notifications.ladders import Rung


class DueKind(StrEnum):
    """What happens when a due row's time has come."""

    LADDER_STEP = "ladder-step"
    ACT_FROM = "act-from"
    ARRIVAL_EXPECTED = "arrival-expected"
    TAKING_EXPIRES = "taking-expires"
    PAGING_ENDS = "paging-ends"
    CONFIRMATION_REMINDER = "confirmation-reminder"
    CONFIRMATION_OVERDUE = "confirmation-overdue"
    HOLD_HALF_GONE = "hold-half-gone"
    STAND_DOWN_STEP = "stand-down-step"
    ENTRY_EXPIRES = "entry-expires"
    ENTRY_VALIDATION = "entry-validation"
    ENTRY_REMINDER = "entry-reminder"
    IMPORT_CHECK = "import-check"
    IMPORT_LIST = "import-list"
    IMPORT_PURGE = "import-purge"
    LINE_SILENT = "line-silent"
    LIST_BEGUN_ANEW = "list-begun-anew"
    EPOCH_ENDS = "epoch-ends"
    DELIVERY_FAILED = "delivery-failed"
    NUMBER_DEAD = "number-dead"
    DRILL_BEGINS = "drill-begins"
    DRILL_ENDS = "drill-ends"
    DRILL_PLANNED = "drill-planned"
    SHIFT_CHANGE = "shift-change"
    ROSTER_CHECK = "roster-check"
    CALENDAR_CHECK = "calendar-check"
    MISSED_REMINDER = "missed-reminder"
    OFFER_LAPSES = "offer-lapses"
    PROBES = "probes"
    MUTE_ENDS = "mute-ends"
    DEVICE_TEST = "device-test"


ENTRY_CLOCKS = (DueKind.ENTRY_EXPIRES, DueKind.ENTRY_VALIDATION, DueKind.ENTRY_REMINDER)
"""What time brings an entry."""
PATIENT = frozenset(
    {
        *ENTRY_CLOCKS,
        DueKind.IMPORT_CHECK,
        DueKind.IMPORT_LIST,
        DueKind.IMPORT_PURGE,
        DueKind.LIST_BEGUN_ANEW,
        DueKind.EPOCH_ENDS,
    }
)
"""May be about the hundred thousand in one moment, and wait behind all that somebody is waiting for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueWork:
    """One due row: `about` is the alert (or entry, notice, batch or line) it is for; `detail` is plain JSON
    without personal data.
    """

    due_id: str
    kind: DueKind
    about: str
    due_at: datetime
    detail: dict[str, Any] = field(default_factory=dict)


def started_at_of(due: DueWork) -> datetime:
    """When the ladder began whose rung it is."""
    return datetime.fromisoformat(due.detail["started_at"])


def rung_of(due: DueWork) -> Rung:
    return Rung(step=due.detail["step"], repeat=due.detail["repeat"])
