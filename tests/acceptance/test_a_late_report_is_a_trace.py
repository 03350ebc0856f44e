"""What reaches the court too late to meet the person is told as a trace: to the judge, by day, once."""

from datetime import datetime

from adapters.edge.card_use import CardUse
from schemas.documents import DocumentKind
from schemas.measures import AgencyKind
from schemas.messages import SightingKind
from scripts.cast import DUTY_OFFICER, JUDGE, A
from scripts.desk import court_time
from scripts.story.props import FIRST_PLAN
from tests.acceptance.court import CourtStage
from tests.acceptance.journeys import INN
from tracker.domain.ids import EntryId
from tracker.domain.plans import Urgency

TRACE = "【云河法院】行踪线索：26执1357佟某，25日08:00经过西直门如归旅店，已过处置时间，仅供查找。接手请回"


async def passed_at(stage: CourtStage, occurred_at: datetime, event_id: str = "checkpoint-1") -> None:
    """The police report only now that A passed a checkpoint then."""
    use = CardUse(
        event_id=event_id,
        kind=SightingKind.CHECKPOINT,
        occurred_at=occurred_at,
        place=INN,
        document_kind=DocumentKind.RESIDENT_ID,
        number=A.number,
        name=A.name,
    )
    await stage.agency(AgencyKind.POLICE).edge.screen(use)
    await stage.settles()


async def test_the_judge_is_told_that_it_is_only_a_trace(stage: CourtStage, entry_a: EntryId) -> None:
    await passed_at(stage, court_time(2, 25, 8, 0))

    assert (await stage.alert_of(entry_a)).urgency is Urgency.TRACE
    assert stage.sms(JUDGE) == [f"{TRACE}40718"]
    assert stage.sms(DUTY_OFFICER) == []
    await stage.waits(minutes=4)
    assert stage.calls(JUDGE) == []


async def test_nobody_is_woken_for_a_trace(stage: CourtStage, entry_a: EntryId) -> None:
    await stage.reaches(court_time(2, 25, 23, 0))
    await passed_at(stage, court_time(2, 25, 8, 0))
    await stage.reaches(court_time(2, 26, 6, 59, 59))
    assert stage.unread_sms() == []

    await stage.reaches(court_time(2, 26, 7, 0))

    assert stage.sms(JUDGE) == [f"{TRACE}61935"]


async def test_nobody_is_woken_for_a_further_trace(stage: CourtStage, entry_a: EntryId) -> None:
    await passed_at(stage, court_time(2, 25, 8, 0))
    await stage.reaches(court_time(2, 25, 23, 0))
    stage.reads_everything()
    await passed_at(stage, court_time(2, 25, 20, 0), "checkpoint-2")
    await stage.reaches(court_time(2, 26, 6, 59, 59))
    assert stage.unread_sms() == []

    await stage.reaches(court_time(2, 26, 7, 0))

    assert len(stage.sms(JUDGE)) == 1
    stage.reads_everything()


async def test_a_trace_does_not_push_aside_a_plan_that_is_still_to_come(
    stage: CourtStage, entry_a: EntryId
) -> None:
    await stage.reaches(court_time(2, 25, 12, 1))
    await stage.railway.sells_ticket(A, FIRST_PLAN)
    await stage.reaches(court_time(2, 25, 12, 2))
    assert len(stage.sms(JUDGE)) == len(stage.sms(DUTY_OFFICER)) == 1
    await stage.replies(JUDGE, "40718")
    await stage.reaches(court_time(2, 25, 12, 59))
    stage.reads_everything()

    await passed_at(stage, court_time(2, 25, 12, 5))

    assert (await stage.alert_of(entry_a)).plan.act_at == court_time(2, 28, 6, 59)
