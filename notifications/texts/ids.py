"""Every text a person can get, and in which language: the names that the rest of the system uses."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Language(StrEnum):
    CHINESE = "zh"
    ENGLISH = "en"


class TextId(StrEnum):
    """The texts by their number in the catalogue. What each says stands in `chinese` and `english`."""

    PLANNED_JUDGE = "A1"
    PLANNED_DUTY = "A2"
    IMMINENT = "A3"
    LADDER = "A4"
    TAKEN = "A5"
    PLAN_CHANGED = "U1"
    PLAN_CONFIRMED = "U2"
    NOBODY_DISPATCHED = "U3"
    NOT_ARRIVED = "N1"
    TRACE = "T1"
    AT_ACT_POINT = "U4"
    DISPATCHED = "F1"
    PAUSED = "PA"
    RESUMED = "RS"
    OTHER_CASE_STANDS = "NB"
    PLAN_ENDED = "RF"
    CONFIRMATION_DUE = "CF"
    BORDER_COUNTER = "B1"
    STAND_DOWN = "S1"
    STAND_DOWN_RECEIPT_MISSING = "S2"
    WRONG_PERSON = "S3"
    AFTER_OUTCOME = "S4"
    HOLD_HALF_GONE = "K1"
    PERFORMED_PERSON = "P1"
    LINE_SILENT = "L1"
    LINE_HEARD = "L2"
    END_OR_RESUME = "ER"
    END_OR_KEEP = "EK"
    ENTRY_ENDS = "E1"
    VALIDATION_DUE = "V1"
    LINE_CLOSED = "LC"
    MESSAGE_REFUSED = "LR"
    IMPORT_LISTED = "BI"
    WRONG_REPLY = "W1"
    WRONG_REPLIES = "W2"
    SMS_STOPPED = "W3"
    PHONE_CODE = "C1"
    CHANNEL_TEST = "C2"
    NUMBER_DEAD = "C3"
    PROBE = "C4"
    PROVIDER_SILENT = "C6"
    PROVIDER_HEARD = "C7"
    CHANNELS_BACK = "C5"
    DEVICE_TEST_DUE = "C8"
    WORK_LATE = "LW1"
    WORK_ON_TIME = "LW2"
    DRILL = "D1"
    DRILL_LADDER = "D2"
    DRILL_TAKEN = "D3"
    DRILL_OVER = "D4"
    SHIFT_HANDED_OVER = "H1"
    ROSTER_GAP = "RG"
    CALENDAR_MISSING = "CY"
    NOBODY_REACHED = "NR"
    NOBODY_TO_CALL = "NC"
    MISSED = "ML"
    OFFERED = "HO"
    OFFER_LAPSED = "HL"
    ACT_POINT_MOVED = "U5"
    MORE_ALERTS = "MA"
    SWAP_ASKED = "SA"
    SWAP_AGREED = "SY"
    SWAP_REFUSED = "SN"
    SWAP_WITHDRAWN = "SW"


RINGS_NOBODY = frozenset(
    {
        TextId.PLAN_CONFIRMED,
        TextId.AT_ACT_POINT,
        TextId.ENTRY_ENDS,
        TextId.VALIDATION_DUE,
        TextId.IMPORT_LISTED,
        TextId.NUMBER_DEAD,
        TextId.DEVICE_TEST_DUE,
        TextId.DRILL_OVER,
        TextId.ROSTER_GAP,
        TextId.CALENDAR_MISSING,
        TextId.SWAP_AGREED,
        TextId.SWAP_REFUSED,
        TextId.SWAP_WITHDRAWN,
    }
)
"""Told quietly: the push is silent, and neither voice nor ladder follows."""

NO_SMS = frozenset({TextId.END_OR_RESUME, TextId.END_OR_KEEP, TextId.IMPORT_LISTED})
"""Push and console only: what follows needs the page, so an SMS would only invite a reply that decides
nothing.
"""


DRILL_TEXTS: Mapping[TextId, TextId] = MappingProxyType(
    {
        TextId.PLANNED_JUDGE: TextId.DRILL,
        TextId.PLANNED_DUTY: TextId.DRILL,
        TextId.IMMINENT: TextId.DRILL,
        TextId.BORDER_COUNTER: TextId.DRILL,
        TextId.TRACE: TextId.DRILL,
        TextId.LADDER: TextId.DRILL_LADDER,
        TextId.TAKEN: TextId.DRILL_TAKEN,
    }
)
"""What a drill says in the place of the texts of a real alert, which name a case and a person."""


class Asks(StrEnum):
    """What a text wants of its receiver."""

    TAKE = "take"
    CONFIRM = "confirm"
    NOTHING = "nothing"


_ASKS_TO_TAKE = frozenset(
    {
        TextId.PLANNED_JUDGE,
        TextId.PLANNED_DUTY,
        TextId.IMMINENT,
        TextId.LADDER,
        TextId.PLAN_CHANGED,
        TextId.NOBODY_DISPATCHED,
        TextId.NOT_ARRIVED,
        TextId.TRACE,
        TextId.CONFIRMATION_DUE,
        TextId.BORDER_COUNTER,
        TextId.HOLD_HALF_GONE,
        TextId.DRILL,
        TextId.DRILL_LADDER,
        TextId.NOBODY_REACHED,
        TextId.OFFERED,
        TextId.ACT_POINT_MOVED,
    }
)
_ASKS_TO_CONFIRM = frozenset(
    {
        TextId.DISPATCHED,
        TextId.PAUSED,
        TextId.RESUMED,
        TextId.OTHER_CASE_STANDS,
        TextId.STAND_DOWN,
        TextId.STAND_DOWN_RECEIPT_MISSING,
        TextId.WRONG_PERSON,
    }
)


def asks(text_id: TextId) -> Asks:
    if text_id in _ASKS_TO_TAKE:
        return Asks.TAKE
    return Asks.CONFIRM if text_id in _ASKS_TO_CONFIRM else Asks.NOTHING
