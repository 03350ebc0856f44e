"""States move forward only, and orders to stop go first."""

from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.delivery import (
    ATTEMPT_MOVES,
    DEFINITELY_NOT_TOLD,
    AttemptState,
    is_order_to_stop,
    priority_of,
    state_after_report,
)
from notifications.texts import TextId

FINAL = [AttemptState.DELIVERED, AttemptState.UNDELIVERED, AttemptState.FAILED]


@pytest.mark.parametrize(
    ("current", "reported", "after"),
    [
        (AttemptState.SUBMITTED, AttemptState.SENT, AttemptState.SENT),
        (AttemptState.SUBMITTED, AttemptState.DELIVERED, AttemptState.DELIVERED),
        (AttemptState.SUBMITTED, AttemptState.UNKNOWN, AttemptState.UNKNOWN),
        (AttemptState.SENT, AttemptState.SUBMITTED, AttemptState.SENT),
        (AttemptState.SENT, AttemptState.UNKNOWN, AttemptState.SENT),
        (AttemptState.SENT, AttemptState.UNDELIVERED, AttemptState.UNDELIVERED),
        (AttemptState.UNKNOWN, AttemptState.DELIVERED, AttemptState.DELIVERED),
        (AttemptState.UNKNOWN, AttemptState.SENT, AttemptState.SENT),
        (AttemptState.UNKNOWN, AttemptState.SUBMITTED, AttemptState.UNKNOWN),
        (AttemptState.DELIVERED, AttemptState.SENT, AttemptState.DELIVERED),
        (AttemptState.DELIVERED, AttemptState.UNDELIVERED, AttemptState.DELIVERED),
    ],
)
def test_a_report_moves_an_attempt_forward_or_not_at_all(
    current: AttemptState, reported: AttemptState, after: AttemptState
) -> None:
    assert state_after_report(current, reported) is after


@pytest.mark.parametrize("final", FINAL)
@pytest.mark.parametrize("reported", list(AttemptState))
def test_what_is_final_stays(final: AttemptState, reported: AttemptState) -> None:
    assert state_after_report(final, reported) is final


def test_the_table_knows_every_state() -> None:
    assert set(ATTEMPT_MOVES) == set(AttemptState)


@given(
    st.permutations([AttemptState.SENT, AttemptState.SUBMITTED, AttemptState.SENT, AttemptState.DELIVERED])
)
def test_the_order_of_reports_does_not_change_their_outcome(reports: list[AttemptState]) -> None:
    assert reduce(state_after_report, reports, AttemptState.SUBMITTED) is AttemptState.DELIVERED


def test_only_a_definite_failure_counts_as_not_told() -> None:
    assert {AttemptState.UNDELIVERED, AttemptState.FAILED} == DEFINITELY_NOT_TOLD


def test_orders_to_stop_go_before_all_else() -> None:
    assert {text_id for text_id in TextId if is_order_to_stop(text_id)} == {
        TextId.STAND_DOWN,
        TextId.STAND_DOWN_RECEIPT_MISSING,
        TextId.WRONG_PERSON,
        TextId.PAUSED,
    }


def test_what_is_imminent_goes_before_what_is_planned() -> None:
    assert priority_of(TextId.IMMINENT) < priority_of(TextId.PLANNED_JUDGE) < priority_of(TextId.TAKEN)


def test_what_can_be_planned_cannot_wait_when_the_alert_is_imminent() -> None:
    assert priority_of(TextId.LADDER) > priority_of(TextId.LADDER, is_imminent=True)
    assert priority_of(TextId.STAND_DOWN, is_imminent=True) == 0
    assert priority_of(TextId.TAKEN, is_imminent=True) == priority_of(TextId.TAKEN)
