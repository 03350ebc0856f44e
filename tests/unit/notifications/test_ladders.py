"""Who is rung when, by urgency, and what the night changes."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.channels.port import ChannelKind
from notifications.ladders import (
    DEFAULT_LADDERS,
    Ladder,
    Place,
    Rung,
    Step,
    ToWhom,
    Urgency,
    after_quiet_hours,
    beginning_at,
    due_at,
    goes_beyond_after_s,
    ladder_for,
    ladder_from_json,
    ladder_to_json,
    next_rung,
    place_after,
    place_on,
)
from tests.unit.notifications.story_facts import february

SMS, PUSH, VOICE = ChannelKind.SMS, ChannelKind.PUSH, ChannelKind.VOICE
JUDGE, DUTY, TEAM = ToWhom.JUDGE, ToWhom.DUTY_OFFICER, ToWhom.TEAM
DESK, LEADER, TOLD = ToWhom.DESK, ToWhom.LEADER_ON_DUTY, ToWhom.TOLD
STARTED_AT = datetime(2026, 2, 25, 11, 42, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("urgency", "steps"),
    [
        (
            Urgency.IMMINENT,
            [
                (0, (JUDGE, DUTY), (SMS, PUSH), None),
                (60, (JUDGE, DUTY), (VOICE,), None),
                (180, (TEAM,), (SMS, PUSH, VOICE), None),
                (300, (DESK,), (SMS, PUSH), None),
                (600, (LEADER,), (SMS, PUSH, VOICE), 300),
            ],
        ),
        (
            Urgency.PLANNED,
            [
                (0, (JUDGE, DUTY), (SMS, PUSH), None),
                (900, (TEAM,), (SMS, PUSH), None),
                (1800, (DESK,), (SMS, PUSH), None),
                (3600, (LEADER,), (SMS, PUSH), None),
            ],
        ),
        (Urgency.TRACE, [(0, (JUDGE,), (SMS, PUSH), None)]),
        (
            Urgency.STAND_DOWN,
            [
                (0, (TOLD,), (SMS, PUSH), None),
                (120, (TOLD,), (VOICE,), None),
                (240, (DESK,), (SMS, PUSH), None),
            ],
        ),
    ],
)
def test_the_steps_of_each_ladder(urgency: Urgency, steps: list[tuple[object, ...]]) -> None:
    assert [
        (step.after_s, step.to_whom, step.channels, step.repeat_every_s) for step in ladder_for(urgency).steps
    ] == steps


def test_every_urgency_has_a_ladder() -> None:
    assert set(DEFAULT_LADDERS) == set(Urgency)


@pytest.mark.parametrize("ladder", DEFAULT_LADDERS.values(), ids=lambda ladder: ladder.urgency)
def test_only_a_last_step_repeats_and_steps_follow_each_other(ladder: Ladder) -> None:
    assert all(step.repeat_every_s is None for step in ladder.steps[:-1])
    assert [step.after_s for step in ladder.steps] == sorted({step.after_s for step in ladder.steps})
    assert ladder.steps[0].after_s == 0


@pytest.mark.parametrize("ladder", DEFAULT_LADDERS.values(), ids=lambda ladder: ladder.urgency)
def test_the_snapshot_reads_back_as_it_was(ladder: Ladder) -> None:
    assert ladder_from_json(ladder_to_json(ladder)) == ladder


def test_steps_and_repeats_are_due_from_the_start_of_the_ladder() -> None:
    imminent = ladder_for(Urgency.IMMINENT)

    assert due_at(imminent, 0, 0, STARTED_AT) == STARTED_AT
    assert due_at(imminent, 2, 0, STARTED_AT) == STARTED_AT + timedelta(minutes=3)
    assert due_at(imminent, 4, 0, STARTED_AT) == STARTED_AT + timedelta(minutes=10)
    assert due_at(imminent, 4, 3, STARTED_AT) == STARTED_AT + timedelta(minutes=25)


def test_the_imminent_ladder_ends_only_when_somebody_takes_it() -> None:
    imminent = ladder_for(Urgency.IMMINENT)

    assert next_rung(imminent, Rung(step=0)) == Rung(step=1)
    assert next_rung(imminent, Rung(step=4)) == Rung(step=4, repeat=1)
    assert next_rung(imminent, Rung(step=4, repeat=1)) == Rung(step=4, repeat=2)


def test_the_planned_ladder_ends_with_the_leader() -> None:
    assert next_rung(ladder_for(Urgency.PLANNED), Rung(step=2)) == Rung(step=3)
    assert next_rung(ladder_for(Urgency.PLANNED), Rung(step=3)) is None


@pytest.mark.parametrize(
    ("due", "act_from", "rung_at"),
    [
        (february(25, "21:59"), february(28, "04:59"), february(25, "21:59")),
        (february(25, "22:00"), february(28, "04:59"), february(26, "07:00")),
        (february(26, "03:10"), february(28, "04:59"), february(26, "07:00")),
        (february(26, "06:59"), february(28, "04:59"), february(26, "07:00")),
        (february(26, "07:00"), february(28, "04:59"), february(26, "07:00")),
        (february(25, "22:00"), february(26, "08:00"), february(26, "07:00")),
        (february(25, "22:00"), february(26, "07:59"), february(25, "22:00")),
        (february(25, "23:00"), None, february(25, "23:00")),
        (february(25, "23:00"), february(25, "20:00"), february(25, "23:00")),
    ],
)
def test_a_planned_step_waits_for_the_morning_only_with_ten_hours_in_hand(
    due: datetime, act_from: datetime | None, rung_at: datetime
) -> None:
    assert after_quiet_hours(due, act_from, ladder_for(Urgency.PLANNED)) == rung_at


@pytest.mark.parametrize("act_from", [None, february(25, "20:00"), february(28, "04:59")])
def test_a_trace_is_told_by_day(act_from: datetime | None) -> None:
    assert after_quiet_hours(february(25, "23:00"), act_from, ladder_for(Urgency.TRACE)) == february(
        26, "07:00"
    )
    assert after_quiet_hours(february(25, "12:00"), act_from, ladder_for(Urgency.TRACE)) == february(
        25, "12:00"
    )


@pytest.mark.parametrize("urgency", [Urgency.IMMINENT, Urgency.STAND_DOWN])
def test_what_is_urgent_knows_no_night(urgency: Urgency) -> None:
    assert after_quiet_hours(february(26, "03:00"), february(28, "04:59"), ladder_for(urgency)) == february(
        26, "03:00"
    )


def test_quiet_hours_are_court_time_whatever_the_zone_of_the_due_time() -> None:
    due = datetime(2026, 2, 25, 14, 30, tzinfo=UTC)

    assert after_quiet_hours(due, february(28, "04:59"), ladder_for(Urgency.PLANNED)) == datetime(
        2026, 2, 25, 23, 0, tzinfo=UTC
    )


def test_a_rung_that_finds_nobody_leaves_its_place_to_the_next() -> None:
    team = place_on(ladder_for(Urgency.IMMINENT), Rung(step=2), STARTED_AT, None)

    desk = place_after(team, None, found=False)
    assert desk is not None
    leader = place_after(desk, None, found=True)

    assert leader is not None
    assert (desk.rung, desk.due_at - STARTED_AT) == (Rung(step=3), timedelta(minutes=3))
    assert (leader.rung, leader.due_at - STARTED_AT) == (Rung(step=4), timedelta(minutes=8))


def test_a_repeat_that_finds_nobody_waits_for_the_next_as_ever() -> None:
    leader = place_on(ladder_for(Urgency.IMMINENT), Rung(step=4), STARTED_AT, None)

    again = place_after(leader, None, found=False)

    assert again is not None
    assert (again.rung.repeat, again.due_at - leader.due_at) == (1, timedelta(minutes=5))
    once_more = place_after(again, None, found=False)
    assert once_more is not None
    assert (once_more.rung.repeat, once_more.due_at - leader.due_at) == (2, timedelta(minutes=10))


@settings(max_examples=20, deadline=None)
@given(st.integers(30, 3600), st.integers(1, 500))
def test_many_repeats_do_not_drift(every_s: int, repeats: int) -> None:
    step = Step(after_s=0, to_whom=(LEADER,), channels=(VOICE,), repeat_every_s=every_s)
    first = place_on(
        Ladder(urgency=Urgency.IMMINENT, version=2, steps=(step,)), Rung(step=0), STARTED_AT, None
    )

    last = repeated(first, repeats)

    assert last.due_at == STARTED_AT + timedelta(seconds=every_s * repeats)


def repeated(place: Place, times: int) -> Place:
    for _ in range(times):
        following = place_after(place, None, found=True)
        assert following is not None
        place = following
    return place


def test_the_night_moves_the_whole_ladder() -> None:
    first = place_on(ladder_for(Urgency.PLANNED), Rung(step=0), february(25, "23:00"), february(28, "04:59"))
    team = place_after(first, february(28, "04:59"), found=True)

    assert team is not None
    assert (first.due_at, team.due_at) == (february(26, "07:00"), february(26, "07:15"))


def test_where_only_those_told_first_are_on_a_ladder_its_repeats_are_left() -> None:
    once = Ladder(
        urgency=Urgency.IMMINENT, version=2, steps=(Step(after_s=0, to_whom=(JUDGE,), channels=(SMS,)),)
    )
    again = replace(once, steps=(replace(once.steps[0], repeat_every_s=60),))

    assert beginning_at(again, Rung(step=1)) == Rung(step=0, repeat=1)
    assert beginning_at(once, Rung(step=1)) is None
    assert beginning_at(ladder_for(Urgency.PLANNED), Rung(step=1)) == Rung(step=1)


def test_a_ladder_goes_beyond_who_is_called_first() -> None:
    assert goes_beyond_after_s(ladder_for(Urgency.IMMINENT)) == 180
    assert goes_beyond_after_s(ladder_for(Urgency.TRACE)) is None


def test_a_snapshot_from_before_the_takings_were_counted_needs_one() -> None:
    former = json.loads(ladder_to_json(ladder_for(Urgency.PLANNED)))
    del former["takings_needed"]

    assert ladder_from_json(json.dumps(former)) == ladder_for(Urgency.PLANNED)
