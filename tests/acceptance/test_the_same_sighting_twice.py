"""One event is one sighting, by whichever way and however often it comes."""

from adapters.edge.card_use import CardUse, Hit
from schemas.documents import DocumentKind, Sex
from schemas.messages import SightingKind
from scripts.cast import DUTY_OFFICER, JUDGE, A
from scripts.desk import ONLINE, court_time
from scripts.story.props import FIRST_PLAN
from tests.acceptance.court import CourtStage
from tracker.domain.ids import EntryId
from tracker.storage import sightings

NOON = court_time(2, 25, 12, 0)
USE = CardUse(
    event_id="ticket-1",
    kind=SightingKind.TICKET_BOUGHT,
    occurred_at=NOON,
    place=ONLINE,
    document_kind=DocumentKind.RESIDENT_ID,
    number=A.number,
    name=A.name,
    itinerary=FIRST_PLAN.itinerary,
)
POSTED = {
    "event_id": "ticket-1",
    "kind": "ticket-bought",
    "occurred_at": NOON.isoformat(),
    "place": {"name": "12306", "city": "网络"},
    "document": {"kind": "resident-id", "number": A.number, "name": A.name, "sex": Sex.MALE.value},
    "itinerary": FIRST_PLAN.itinerary.model_dump(mode="json"),
}


async def count_sightings(stage: CourtStage, entry_id: EntryId) -> int:
    alert = await stage.alert_of(entry_id)
    async with stage.registry.reading() as tx:
        return len(await sightings.list_sightings_of_alert(tx, alert.alert_id))


async def test_by_the_adapter_and_by_the_webhook(stage: CourtStage, entry_a: EntryId) -> None:
    assert isinstance(await stage.railway.edge.screen(USE), Hit)
    await stage.settles()
    assert len(stage.sms(JUDGE)) == len(stage.sms(DUTY_OFFICER)) == 1

    answer = await stage.line.post_sighting("rail", "delivery-1", POSTED)
    await stage.settles()

    assert answer.status == 202
    assert await count_sightings(stage, entry_a) == 1


async def test_by_the_adapter_twice(stage: CourtStage, entry_a: EntryId) -> None:
    await stage.railway.edge.screen(USE)
    await stage.settles()
    assert len(stage.sms(JUDGE)) == len(stage.sms(DUTY_OFFICER)) == 1

    await stage.railway.edge.screen(USE)
    await stage.settles()

    assert await count_sightings(stage, entry_a) == 1


async def test_a_webhook_alone_rings_like_an_adapter(stage: CourtStage, entry_a: EntryId) -> None:
    answer = await stage.line.post_sighting("rail", "delivery-1", POSTED)
    await stage.settles()

    assert answer.status == 202
    assert stage.sms(JUDGE) == [
        "【云河法院】行踪预警：26执1357佟某，Z38次7车12下，28日06:59到北京西。接手请回40718"
    ]
    assert len(stage.sms(DUTY_OFFICER)) == 1
