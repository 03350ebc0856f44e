"""Which push messages take each other's place: pages, never orders."""

import pytest

from notifications.pushes import GIVES_WAY
from notifications.texts import TextId


@pytest.mark.parametrize(
    "order",
    [
        TextId.STAND_DOWN,
        TextId.STAND_DOWN_RECEIPT_MISSING,
        TextId.WRONG_PERSON,
        TextId.PAUSED,
        TextId.RESUMED,
        TextId.OTHER_CASE_STANDS,
        TextId.DISPATCHED,
        TextId.HOLD_HALF_GONE,
    ],
)
def test_a_late_page_never_takes_the_place_of_an_order(order: TextId) -> None:
    assert order not in GIVES_WAY


@pytest.mark.parametrize("page", [TextId.IMMINENT, TextId.PLANNED_JUDGE, TextId.LADDER, TextId.PLAN_CHANGED])
def test_who_has_taken_it_takes_the_place_of_a_page(page: TextId) -> None:
    assert {page, TextId.TAKEN} <= GIVES_WAY
