"""When an agency's own system is asked for open journeys."""

from datetime import datetime, timedelta

import pytest

from adapters.late.gathering import Gathering
from tests.unit.adapters.world import START


def after(**duration: float) -> datetime:
    return START + timedelta(**duration)


def fails(gathering: Gathering, at: datetime) -> datetime | None:
    """A question in vain; when the next one is due."""
    gathering.begin(at)
    gathering.end(at, is_answered=False)
    return gathering.due_at


@pytest.fixture
def asked() -> Gathering:
    """It was asked ten minutes ago, and answered."""
    gathering = Gathering(after(minutes=-10))
    gathering.begin(after(minutes=-10))
    gathering.end(after(minutes=-10), is_answered=True)
    return gathering


def test_a_start_is_a_question() -> None:
    assert Gathering(START).due_at == after(seconds=5)


def test_while_nobody_is_new_nothing_is_asked(asked: Gathering) -> None:
    assert asked.due_at is None


def test_many_changes_in_a_short_time_are_one_question(asked: Gathering) -> None:
    asked.hear(START)
    asked.hear(after(seconds=3))
    asked.hear(after(seconds=6))

    assert asked.due_at == after(seconds=11)


def test_a_list_that_never_rests_is_asked_for_after_five_minutes(asked: Gathering) -> None:
    asked.hear(START)
    asked.hear(after(minutes=4, seconds=59))

    assert asked.due_at == after(minutes=5)


def test_two_questions_are_a_minute_apart(asked: Gathering) -> None:
    asked.hear(START)
    asked.begin(after(seconds=5))
    asked.end(after(seconds=5), is_answered=True)
    asked.hear(after(seconds=6))

    assert asked.due_at == after(seconds=65)


def test_who_comes_while_it_is_asked_is_for_the_next_time(asked: Gathering) -> None:
    asked.begin(START)
    asked.hear(after(seconds=1))
    asked.end(after(seconds=2), is_answered=True)

    assert asked.due_at == after(minutes=1)


def test_a_system_that_does_not_answer_is_asked_again_and_more_seldom(asked: Gathering) -> None:
    asked.hear(START)
    first = fails(asked, START)
    second = fails(asked, after(seconds=5))

    assert (first, second) == (after(seconds=5), after(seconds=15))


def test_a_system_that_is_away_for_a_day_is_asked_every_ten_minutes(asked: Gathering) -> None:
    rests = [fails(asked, START) for _ in range(500)]

    assert rests[-1] == after(minutes=10)
