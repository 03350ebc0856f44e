"""Which push messages take each other's place while they are unread."""

from notifications.texts.ids import TextId

GIVES_WAY = frozenset(
    {
        TextId.PLANNED_JUDGE,
        TextId.PLANNED_DUTY,
        TextId.IMMINENT,
        TextId.BORDER_COUNTER,
        TextId.LADDER,
        TextId.NOBODY_REACHED,
        TextId.NOBODY_DISPATCHED,
        TextId.PLAN_CHANGED,
        TextId.PLAN_ENDED,
        TextId.ACT_POINT_MOVED,
        TextId.TAKEN,
        TextId.DRILL,
        TextId.DRILL_LADDER,
        TextId.DRILL_TAKEN,
        TextId.DRILL_OVER,
    }
)
"""Pages of an alert, and what makes a page obsolete: the latest says all that one needs to know.

No order is among them. Messages overtake each other on their way, and an order to stop whose place a late
page could take might never be read.
"""
