"""A message that cannot be right goes to the dead letters with its reason, and its queue goes on."""

import base64
from dataclasses import dataclass
from typing import ClassVar

import pytest

from adapters.bus.rabbitmq import BusAway
from adapters.edge.card_use import Hit
from schemas.documents import DocumentKind
from schemas.envelope import Address, Posting, sign_envelope
from schemas.measures import AgencyKind
from schemas.messages import (
    DocumentRead,
    FeedHead,
    HoldReport,
    Message,
    Place,
    Receipt,
    SightingKind,
    SightingReport,
    StandDown,
    StandDownReason,
    Tombstone,
)
from schemas.refused import HARMLESS
from schemas.sealing import SealingKey, seal_for
from schemas.signing import SigningKey
from scripts import cast
from scripts.cast import DESK, DUTY_OFFICER, JUDGE, A
from scripts.engines.embedded import WholeEmbeddedBus
from scripts.engines.production import WholeRabbitBus
from scripts.partners import INSTANCE, load_or_make_agency_keys
from scripts.story.props import TONIGHT
from tests.acceptance.court import BEGINS, CourtStage
from tests.acceptance.listing import AGENCIES, in_force_at
from tracker.domain.ids import AgencyId, EntryId
from tracker.services.lines.status import list_statuses

HEAD = FeedHead(sequence=0, count=0, digest="0" * 64)
RECEIPT = Receipt(head=HEAD)
REFUSED_BY_THE_COURT = [("from.rail", "sent by another user than the agency of this queue")]
REFUSED_TEXT = (
    "【云河法院】消息被拒：铁路发来的消息无法读取，可能是行踪，未生成预警，原因见单位页。请致电对方值班室"
)
REFUSED: dict[type, tuple[str, list[tuple[str, str]]]] = {
    WholeEmbeddedBus: ("the court", REFUSED_BY_THE_COURT),
    WholeRabbitBus: ("the broker", []),
}
"""Who refuses what another agency sends, and what then lies among the dead letters."""


class LaterReceipt(Receipt):
    """A receipt as a program of next year may send it."""

    SCHEMA_VERSION: ClassVar[int] = 2


class Weather(Message):
    """Nothing that the court takes."""

    TYPE: ClassVar[str] = "agency.weather"
    wind: str = "north"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message with everything about it that can be wrong."""

    body: Message = RECEIPT
    message_id: str = "poison-1"
    court: str = cast.COURT.court_id
    names: str = "rail"
    signed_by: str = "rail"
    sender: str = "agency.rail"


def key_of(stage: CourtStage, agency_id: str) -> SigningKey:
    folder = stage.system.world.data / "edges" / agency_id
    return load_or_make_agency_keys(folder, AgencyId(agency_id)).signing


def sealed_in(stage: CourtStage, letter: Letter) -> bytes:
    address = Address(court=letter.court, agency=letter.names, instance=INSTANCE)
    posting = Posting(id=letter.message_id, at=stage.clock.now(), address=address)
    return sign_envelope(letter.body, posting, key_of(stage, letter.signed_by))


async def sends(stage: CourtStage, letter: Letter) -> None:
    await sends_raw(stage, sealed_in(stage, letter), letter.sender)


async def sends_raw(stage: CourtStage, raw: bytes, sender: str = "agency.rail") -> None:
    await stage.system.bus.publish("from.rail", raw, message_id="poison-1", sender=sender)


async def who_refuses(stage: CourtStage, letter: Letter) -> str:
    """The broker at once, or else the court."""
    try:
        await sends(stage, letter)
    except BusAway:
        return "the broker"
    return "the court"


async def the_dead(stage: CourtStage) -> list[tuple[str, str]]:
    """Queue and reason of every dead letter."""
    await stage.settles()
    return [(one.queue, one.reason.partition(":")[0]) for one in await stage.system.bus.dead_letters()]


def sighting_sealed_for(public: bytes) -> SightingReport:
    read = DocumentRead(kind=DocumentKind.RESIDENT_ID, number=A.number, name=A.name)
    sealed = seal_for(
        public, read.model_dump_json().encode(), ephemeral=b"e" * 32, context="sighting:event-1"
    )
    return SightingReport(
        event_id="event-1",
        kind=SightingKind.CHECKPOINT,
        occurred_at=BEGINS,
        place=Place(name="武昌", city="武汉"),
        references=(),
        document=base64.b64encode(sealed).decode(),
    )


async def test_each_kind_of_poison_dies_with_its_reason_and_the_queue_goes_on(
    stage: CourtStage, entry_a: EntryId
) -> None:
    tampered = sealed_in(stage, Letter()).replace(b'"count":0', b'"count":9')
    await sends_raw(stage, b"poison")
    await sends_raw(stage, b"{}")
    await sends_raw(stage, tampered)
    await sends(stage, Letter(signed_by="police"))
    await sends(stage, Letter(names="police"))
    await sends(stage, Letter(court="another-court"))
    await sends(stage, Letter(body=Weather()))
    await sends(stage, Letter(body=LaterReceipt(head=HEAD)))
    await sends(stage, Letter(body=sighting_sealed_for(SealingKey(secret=b"z" * 32).public)))

    hit = await stage.railway.sells_ticket(A, TONIGHT)

    assert await the_dead(stage) == [
        ("from.rail", "not-json"),
        ("from.rail", "not-an-envelope"),
        ("from.rail", "bad-signature"),
        ("from.rail", "unknown-key"),
        ("from.rail", "wrong-agency"),
        ("from.rail", "wrong-court"),
        ("from.rail", "unknown message type"),
        ("from.rail", "unknown-version"),
        ("from.rail", "document"),
    ]
    assert isinstance(hit, Hit)
    assert len(stage.sms(JUDGE)) == len(stage.sms(DUTY_OFFICER)) == 1
    assert stage.sms(DESK) == [REFUSED_TEXT]


async def test_a_refused_message_rings_the_desk_for_it_may_be_a_sighting(
    stage: CourtStage, entry_a: EntryId
) -> None:
    poison = Letter(body=sighting_sealed_for(SealingKey(secret=b"z" * 32).public))

    await sends(stage, poison)
    await sends(stage, poison)
    await stage.settles()
    assert stage.sms(DESK) == [REFUSED_TEXT]

    await stage.waits(minutes=31)
    await sends(stage, poison)
    await stage.settles()
    assert stage.sms(DESK) == [REFUSED_TEXT]


async def test_what_another_agency_sends_is_refused_by_the_broker_or_by_the_court(
    stage: CourtStage, entry_a: EntryId
) -> None:
    refused_by = await who_refuses(stage, Letter(sender="agency.police"))

    assert (refused_by, await the_dead(stage)) == REFUSED[type(stage.system.bus)]
    assert not await stage.has_alert(entry_a)
    assert stage.sms(DESK) == ([REFUSED_TEXT] if refused_by == "the court" else [])


async def test_the_same_id_with_another_body(stage: CourtStage, entry_a: EntryId) -> None:
    await sends(stage, Letter())
    await sends(stage, Letter())
    assert await the_dead(stage) == []

    await sends(stage, Letter(body=Receipt(head=HEAD.model_copy(update={"count": 1}))))

    assert await the_dead(stage) == [("from.rail", "the same message id came before with another body")]
    assert stage.sms(DESK) == [REFUSED_TEXT]


async def test_what_was_refused_leaves_no_trace_and_may_come_again_mended(
    stage: CourtStage, entry_a: EntryId
) -> None:
    await sends(stage, Letter(body=sighting_sealed_for(SealingKey(secret=b"z" * 32).public)))
    assert await the_dead(stage) == [("from.rail", "document")]
    assert not await stage.has_alert(entry_a)

    court_public = stage.registry.keys.sealing.public
    await sends(stage, Letter(body=sighting_sealed_for(court_public)))
    await stage.settles()

    assert await stage.has_alert(entry_a)
    assert len(stage.sms(JUDGE)) == len(stage.sms(DUTY_OFFICER)) == 1
    assert stage.sms(DESK) == [REFUSED_TEXT]


async def test_one_agency_cannot_say_that_another_has_received(stage: CourtStage, entry_a: EntryId) -> None:
    async with stage.mute(AgencyKind.POLICE):
        await stage.withdraws(entry_a, JUDGE)
        far_ahead = Receipt(head=HEAD.model_copy(update={"sequence": 999}))
        await sends(stage, Letter(body=far_ahead))
        await stage.settles()

        missing = {one.agency_id for one in await stage.instructions(entry_a) if one.gone_since is None}
        assert missing == {"police"}
    await stage.settles()


async def test_one_agency_cannot_hold_on_another_agencys_reference(
    stage: CourtStage, entry_a: EntryId
) -> None:
    of_police = await stage.reference_at(AgencyKind.POLICE, entry_a)
    now = stage.clock.now()
    hold = HoldReport(reference=of_police, held_at=now, release_at=now, place="武昌", unit="武昌站")

    await sends(stage, Letter(body=hold))
    await stage.settles()

    assert not await stage.has_alert(entry_a)
    assert await in_force_at(stage, entry_a) == set(AGENCIES)


@pytest.mark.parametrize("queue", ["express", "orders"])
async def test_nobody_but_the_court_withdraws_or_stands_down(
    stage: CourtStage, entry_a: EntryId, queue: str
) -> None:
    # A key the edge was not given yet is its own trouble: the letter waits, it is neither believed nor lost.
    reference = await stage.reference_at(AgencyKind.RAIL, entry_a)
    forged: dict[str, Message] = {
        "express": Tombstone(reference=reference, version=9),
        "orders": StandDown(
            reference=reference, version=9, reason=StandDownReason.PERFORMED, release_now=True
        ),
    }
    raw = sealed_in(stage, Letter(body=forged[queue], signed_by="police"))

    await stage.system.bus.publish(f"{queue}.rail.{INSTANCE}", raw, message_id="forged", sender="court")

    assert await the_dead(stage) == []
    assert isinstance(await stage.railway.sells_ticket(A, TONIGHT), Hit)
    await stage.settles()
    assert len(stage.sms(JUDGE)) == len(stage.sms(DUTY_OFFICER)) == 1


async def test_a_letter_signed_by_the_court_for_another_agency_is_refused(
    stage: CourtStage, entry_a: EntryId
) -> None:
    reference = await stage.reference_at(AgencyKind.RAIL, entry_a)
    address = Address(court=cast.COURT.court_id, agency="police", instance=INSTANCE, epoch=1, incarnation=1)
    posting = Posting(id="m-1", at=stage.clock.now(), address=address)
    raw = sign_envelope(Tombstone(reference=reference, version=9), posting, stage.registry.keys.signing)

    await stage.system.bus.publish("express.rail.one", raw, message_id="m-1", sender="court")

    assert await the_dead(stage) == [("express.rail.one", "wrong-agency")]
    assert await in_force_at(stage, entry_a) == set(AGENCIES)


async def test_the_court_hears_of_what_an_adapter_has_refused(stage: CourtStage, entry_a: EntryId) -> None:
    reference = await stage.reference_at(AgencyKind.RAIL, entry_a)
    address = Address(court=cast.COURT.court_id, agency="rail", instance=INSTANCE, epoch=1, incarnation=1)
    posting = Posting(id="m-1", at=stage.clock.now(), address=address)
    genuine = sign_envelope(Tombstone(reference=reference, version=1), posting, stage.registry.keys.signing)
    altered = genuine.replace(b'"version":1', b'"version":9')

    await stage.system.bus.publish("express.rail.one", altered, message_id="m-1", sender="court")

    assert await the_dead(stage) == [("express.rail.one", "bad-signature")]
    async with stage.registry.reading() as tx:
        statuses = await list_statuses(tx, cast.COURT.court_id)
    refused = [
        (one.agency.agency_id, each.kind, each.times)
        for one in statuses
        for instance in one.instances
        for each in instance.refused
        if each.kind not in HARMLESS
    ]
    assert refused == [("rail", "forged", 1)]
