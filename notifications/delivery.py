"""The states of a notice and of its attempts, what each promises, and which move may follow which.

Reports of a provider come late, twice and out of order. A state only ever moves forward, and what is final
stays final, so a report that was overtaken changes nothing.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from notifications.texts.ids import TextId


class NoticeState(StrEnum):
    """One message to one person on one channel."""

    DUE = "due"
    """Decided and committed. It will be sent, however often the process dies, unless it is cancelled or
    expires.
    """
    LEASED = "leased"
    """One worker is sending it. Whoever works for those who were told counts it as told."""
    DONE = "done"
    """An attempt came to its end, well or badly; the attempt says which. Nothing more is sent for this
    notice, unless its delivery fails and another provider is left.
    """
    CANCELLED = "cancelled"
    """Nobody wants it any more (taken, stood down). It was not sent: what may have been stays due until that
    is found out.
    """
    CARRIED = "carried"
    """One text to the person stands for it and others. It is told once that text is."""
    EXPIRED = "expired"
    """It was still waiting when it stopped being useful. It was not sent."""


class AttemptState(StrEnum):
    """One try to deliver a notice."""

    SUBMITTED = "submitted"
    """Committed before the request went out, and not yet known to be refused. The person may get it."""
    SENT = "sent"
    """The provider has passed it on. It may not have been delivered."""
    DELIVERED = "delivered"
    """The handset or device has it. Nobody has said that a person read it."""
    UNDELIVERED = "undelivered"
    """The network gave up on it. The person did not get it this way."""
    FAILED = "failed"
    """The provider refused it. The person did not get it this way."""
    UNKNOWN = "unknown"
    """The request may have reached the provider. Treat the person as told, and look it up before repeating
    it.
    """


ATTEMPT_MOVES: Mapping[AttemptState, frozenset[AttemptState]] = MappingProxyType(
    {
        AttemptState.SUBMITTED: frozenset(AttemptState) - {AttemptState.SUBMITTED},
        AttemptState.UNKNOWN: frozenset(AttemptState) - {AttemptState.SUBMITTED, AttemptState.UNKNOWN},
        AttemptState.SENT: frozenset({AttemptState.DELIVERED, AttemptState.UNDELIVERED, AttemptState.FAILED}),
        AttemptState.DELIVERED: frozenset(),
        AttemptState.UNDELIVERED: frozenset(),
        AttemptState.FAILED: frozenset(),
    }
)

DEFINITELY_NOT_TOLD = frozenset({AttemptState.UNDELIVERED, AttemptState.FAILED})
"""Everyone else with an attempt counts as told, and gets the stand-down."""


def state_after_report(current: AttemptState, reported: AttemptState) -> AttemptState:
    """The state of the attempt once the report is in; a late, doubled or overtaken report changes nothing."""
    return reported if reported in ATTEMPT_MOVES[current] else current


CANNOT_WAIT = 1
CAN_BE_PLANNED = 2

_PRIORITIES: Mapping[TextId, int] = MappingProxyType(
    {
        TextId.STAND_DOWN: 0,
        TextId.STAND_DOWN_RECEIPT_MISSING: 0,
        TextId.WRONG_PERSON: 0,
        TextId.PAUSED: 0,
        TextId.IMMINENT: 1,
        TextId.BORDER_COUNTER: 1,
        TextId.NOBODY_DISPATCHED: 1,
        TextId.NOT_ARRIVED: 1,
        TextId.HOLD_HALF_GONE: 1,
        TextId.LADDER: 2,
        TextId.PLAN_CHANGED: 2,
        TextId.PLANNED_JUDGE: 2,
        TextId.PLANNED_DUTY: 2,
        TextId.DISPATCHED: 2,
        TextId.RESUMED: 2,
        TextId.OTHER_CASE_STANDS: 2,
        TextId.CONFIRMATION_DUE: 2,
        TextId.PLAN_ENDED: 2,
        TextId.END_OR_RESUME: 2,
        TextId.END_OR_KEEP: 2,
        TextId.LINE_CLOSED: 1,
        TextId.MESSAGE_REFUSED: 1,
        TextId.TRACE: 2,
        TextId.LINE_SILENT: 2,
        TextId.AT_ACT_POINT: 3,
        TextId.TAKEN: 3,
        TextId.PLAN_CONFIRMED: 3,
        TextId.AFTER_OUTCOME: 3,
        TextId.PERFORMED_PERSON: 3,
        TextId.ENTRY_ENDS: 3,
        TextId.VALIDATION_DUE: 3,
        TextId.LINE_HEARD: 3,
        TextId.IMPORT_LISTED: 3,
        TextId.WRONG_REPLY: 1,
        TextId.WRONG_REPLIES: 2,
        TextId.SMS_STOPPED: 2,
        TextId.PHONE_CODE: 2,
        TextId.CHANNEL_TEST: 3,
        TextId.PROBE: 3,
        TextId.PROVIDER_SILENT: 2,
        TextId.PROVIDER_HEARD: 3,
        TextId.CHANNELS_BACK: 3,
        TextId.DEVICE_TEST_DUE: 3,
        TextId.NUMBER_DEAD: 3,
        TextId.WORK_LATE: 1,
        TextId.WORK_ON_TIME: 3,
        TextId.DRILL: 2,
        TextId.DRILL_LADDER: 2,
        TextId.DRILL_TAKEN: 3,
        TextId.DRILL_OVER: 3,
        TextId.SHIFT_HANDED_OVER: 2,
        TextId.ROSTER_GAP: 3,
        TextId.CALENDAR_MISSING: 3,
        TextId.NOBODY_REACHED: 1,
        TextId.NOBODY_TO_CALL: 1,
        TextId.MISSED: 3,
        TextId.OFFERED: 1,
        TextId.OFFER_LAPSED: 1,
        TextId.ACT_POINT_MOVED: 2,
        TextId.MORE_ALERTS: 1,
        TextId.SWAP_ASKED: 2,
        TextId.SWAP_AGREED: 3,
        TextId.SWAP_REFUSED: 3,
        TextId.SWAP_WITHDRAWN: 3,
    }
)


def priority_of(text_id: TextId, *, is_imminent: bool = False) -> int:
    """0 is sent first: orders to stop, then what cannot wait, then what can be planned, then what only
    informs. Nothing about an imminent alert can be planned.
    """
    priority = _PRIORITIES[text_id]
    return min(priority, CANNOT_WAIT) if is_imminent and priority == CAN_BE_PLANNED else priority


def is_order_to_stop(text_id: TextId) -> bool:
    """Whoever goes on after it harms a citizen: nothing goes before it."""
    return priority_of(text_id) == 0


def only_informs(text_id: TextId) -> bool:
    """Nobody acts on it."""
    return priority_of(text_id) == 3
