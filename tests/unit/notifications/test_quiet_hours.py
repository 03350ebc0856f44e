"""Over every moment: the night never delays what cannot wait, and nothing else rings in it."""

from datetime import UTC, datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.court_time import COURT_ZONE
from notifications.ladders import Urgency, after_quiet_hours, ladder_for
from notifications.texts import TextId
from notifications.throttle import page_at

START = datetime(2026, 2, 24, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

moments = st.integers(0, 14 * 24 * 3600).map(lambda seconds: START + timedelta(seconds=seconds))
until_act_from = st.integers(-60, 3 * 24 * 60).map(lambda minutes: minutes * MINUTE)


def is_night(at: datetime) -> bool:
    local = at.astimezone(COURT_ZONE).time()
    return local >= time(22) or local < time(7)


@settings(deadline=None)
@given(moments, until_act_from, st.sampled_from([Urgency.IMMINENT, Urgency.STAND_DOWN]))
def test_nothing_imminent_and_no_order_to_stop_ever_waits(
    at: datetime, left: timedelta, urgency: Urgency
) -> None:
    assert after_quiet_hours(at, at + left, ladder_for(urgency)) == at
    assert after_quiet_hours(at, None, ladder_for(urgency)) == at
    assert page_at(TextId.STAND_DOWN, at - MINUTE, at) == at


@settings(deadline=None)
@given(moments, until_act_from)
def test_what_is_planned_waits_for_the_morning_only_when_there_are_ten_hours_left(
    at: datetime, left: timedelta
) -> None:
    rung_at = after_quiet_hours(at, at + left, ladder_for(Urgency.PLANNED))

    assert rung_at == at if left < timedelta(hours=10) else not is_night(rung_at)
    assert at <= rung_at <= at + timedelta(hours=9)
    assert rung_at <= max(at, at + left - timedelta(hours=1))


@settings(deadline=None)
@given(moments)
def test_a_trace_never_rings_at_night(at: datetime) -> None:
    assert not is_night(after_quiet_hours(at, None, ladder_for(Urgency.TRACE)))
