"""A journey that was known beside the plan becomes the plan when the first one is over."""

from dataclasses import replace

from scripts.cast import DUTY_OFFICER, JUDGE, A
from scripts.desk import court_time
from scripts.story.props import FIRST_PLAN
from tests.acceptance.court import CourtStage
from tracker.domain.ids import EntryId
from tracker.domain.plans import Urgency

SUNDAY = replace(
    FIRST_PLAN,
    service="Z4",
    departs=court_time(3, 1, 21, 3),
    arrives=court_time(3, 2, 6, 59),
)


async def test_when_the_first_ticket_is_refunded(alerted: CourtStage, entry_a: EntryId) -> None:
    await alerted.railway.sells_ticket(A, SUNDAY)
    await alerted.settles()

    await alerted.railway.refunds_ticket(A, FIRST_PLAN)
    await alerted.settles()

    alert = await alerted.alert_of(entry_a)
    assert (alert.plan.act_at, alert.urgency) == (SUNDAY.arrives, Urgency.PLANNED)
    assert len(alerted.sms(JUDGE)) == len(alerted.sms(DUTY_OFFICER)) == 1


async def test_when_the_first_journey_is_over(taken: CourtStage, entry_a: EntryId) -> None:
    await taken.railway.sells_ticket(A, SUNDAY)
    await taken.settles()

    await taken.reaches(court_time(2, 28, 7, 30))

    alert = await taken.alert_of(entry_a)
    assert (alert.plan.act_at, alert.urgency) == (SUNDAY.arrives, Urgency.PLANNED)
    taken.reads_everything()
