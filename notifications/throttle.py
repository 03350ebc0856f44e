"""How often a changing plan may page a person: once in two minutes per alert, with the latest state.

The throttle fails open: when it does not know when the person was last paged, the page goes out.
"""

from datetime import datetime, timedelta

from notifications.texts.ids import TextId

REPAGE_AFTER_S = 120

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
