"""Which texts do not wait for a provider that says nothing, and which want one that takes a reply."""

import pytest

from notifications.texts import TextId
from tracker.domain.plans import Urgency
from tracker.services.delivery.claims import need_of


@pytest.mark.parametrize(
    ("text_id", "urgency", "is_urgent"),
    [
        (TextId.IMMINENT, Urgency.IMMINENT, True),
        (TextId.LADDER, Urgency.IMMINENT, True),
        (TextId.PLAN_CHANGED, Urgency.IMMINENT, True),
        (TextId.TAKEN, Urgency.IMMINENT, False),
        (TextId.LADDER, Urgency.PLANNED, False),
        (TextId.TRACE, Urgency.TRACE, False),
        (TextId.PAUSED, Urgency.PLANNED, True),
        (TextId.STAND_DOWN, None, True),
        (TextId.LINE_SILENT, None, False),
        (TextId.MORE_ALERTS, Urgency.IMMINENT, True),
        (TextId.MORE_ALERTS, None, False),
    ],
)
def test_what_is_imminent_and_orders_to_stop_cannot_wait(
    text_id: TextId, urgency: Urgency | None, is_urgent: bool
) -> None:
    assert need_of(text_id, urgency).is_urgent is is_urgent


def test_a_text_that_asks_for_a_code_wants_a_reply() -> None:
    assert need_of(TextId.PLANNED_JUDGE, Urgency.PLANNED).wants_answer
    assert need_of(TextId.DISPATCHED, Urgency.PLANNED).wants_answer
    assert not need_of(TextId.TAKEN, Urgency.PLANNED).wants_answer
