"""Which of the uses before a listing still count."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.edge.card_use import CardUse
from adapters.late.journeys import is_ahead, still_held
from schemas.messages import SightingKind
from tests.unit.adapters.journeys import TOMORROW, journey, ticket
from tests.unit.adapters.world import START, TONG, card_use

BOUGHT, CHANGED, REFUNDED = (
    SightingKind.TICKET_BOUGHT,
    SightingKind.TICKET_CHANGED,
    SightingKind.TICKET_REFUNDED,
)
FIRST = ticket(TONG, "first")
SECOND = ticket(TONG, "second", itinerary=journey("G5"), occurred_at=START - timedelta(hours=20))


@pytest.mark.parametrize(
    ("arrives", "counts"),
    [(START + timedelta(seconds=1), True), (START, False), (START - timedelta(days=1), False)],
)
def test_a_journey_counts_until_it_has_arrived(arrives: datetime, counts: bool) -> None:
    assert is_ahead(ticket(TONG, itinerary=journey(arrives_at=arrives)), START) is counts


def test_a_use_without_a_journey_says_nothing_of_tomorrow() -> None:
    assert not is_ahead(card_use(TONG), START)


def test_tickets_count_in_the_order_in_which_they_were_bought() -> None:
    assert still_held([SECOND, FIRST]) == [FIRST, SECOND]


def test_a_ticket_that_was_given_back_is_none() -> None:
    back = ticket(TONG, "back", REFUNDED, occurred_at=START)

    assert still_held([FIRST, SECOND, back]) == [SECOND]


def test_a_ticket_that_was_given_back_in_the_same_minute_is_none() -> None:
    back = ticket(TONG, "back", REFUNDED, occurred_at=FIRST.occurred_at)

    assert still_held([back, FIRST]) == []


def test_that_a_ticket_was_given_back_counts_where_the_ticket_is_not_among_them() -> None:
    back = ticket(TONG, "back", REFUNDED, itinerary=journey("D9"), occurred_at=START)

    assert still_held([FIRST, back]) == [FIRST, back]


def test_a_change_takes_the_place_of_the_only_ticket() -> None:
    changed = ticket(TONG, "changed", CHANGED, itinerary=journey("Z12"), occurred_at=START)

    assert still_held([FIRST, changed]) == [changed]


def test_of_several_tickets_the_court_decides_which_was_changed() -> None:
    changed = ticket(TONG, "changed", CHANGED, itinerary=journey("Z12"), occurred_at=START)

    assert still_held([FIRST, SECOND, changed]) == [FIRST, SECOND, changed]


def test_whoever_buys_again_what_was_given_back_holds_it() -> None:
    back = ticket(TONG, "back", REFUNDED, occurred_at=START - timedelta(hours=3))
    again = ticket(TONG, "again", occurred_at=START)

    assert still_held([again, back, FIRST]) == [again]


USES = st.builds(
    lambda number, kind, service, hours: ticket(
        TONG, f"use-{number}", kind, itinerary=journey(service, TOMORROW), occurred_at=START - hours
    ),
    st.integers(0, 99),
    st.sampled_from([BOUGHT, CHANGED, REFUNDED]),
    st.sampled_from(["Z38", "G5", "D9"]),
    st.integers(1, 40).map(lambda hours: timedelta(hours=hours)),
)


@given(st.lists(USES, max_size=6))
def test_nothing_is_made_up_and_no_ticket_that_was_given_back_last_is_held(uses: list[CardUse]) -> None:
    back = ticket(TONG, "back", REFUNDED, itinerary=journey("Z38", TOMORROW), occurred_at=START)
    held = still_held([*uses, back])

    assert all(one in [*uses, back] for one in held)
    assert [one.itinerary for one in held if one.kind is not REFUNDED].count(journey("Z38", TOMORROW)) == 0


@given(st.lists(USES, max_size=6))
def test_the_last_purchase_always_counts(uses: list[CardUse]) -> None:
    last = ticket(TONG, "last", itinerary=journey("K1"), occurred_at=START)

    assert still_held([*uses, last])[-1] == last
