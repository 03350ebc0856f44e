"""Canaries come every few minutes for ever: what came of them does not stay, an old one proves nothing."""

import base64
from datetime import datetime, timedelta

import sqlalchemy as sa

from adapters.bus.port import Accepted, Delivery
from schemas.canary import CANARY
from schemas.documents import DocumentKind, IdentityDocument
from schemas.envelope import Address, Posting, sign_envelope
from schemas.messages import DocumentRead, Place, SightingKind, SightingReport
from schemas.sealing import seal_for
from schemas.signing import SigningKey
from scripts import cast
from scripts.partners import INSTANCE, PARTNERS
from tests.contract.storage.books import BEGINS, KEYS, Books
from tracker.consumers.agency import AgencyConsumer
from tracker.domain.ids import AgencyId
from tracker.storage import agencies
from tracker.storage.tables.plumbing import inbox

RAIL = AgencyId("rail")
POSITION = [partner.agency_id for partner in PARTNERS].index(RAIL) + 1
KEY = SigningKey.from_secret("rail-1", bytes([POSITION]) * 32)
STRANGER = IdentityDocument(kind=DocumentKind.RESIDENT_ID, number=cast.B.number)


def letter(message_id: str, document: IdentityDocument, signed_at: datetime) -> Delivery:
    """What the railway's adapter sends of a use."""
    read = DocumentRead(kind=document.kind, number=document.number)
    sealed = seal_for(
        KEYS.sealing.public,
        read.model_dump_json().encode(),
        ephemeral=b"e" * 32,
        context=f"sighting:{message_id}",
    )
    report = SightingReport(
        event_id=message_id,
        kind=SightingKind.CHECKPOINT,
        occurred_at=signed_at,
        place=Place(name="武昌", city="武汉"),
        references=(),
        document=base64.b64encode(sealed).decode(),
    )
    address = Address(court=cast.COURT.court_id, agency=RAIL, instance=INSTANCE)
    raw = sign_envelope(report, Posting(id=message_id, at=signed_at, address=address), KEY)
    return Delivery(queue="from.rail", message_id=message_id, sender="agency.rail", body=raw, redeliveries=0)


async def comes(books: Books, delivery: Delivery) -> None:
    consumer = AgencyConsumer(registry=books.registry, court_id=cast.COURT.court_id, agency_id=RAIL)
    assert await consumer.take([delivery]) == [Accepted()]


async def kept(books: Books) -> list[str]:
    async with books.registry.reading() as tx:
        rows = await tx.rows(sa.select(inbox.c.message_id).order_by(inbox.c.message_id))
    return [row.message_id for row in rows]


async def heard_at(books: Books) -> datetime | None:
    async with books.registry.reading() as tx:
        return (await agencies.list_instances(tx, RAIL))[0].canary_at


async def test_what_came_of_a_canary_leaves_after_a_day_and_all_else_stays(books: Books) -> None:
    await comes(books, letter("canary-1", CANARY, BEGINS))
    await comes(books, letter("use-1", STRANGER, BEGINS))
    books.clock.move_to(BEGINS + timedelta(hours=23))
    await comes(books, letter("canary-2", CANARY, books.clock.now()))
    within_a_day = await kept(books)
    books.clock.move_to(BEGINS + timedelta(days=1, seconds=1))

    await comes(books, letter("canary-3", CANARY, books.clock.now()))

    assert within_a_day == ["canary-1", "canary-2", "use-1"]
    assert await kept(books) == ["canary-2", "canary-3", "use-1"]


async def test_a_canary_that_is_sent_again_makes_no_dead_line_alive(books: Books) -> None:
    first = letter("canary-1", CANARY, BEGINS)
    await comes(books, first)
    books.clock.move_to(BEGINS + timedelta(hours=1))
    await comes(books, first)
    repeated = await heard_at(books)
    books.clock.move_to(BEGINS + timedelta(days=2))
    await comes(books, letter("canary-2", CANARY, books.clock.now()))
    books.clock.move_to(BEGINS + timedelta(days=3))

    await comes(books, first)

    assert repeated == BEGINS
    assert await heard_at(books) == BEGINS + timedelta(days=2)
