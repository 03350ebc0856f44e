"""What is wrong with a ladder that somebody wants to save."""

from dataclasses import replace
from datetime import time

import pytest

from notifications.channels.port import ChannelKind
from notifications.ladders import DEFAULT_LADDERS, Ladder, QuietHours, Step, ToWhom, Urgency
from tracker.domain.ladder_rules import faults_of

SMS = (ChannelKind.SMS,)
AT_ONCE = Step(after_s=0, to_whom=(ToWhom.JUDGE,), channels=SMS)
LATER = Step(after_s=60, to_whom=(ToWhom.DESK,), channels=SMS)
TEN_HOURS_S = 36_000


def planned(*steps: Step, quiet_hours: QuietHours | None = None) -> Ladder:
    return Ladder(urgency=Urgency.PLANNED, version=1, steps=steps, quiet_hours=quiet_hours)


def quiet(begins: time, ends: time, within_s: int | None) -> QuietHours:
    return QuietHours(begins=begins, ends=ends, unless_act_from_within_s=within_s)


@pytest.mark.parametrize("urgency", list(Urgency))
def test_the_defaults_may_be_saved(urgency: Urgency) -> None:
    assert faults_of(DEFAULT_LADDERS[urgency]) == ()


@pytest.mark.parametrize(
    ("steps", "field", "said"),
    [
        ((), "steps", "it calls nobody: give at least one step"),
        ((replace(AT_ONCE, to_whom=()),), "step.1.whom", "it calls nobody: choose people"),
        ((replace(AT_ONCE, channels=()),), "step.1.channels", "nothing carries it: choose a channel"),
        ((replace(AT_ONCE, after_s=60),), "step.1.after", "the first step calls at once: enter 0"),
        (
            (AT_ONCE, LATER, replace(LATER, after_s=59)),
            "step.3.after",
            "out of order: it must be later than the step above",
        ),
        (
            (AT_ONCE, replace(LATER, after_s=29)),
            "step.2.after",
            "leave at least 30 s after the step above",
        ),
        ((AT_ONCE, replace(LATER, after_s=86_401)), "step.2.after", "no later than 24 hours"),
        (
            (replace(AT_ONCE, repeat_every_s=60), LATER),
            "step.1.repeat",
            "only the last step may repeat: leave it empty",
        ),
        (
            (AT_ONCE, replace(LATER, repeat_every_s=29)),
            "step.2.repeat",
            "repeat it every 30 s or more seldom",
        ),
    ],
)
def test_a_ladder_that_would_fail_is_refused_by_field(steps: tuple[Step, ...], field: str, said: str) -> None:
    (fault,) = faults_of(planned(*steps))

    assert (fault.field, fault.en) == (field, said)


def test_steps_thirty_seconds_apart_may_be_saved() -> None:
    repeated = replace(LATER, after_s=30, repeat_every_s=30)

    assert faults_of(planned(AT_ONCE, repeated)) == ()


@pytest.mark.parametrize(
    ("quiet_hours", "field"),
    [
        (quiet(time(1), time(5), TEN_HOURS_S), "quiet"),
        (quiet(time(22), time(7), None), "unless"),
        (quiet(time(22), time(7), 8 * 3600), "unless"),
    ],
)
def test_a_night_in_which_act_from_could_pass_is_refused(quiet_hours: QuietHours, field: str) -> None:
    (fault,) = faults_of(planned(AT_ONCE, quiet_hours=quiet_hours))

    assert fault.field == field


def test_what_is_imminent_knows_no_night() -> None:
    night = quiet(time(22), time(7), TEN_HOURS_S)

    (fault,) = faults_of(replace(DEFAULT_LADDERS[Urgency.IMMINENT], quiet_hours=night))

    assert fault.field == "quiet"


TO_STOP = DEFAULT_LADDERS[Urgency.STAND_DOWN]
AT_FIRST, BY_VOICE, TO_DESK = TO_STOP.steps


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ((replace(AT_FIRST, channels=SMS), BY_VOICE, TO_DESK), "must tell those who were told, by SMS"),
        ((replace(AT_FIRST, to_whom=(ToWhom.DESK,)), BY_VOICE, TO_DESK), "must tell those who were told"),
        ((AT_FIRST, replace(BY_VOICE, after_s=301), replace(TO_DESK, after_s=600)), "within 5 minutes"),
        ((AT_FIRST, replace(BY_VOICE, channels=SMS), TO_DESK), "by voice within 5 minutes"),
        ((replace(AT_FIRST, channels=tuple(ChannelKind)), TO_DESK), "by voice within 5 minutes, after the"),
        ((AT_FIRST, BY_VOICE), "tell the desk within 10 minutes"),
        ((AT_FIRST, BY_VOICE, replace(TO_DESK, after_s=601)), "tell the desk within 10 minutes"),
    ],
)
def test_an_order_to_stop_is_never_left_to_silence(steps: tuple[Step, ...], said: str) -> None:
    (fault,) = faults_of(replace(TO_STOP, steps=steps))

    assert said in fault.en


def test_a_court_may_call_sooner_and_more_than_once() -> None:
    sooner = (AT_FIRST, replace(BY_VOICE, after_s=60), replace(TO_DESK, after_s=120, repeat_every_s=300))

    assert faults_of(replace(TO_STOP, steps=sooner)) == ()


def test_an_order_to_stop_knows_no_night() -> None:
    (fault,) = faults_of(replace(TO_STOP, quiet_hours=quiet(time(22), time(7), None)))

    assert fault.field == "quiet"
