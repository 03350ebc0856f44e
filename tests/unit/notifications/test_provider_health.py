"""A provider that fails again and again is left out for a while; a refused number says nothing of it."""

from datetime import datetime, timedelta
from functools import reduce

import pytest

from notifications.channels.port import ChannelKind, CodeAction, Rejected, SendResult, Submitted, Unknown
from notifications.channels.recorder import Recorder
from notifications.health import Circuit, Health
from notifications.providers import Providers
from tests.unit.notifications.story_facts import february

NOON = february(26, "12:00")
TAKEN = Submitted(provider_id="SM1")
SILENT = Unknown(reason="no answer in time")
TOO_MANY = Rejected(code="http-429", action=CodeAction.RETRY_LATER, retry_after_s=20)
IN_TROUBLE = Rejected(code="http-503", action=CodeAction.RETRY_LATER)
NO_ACCOUNT = Rejected(code="20003", action=CodeAction.ASK_OPERATOR)
DEAD_NUMBER = Rejected(code="30005", action=CodeAction.NUMBER_IS_DEAD)
NOT_THERE = Rejected(code="30003", action=CodeAction.NEXT_CHANNEL)


def later(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def after(*results: SendResult, health: Health = Health(), at: datetime = NOON) -> Health:  # noqa: B008
    """Each result of another message."""
    for number, result in enumerate(results):
        health = health.after(f"message-{number}", result, at)
    return health


@pytest.mark.parametrize("trouble", [SILENT, IN_TROUBLE, NO_ACCOUNT])
def test_three_messages_that_fail_open_the_circuit(trouble: SendResult) -> None:
    assert after(trouble, trouble).circuit(NOON) is Circuit.CLOSED
    assert after(trouble, trouble, trouble).circuit(NOON) is Circuit.OPEN


@pytest.mark.parametrize("refusal", [DEAD_NUMBER, NOT_THERE])
def test_what_is_refused_for_a_number_does_not(refusal: SendResult) -> None:
    health = after(*[refusal] * 20)

    assert (health.circuit(NOON), health.score(NOON)) == (Circuit.CLOSED, 1.0)


def test_one_message_that_fails_over_and_over_does_not() -> None:
    health = reduce(lambda known, result: known.after("the same", result, NOON), [IN_TROUBLE] * 20, Health())

    assert health.circuit(NOON) is Circuit.CLOSED


def test_a_few_failures_among_many_good_answers_do_not() -> None:
    assert after(TAKEN, TAKEN, TAKEN, TAKEN, SILENT, SILENT, SILENT).circuit(NOON) is Circuit.CLOSED


def test_failures_far_apart_do_not() -> None:
    two = after(SILENT, SILENT)

    assert two.after("message-9", SILENT, later(300)).circuit(later(300)) is Circuit.CLOSED


def test_after_half_a_minute_one_message_tries_it_out() -> None:
    broken = after(SILENT, SILENT, SILENT)
    assert broken.circuit(later(29)) is Circuit.OPEN
    assert broken.circuit(later(30)) is Circuit.HALF_OPEN

    tried = broken.tried(later(30))

    assert tried.circuit(later(31)) is Circuit.OPEN
    assert tried.circuit(later(60)) is Circuit.HALF_OPEN, "nobody heard what became of the trial"
    assert tried.after("trial", TAKEN, later(31)).circuit(later(31)) is Circuit.CLOSED
    assert tried.after("trial", SILENT, later(31)).circuit(later(60)) is Circuit.OPEN


def test_where_nothing_tries_it_out_it_counts_as_working_in_the_end_until_it_fails_once() -> None:
    broken = after(SILENT, SILENT, SILENT)

    assert broken.circuit(later(299)) is Circuit.HALF_OPEN
    assert broken.circuit(later(300)) is Circuit.CLOSED
    assert broken.after("message-9", SILENT, later(300)).circuit(later(300)) is Circuit.OPEN


def test_what_failed_before_it_recovered_does_not_count_again() -> None:
    recovered = after(SILENT, SILENT, SILENT).after("trial", TAKEN, later(31))

    assert recovered.after("message-9", SILENT, later(32)).circuit(later(32)) is Circuit.CLOSED


def test_a_provider_that_asks_for_a_pause_gets_it() -> None:
    health = after(TOO_MANY)

    assert health.circuit(later(19)) is Circuit.OPEN
    assert health.circuit(later(20)) is Circuit.CLOSED


def test_the_score_is_the_share_of_good_answers_of_late() -> None:
    health = after(TAKEN, TAKEN, TAKEN, SILENT)

    assert health.score(NOON) == 0.75
    assert health.score(later(300)) == 1.0


def test_one_trial_at_a_time() -> None:
    channel = Recorder().channel(ChannelKind.SMS)
    providers = Providers([channel])
    providers.answered(channel, "message-1", SILENT, NOON)
    providers.answered(channel, "message-2", SILENT, NOON)
    providers.answered(channel, "message-3", SILENT, NOON)

    providers.chosen(ChannelKind.SMS, "recorder", later(30))

    assert providers.circuit(ChannelKind.SMS, "recorder", later(31)) is Circuit.OPEN
    (standing,) = providers.standings(later(31))
    assert (standing.provider, standing.score) == ("recorder", 0.0)
