"""The system answers an agency by itself only where nobody is stopped and the person is the person."""

from datetime import date

from adapters.edge.card_use import CardUse
from adapters.edge.instruction import DisplayState
from schemas.documents import DocumentKind
from schemas.measures import AgencyKind, Measure
from schemas.messages import SightingKind
from scripts.cast import A_CASE, DUTY_OFFICER, JUDGE, A
from scripts.stage import Registration
from tests.acceptance.court import CourtStage
from tests.acceptance.journeys import INN
from tracker.domain.ids import EntryId
from tracker.storage import sightings


async def report_a(stage: CourtStage) -> EntryId:
    await stage.opens_case(A_CASE)
    return await stage.lists(Registration(case=A_CASE, wanted=A, measure=Measure.REPORT_WHEREABOUTS))


async def uses_card(stage: CourtStage, name: str | None, born: date | None) -> None:
    """Somebody takes a room with A's number; what the reader read beside it may agree or not."""
    use = CardUse(
        event_id="room-1",
        kind=SightingKind.HOTEL_CHECK_IN,
        occurred_at=stage.clock.now(),
        place=INN,
        document_kind=DocumentKind.RESIDENT_ID,
        number=A.number,
        name=name,
        birth_date=born,
    )
    await stage.agency(AgencyKind.POLICE).edge.screen(use)
    await stage.settles()


async def verdicts(stage: CourtStage, entry_id: EntryId) -> list[str]:
    alert = await stage.alert_of(entry_id)
    async with stage.registry.reading() as tx:
        return [one.verdict for one in await sightings.list_sightings_of_alert(tx, alert.alert_id)]


async def shown(stage: CourtStage, entry_id: EntryId) -> bool:
    """Whether the police have the court's answer."""
    reference = await stage.reference_at(AgencyKind.POLICE, entry_id)
    display = await stage.agency(AgencyKind.POLICE).shows(reference)
    assert display.state is DisplayState.REPORT_ONLY
    return display.confirmation is not None


async def test_a_report_on_the_right_person_is_confirmed_at_once(stage: CourtStage) -> None:
    entry_id = await report_a(stage)

    await uses_card(stage, A.name, date(1979, 3, 12))

    assert await verdicts(stage, entry_id) == ["verified"]
    assert await shown(stage, entry_id)
    assert len(stage.sms(JUDGE)) == len(stage.sms(DUTY_OFFICER)) == 1


async def test_a_report_on_a_number_alone_waits_for_a_person(stage: CourtStage) -> None:
    entry_id = await report_a(stage)

    await uses_card(stage, None, None)

    assert await verdicts(stage, entry_id) == ["unverified"]
    assert not await shown(stage, entry_id)
    assert len(stage.sms(JUDGE)) == len(stage.sms(DUTY_OFFICER)) == 1


async def test_a_report_on_another_name_waits_for_a_person(stage: CourtStage) -> None:
    entry_id = await report_a(stage)

    await uses_card(stage, "丁一", date(1979, 3, 12))

    assert await verdicts(stage, entry_id) == ["doubtful"]
    assert not await shown(stage, entry_id)
    assert len(stage.sms(JUDGE)) == len(stage.sms(DUTY_OFFICER)) == 1


async def test_a_stopping_measure_always_waits_for_a_person(stage: CourtStage, entry_a: EntryId) -> None:
    await uses_card(stage, A.name, date(1979, 3, 12))

    assert await verdicts(stage, entry_a) == ["verified"]
    assert not await shown(stage, entry_a)
    stage.reads_everything()
