"""When a link ends, and how many that do not work are borne with."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from scripts.clocks import JumpingClock
from tests.unit.tracker.examples import NOON, ON_THE_TRAIN
from tracker.domain.alerts import Alert, AlertState
from tracker.domain.ids import AlertId, CourtId, PersonId, SubjectId
from tracker.domain.plans import Urgency
from tracker.services.answers.one_tap import has_ended
from tracker.storage.take_links import TakeLink
from tracker.web.alerts.taps import MOST_MISSES, Misses

PLAN = ON_THE_TRAIN
USEFUL_UNTIL = PLAN.useful_until
MINUTE = timedelta(minutes=1)
ALERT = Alert(
    alert_id=AlertId("alert-1"),
    court_id=CourtId("yunhe"),
    subject_id=SubjectId("subject-1"),
    state=AlertState.OPEN,
    paused=False,
    plan=PLAN,
    plan_version=1,
    urgency=Urgency.PLANNED,
    ladder="{}",
    raised_at=NOON,
    closed_at=None,
    outcome=None,
    entry_ids=(),
    version=1,
)
LINK = TakeLink(
    alert_id=ALERT.alert_id,
    person_id=PersonId("person-shen"),
    outlives_alert=False,
    made_at=NOON,
    ends_at=USEFUL_UNTIL,
)
OF_A_TRACE = replace(LINK, made_at=USEFUL_UNTIL + MINUTE)


@pytest.mark.parametrize(
    ("link", "at", "ended"),
    [
        (LINK, USEFUL_UNTIL - MINUTE, False),
        (LINK, USEFUL_UNTIL, True),
        (OF_A_TRACE, USEFUL_UNTIL + MINUTE, False),
    ],
)
def test_a_link_ends_when_the_alert_stops_being_of_use_but_not_that_of_a_trace(
    link: TakeLink, at: datetime, ended: bool
) -> None:
    assert has_ended(link, ALERT, at) is ended


@pytest.mark.parametrize("state", [AlertState.CLOSED, AlertState.RETRACTED])
def test_only_the_link_of_an_order_to_stop_outlives_the_alert(state: AlertState) -> None:
    over = replace(ALERT, state=state)

    assert has_ended(LINK, over, NOON)
    assert not has_ended(replace(LINK, outlives_alert=True), over, NOON)


def test_a_stranger_has_thirty_tries_a_minute_and_uses_up_nobody_elses() -> None:
    clock = JumpingClock(NOON)
    misses = Misses(clock.now)

    assert not any(misses.is_too_many("stranger") for _ in range(MOST_MISSES))
    assert misses.is_too_many("stranger")
    assert not misses.is_too_many("another")
    clock.move_to(NOON + MINUTE)
    assert not misses.is_too_many("stranger")
