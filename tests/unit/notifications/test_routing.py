"""Which provider sends: the best of those that may, and in the end any of them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from notifications.capabilities import Capability
from notifications.channels.port import CodeAction
from notifications.delivery import AttemptState
from notifications.health import Circuit
from notifications.routing import (
    Candidate,
    Need,
    Tried,
    candidates_in_order,
    in_doubt,
    is_arranged,
    may_have_arrived,
)
from tests.unit.notifications.story_facts import february

NOON = february(26, "12:00")
ABLE = Capability(two_way=True, daily_cap=None, source="invented")
ONE_WAY = replace(ABLE, two_way=False)
FIVE_A_DAY = replace(ABLE, daily_cap=5)

FIRST = Candidate(provider="first", capability=ABLE, circuit=Circuit.CLOSED)
SECOND = replace(FIRST, provider="second")
INFORMS = Need(wants_answer=False, is_urgent=False)
ASKS = Need(wants_answer=True, is_urgent=False)
URGENT = Need(wants_answer=True, is_urgent=True)

SENT = Tried(provider="first", state=AttemptState.SENT, action=None, is_known=True, submitted_at=NOON)
UNDELIVERED = replace(SENT, state=AttemptState.UNDELIVERED)
DELIVERED = replace(SENT, state=AttemptState.DELIVERED)
UNKNOWN = replace(SENT, state=AttemptState.UNKNOWN, is_known=False)
REFUSED = replace(SENT, state=AttemptState.FAILED, action=CodeAction.NEXT_CHANNEL, is_known=False)
ASKED_LATER = replace(REFUSED, action=CodeAction.RETRY_LATER)
NEVER_ARRIVED = replace(REFUSED, action=None)


def order(*candidates: Candidate, need: Need = INFORMS, tried: tuple[Tried, ...] = ()) -> list[str]:
    return [one.provider for one in candidates_in_order(candidates, need, tried)]


def test_among_equals_the_one_that_was_named_first_sends() -> None:
    assert order(FIRST, SECOND) == ["first", "second"]


@pytest.mark.parametrize(
    ("worse", "need"),
    [
        (replace(FIRST, capability=ONE_WAY), ASKS),
        (replace(FIRST, capability=FIVE_A_DAY, sent_today=5), INFORMS),
        (replace(FIRST, circuit=Circuit.OPEN), INFORMS),
        (replace(FIRST, circuit=Circuit.HALF_OPEN), URGENT),
        (replace(FIRST, is_silent=True), INFORMS),
    ],
    ids=[
        "no reply can come back",
        "its day is full",
        "it fails",
        "nobody knows whether it works again",
        "its probes do not arrive",
    ],
)
def test_another_goes_before_one_that_serves_the_text_worse(worse: Candidate, need: Need) -> None:
    assert order(worse, SECOND, need=need) == ["second", "first"]


@pytest.mark.parametrize(
    ("equal", "need"),
    [
        (replace(FIRST, capability=ONE_WAY), INFORMS),
        (replace(FIRST, capability=FIVE_A_DAY, sent_today=4), INFORMS),
        (replace(FIRST, circuit=Circuit.HALF_OPEN), INFORMS),
    ],
    ids=["nobody is asked to reply", "there is room", "a message that can wait tries it out"],
)
def test_what_the_text_does_not_need_changes_nothing(equal: Candidate, need: Need) -> None:
    assert order(equal, SECOND, need=need) == ["first", "second"]


def test_the_only_one_sends_whatever_is_said_against_it() -> None:
    worst = replace(
        FIRST,
        capability=replace(FIVE_A_DAY, two_way=False),
        circuit=Circuit.OPEN,
        sent_today=9,
    )

    assert order(worst, need=URGENT) == ["first"]


@pytest.mark.parametrize("tried", [SENT, UNDELIVERED, UNKNOWN, REFUSED])
def test_a_provider_gets_a_message_once(tried: Tried) -> None:
    assert order(FIRST, SECOND, tried=(tried,)) == ["second"]
    assert order(FIRST, tried=(tried,)) == []


@pytest.mark.parametrize("tried", [ASKED_LATER, NEVER_ARRIVED])
def test_one_that_never_took_it_may_get_it_again_after_the_others(tried: Tried) -> None:
    assert order(FIRST, SECOND, tried=(tried,)) == ["second", "first"]
    assert order(FIRST, SECOND, tried=(tried, replace(tried, provider="second"))) == ["first", "second"]


@pytest.mark.parametrize("ended_as", [AttemptState.UNDELIVERED, AttemptState.FAILED])
def test_what_cannot_wait_goes_once_more_after_a_reported_failure_that_passes(ended_as: AttemptState) -> None:
    lost = replace(SENT, state=ended_as, action=CodeAction.RETRY_LATER)

    assert order(FIRST, SECOND, need=URGENT, tried=(lost,)) == ["second", "first"]
    assert order(FIRST, need=URGENT, tried=(lost, lost)) == []
    assert order(FIRST, need=INFORMS, tried=(lost,)) == []
    assert order(FIRST, need=URGENT, tried=(UNDELIVERED,)) == []


@pytest.mark.parametrize(
    ("tried", "need", "after_s", "stands"),
    [
        ((SENT,), INFORMS, 3600, True),
        ((SENT,), URGENT, 59, True),
        ((SENT,), URGENT, 60, False),
        ((DELIVERED,), URGENT, 3600, True),
        ((UNDELIVERED,), INFORMS, 0, False),
        ((UNDELIVERED, replace(SENT, provider="second")), INFORMS, 0, True),
        ((REFUSED,), INFORMS, 0, False),
        ((UNKNOWN,), INFORMS, 0, False),
        ((), INFORMS, 0, False),
    ],
)
def test_a_try_stands_until_it_failed_or_says_nothing_for_too_long(
    tried: tuple[Tried, ...], need: Need, after_s: int, stands: bool
) -> None:
    assert is_arranged(tried, need, NOON + timedelta(seconds=after_s)) is stands


@pytest.mark.parametrize(
    ("tried", "position"),
    [
        ((UNKNOWN,), 0),
        ((UNKNOWN, REFUSED), 0),
        ((NEVER_ARRIVED, UNKNOWN), 1),
        ((UNKNOWN, SENT), None),
        ((UNKNOWN, UNDELIVERED), None),
        ((REFUSED,), None),
        ((), None),
    ],
)
def test_the_last_try_in_doubt_is_looked_up_unless_another_was_taken_since(
    tried: tuple[Tried, ...], position: int | None
) -> None:
    assert in_doubt(tried) == position


@pytest.mark.parametrize(
    ("tried", "is_repeat"),
    [
        ((SENT,), True),
        ((UNKNOWN, REFUSED), True),
        ((REFUSED, UNDELIVERED), False),
        ((NEVER_ARRIVED, replace(REFUSED, is_repeat=True)), True),
    ],
)
def test_a_further_message_is_a_repeat_where_one_may_have_arrived(
    tried: tuple[Tried, ...], is_repeat: bool
) -> None:
    assert may_have_arrived(tried) is is_repeat
