"""A changing plan pages a person at most once in two minutes; all else goes out at once."""

from datetime import datetime

import pytest

from notifications.channels.port import ChannelKind
from notifications.texts import TextId
from notifications.throttle import (
    ALWAYS_SENT,
    BUNDLED,
    DEFAULT_LIMITS,
    THROTTLED,
    Limits,
    fits_budget,
    is_bundled,
    page_at,
    within_caps,
)
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


@pytest.mark.parametrize(
    ("text_id", "others", "told_together"),
    [
        (TextId.LADDER, ["a", "b", "c"], True),
        (TextId.LADDER, ["a", "b"], False),
        (TextId.PLAN_CHANGED, ["a", "b", "c", "d"], True),
        (TextId.IMMINENT, ["a", "b", "c", "d"], False),
        (TextId.STAND_DOWN, ["a", "b", "c", "d"], False),
    ],
)
def test_the_fourth_alert_within_a_minute_is_told_with_others(
    text_id: TextId, others: list[str], *, told_together: bool
) -> None:
    assert is_bundled(text_id, others, Limits()) is told_together


def test_no_first_notice_and_no_order_is_ever_told_with_others() -> None:
    assert {TextId.PLAN_CHANGED, TextId.CONFIRMATION_DUE} == BUNDLED & ALWAYS_SENT


@pytest.mark.parametrize(
    ("text_id", "sent", "is_imminent", "goes_out"),
    [
        (TextId.TAKEN, 1, False, True),
        (TextId.TAKEN, 2, False, False),
        (TextId.LADDER, 2, False, False),
        (TextId.LADDER, 99, True, True),
        (TextId.NOBODY_DISPATCHED, 99, True, True),
        (TextId.TAKEN, 99, True, False),
        (TextId.PLANNED_JUDGE, 99, False, True),
        (TextId.STAND_DOWN, 99, False, True),
        (TextId.PAUSED, 99, False, True),
        (TextId.RESUMED, 99, False, True),
        (TextId.OTHER_CASE_STANDS, 99, False, True),
        (TextId.DISPATCHED, 99, False, True),
        (TextId.NOT_ARRIVED, 99, False, True),
        (TextId.HOLD_HALF_GONE, 99, False, True),
        (TextId.PLAN_CHANGED, 99, False, True),
        (TextId.PLAN_ENDED, 99, False, True),
        (TextId.CONFIRMATION_DUE, 99, False, True),
    ],
)
def test_who_has_had_enough_for_the_day_gets_only_what_cannot_be_left_out(
    text_id: TextId, sent: int, *, is_imminent: bool, goes_out: bool
) -> None:
    assert fits_budget(text_id, sent, Limits(a_day=2), is_imminent=is_imminent) is goes_out


@pytest.mark.parametrize(
    ("a_day", "caps", "budget"),
    [
        (30, [5], 2),
        (30, [5, 50], 30),
        (30, [5, 10], 12),
        (1, [5], 1),
        (None, [5], 2),
        (30, [2], 0),
        (30, [5, None], 30),
        (30, [], 30),
        (None, [None], None),
    ],
)
def test_a_budget_leaves_the_last_of_what_providers_let_through_in_a_day(
    a_day: int | None, caps: list[int | None], budget: int | None
) -> None:
    assert within_caps(Limits(a_day=a_day), caps).a_day == budget


def test_without_a_budget_everything_goes_out() -> None:
    assert fits_budget(TextId.TAKEN, 10_000, Limits(a_day=None), is_imminent=False)
    assert set(DEFAULT_LIMITS) == set(ChannelKind)
