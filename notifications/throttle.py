"""How often a person may be paged: once in two minutes per alert about a changing plan, with the latest
state; not alone for each of many alerts; and no more than the budget of a day.

Every throttle fails open: what it does not know lets the page go out.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from notifications.channels.port import ChannelKind
from notifications.texts.ids import TextId

REPAGE_AFTER_S = 120
KEPT_BACK = 3
"""Messages of a provider's day that are kept for what cannot be left out."""

THROTTLED = frozenset({TextId.PLAN_CHANGED, TextId.PLAN_ENDED, TextId.ACT_POINT_MOVED})
"""Changes of the plan. All else is exempt: first notices, ladder steps, takings, dispatch, stand-downs,
quiet texts.
"""


def page_at(text_id: TextId, last_changed_at: datetime | None, at: datetime) -> datetime:
    """When this person may get this text: `at`, or the end of the pause after the last page about a change.

    `last_changed_at` is when the person last got a throttled text of the same alert.
    """
    if text_id not in THROTTLED or last_changed_at is None or last_changed_at > at:
        return at
    return max(at, last_changed_at + timedelta(seconds=REPAGE_AFTER_S))


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one person gets on one channel. `a_day`: messages in 24 hours, None: as many as there are. When
    `alone` alerts have paged within `burst_s` seconds, pages of further ones are told as one text, after
    `wait_s` seconds.
    """

    a_day: int | None = None
    alone: int = 3
    burst_s: int = 60
    wait_s: int = 15


DEFAULT_LIMITS: Mapping[ChannelKind, Limits] = MappingProxyType(
    {
        ChannelKind.SMS: Limits(a_day=30),
        ChannelKind.PUSH: Limits(),
        ChannelKind.VOICE: Limits(),
    }
)

BUNDLED = frozenset(
    {
        TextId.LADDER,
        TextId.NOBODY_DISPATCHED,
        TextId.PLAN_CHANGED,
        TextId.ACT_POINT_MOVED,
        TextId.CONFIRMATION_DUE,
    }
)
"""What may be told with others. First notices, orders and whatever holds people go out alone."""

OF_DRILLS = frozenset({TextId.DRILL, TextId.DRILL_LADDER, TextId.DRILL_TAKEN, TextId.DRILL_OVER})
"""Neither held back nor counted: a drill is to show what happens, and to change nothing of it."""

ALWAYS_SENT = frozenset(
    {
        *OF_DRILLS,
        TextId.PLANNED_JUDGE,
        TextId.PLANNED_DUTY,
        TextId.IMMINENT,
        TextId.BORDER_COUNTER,
        TextId.TRACE,
        TextId.STAND_DOWN,
        TextId.STAND_DOWN_RECEIPT_MISSING,
        TextId.WRONG_PERSON,
        TextId.PAUSED,
        TextId.NOBODY_REACHED,
        TextId.OFFERED,
        TextId.OFFER_LAPSED,
        TextId.OTHER_CASE_STANDS,
        TextId.HOLD_HALF_GONE,
        TextId.DISPATCHED,
        TextId.RESUMED,
        TextId.NOT_ARRIVED,
        TextId.PLAN_ENDED,
        TextId.PLAN_CHANGED,
        TextId.CONFIRMATION_DUE,
    }
)
"""Goes out whatever was sent that day: first notices, orders, what makes one untrue, terms that run out, and
what one person alone is asked.
"""
IMMINENT_STEPS = frozenset({TextId.LADDER, TextId.NOBODY_DISPATCHED})
"""So do these while their alert is imminent."""


def is_bundled(text_id: TextId, others: Collection[str], limits: Limits) -> bool:
    """Whether a page is told with others. `others`: the other alerts that have paged the person lately."""
    return text_id in BUNDLED and len(others) >= limits.alone


def within_caps(limits: Limits, caps: Collection[int | None]) -> Limits:
    """The limits of somebody to whom providers let through so many messages a day, None: all. What can be
    left out never uses up the last of them.
    """
    known = [cap for cap in caps if cap is not None]
    if not caps or len(known) < len(caps):
        return limits
    room = max(0, sum(known) - KEPT_BACK)
    return replace(limits, a_day=room if limits.a_day is None else min(limits.a_day, room))


def fits_budget(text_id: TextId, sent: int, limits: Limits, *, is_imminent: bool) -> bool:
    """Whether a text may go out after so many in 24 hours."""
    if text_id in ALWAYS_SENT or (is_imminent and text_id in IMMINENT_STEPS):
        return True
    return limits.a_day is None or sent < limits.a_day
