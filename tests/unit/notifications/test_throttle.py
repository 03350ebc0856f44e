"""A changing plan pages a person at most once in two minutes; all else goes out at once."""

from datetime import datetime

import pytest

from notifications.texts import TextId
from notifications.throttle import THROTTLED, page_at
from tests.unit.notifications.story_facts import february

NOON = february(26, "12:00")


def test_only_changes_of_the_plan_are_throttled() -> None:
    assert {TextId.PLAN_CHANGED, TextId.PLAN_ENDED, TextId.ACT_POINT_MOVED} == THROTTLED


@pytest.mark.parametrize(
    ("last_changed_at", "paged_at"),
    [
        (None, NOON),
        (NOON, february(26, "12:02")),
        (february(26, "11:59"), february(26, "12:01")),
        (february(26, "11:58"), NOON),
        (february(26, "09:00"), NOON),
        (february(26, "12:30"), NOON),
    ],
)
def test_a_change_waits_out_the_pause(last_changed_at: datetime | None, paged_at: datetime) -> None:
    assert page_at(TextId.PLAN_CHANGED, last_changed_at, NOON) == paged_at


@pytest.mark.parametrize("text_id", sorted(set(TextId) - THROTTLED))
def test_everything_else_goes_out_at_once(text_id: TextId) -> None:
    assert page_at(text_id, NOON, NOON) == NOON
