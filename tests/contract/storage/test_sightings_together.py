"""Sightings that are taken together end as if each had been taken by itself."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from schemas.documents import DocumentKind, DocumentRefused, IdentityDocument, normalise_document
from schemas.messages import Itinerary, Place, SightingKind
from scripts import cast
from scripts.benches.listing import list_people, number_of
from tests.contract.storage.books import Books, Engine, open_books
from tracker.domain.ids import AgencyId
from tracker.domain.matching import Likeness
from tracker.domain.plans import Seen
from tracker.services.alerts.sightings import ReportedUse, Trace, take_sightings
from tracker.storage import alerts, notices, sightings
from tracker.storage.registry import Registry
from tracker.storage.replies import list_codes
from tracker.storage.tables import alerts as t
from tracker.storage.tables.notices import notice

RAIL = AgencyId("rail")
NOBODY = 900
"""The position of a person who is not on the list."""


def card_of(position: int) -> IdentityDocument:
    document = normalise_document(DocumentKind.RESIDENT_ID, number_of(position))
    assert not isinstance(document, DocumentRefused)
    return document


def use(
    books: Books, position: int, event_id: str, *, service: str = "Z38", departs_h: int = 30
) -> ReportedUse:
    """The listed person of this position buys a ticket."""
    now = books.clock.now()
    departs_at = now + timedelta(hours=departs_h)
    seen = Seen(
        kind=SightingKind.TICKET_BOUGHT,
        occurred_at=now,
        place=Place(name="12306", city="网络"),
        itinerary=Itinerary(
            service=service,
            origin="武昌",
            destination="北京西",
            departs_at=departs_at,
            arrives_at=departs_at + timedelta(hours=10),
            coach="7",
            seat="12下",
        ),
    )
    return ReportedUse(
        agency_id=RAIL,
        event_id=event_id,
        seen=seen,
        document=card_of(position),
        read=Likeness(name=None, birth_date=None, sex=None),
        trace=Trace(correlation=f"correlation-{event_id}", received_at=now),
    )


def day_at_the_railway(books: Books) -> list[ReportedUse]:
    """Three of those wanted, one of them twice, one event told twice, and one stranger."""
    return [
        use(books, 0, "use-1"),
        use(books, NOBODY, "use-2"),
        use(books, 1, "use-3", service="Z4"),
        use(books, 0, "use-4", service="G80", departs_h=10),
        use(books, 2, "use-5"),
        use(books, 1, "use-3", service="Z4"),
    ]


Outcome = tuple[list[tuple[object, ...]], list[tuple[object, ...]], list[tuple[object, ...]]]


async def outcome(registry: Registry) -> Outcome:
    """What was sighted, what alerts stand, and who is told what, without drawn ids and codes."""
    async with registry.reading() as tx:
        matched = await tx.rows(
            sa.select(t.sighting.c.event_id, t.match.c.verdict, t.match.c.effect)
            .join(t.match, t.match.c.sighting_id == t.sighting.c.id)
            .order_by(t.sighting.c.event_id)
        )
        standing = await alerts.list_latest_alerts(tx, cast.COURT.court_id, 50)
        told = await tx.rows(sa.select(notice.c.id))
        written = [await notices.get_notice(tx, row.id) for row in told]
        seen = {
            alert.alert_id: (await sightings.list_sightings_of_alert(tx, alert.alert_id))[0].sighting.event_id
            for alert in standing
        }
    return (
        [tuple(row) for row in matched],
        sorted((seen[one.alert_id], one.plan, one.plan_version, one.urgency.value) for one in standing),
        sorted(
            (seen[one.alert_id], str(one.person_id), one.text_id.value, one.channel.value, one.state.value)
            for one in written
            if one.alert_id is not None
        ),
    )


async def take_each_by_itself(registry: Registry, uses: Sequence[ReportedUse]) -> None:
    for one in uses:
        async with registry.transaction() as tx:
            await take_sightings(tx, [one])


async def take_together(registry: Registry, uses: Sequence[ReportedUse]) -> None:
    async with registry.transaction() as tx:
        await take_sightings(tx, uses)


@pytest.fixture
async def listed(books: Books) -> Books:
    await list_people(books.registry, 0, 3)
    return books


async def test_together_is_as_one_by_one(
    listed: Books, moved_in: Path, engine: Engine, tmp_path: Path
) -> None:
    await engine.copy(moved_in, tmp_path / "other")
    other, database = await open_books(engine, tmp_path / "other")
    await list_people(other.registry, 0, 3)

    await take_together(listed.registry, day_at_the_railway(listed))
    await take_each_by_itself(other.registry, day_at_the_railway(other))

    together, one_by_one = await outcome(listed.registry), await outcome(other.registry)
    await database.close()
    assert (
        together[0]
        == one_by_one[0]
        == [
            ("use-1", "unverified", None),
            ("use-3", "unverified", None),
            ("use-4", "unverified", "changes"),
            ("use-5", "unverified", None),
        ]
    )
    assert together[1:] == one_by_one[1:]


async def test_no_person_gets_one_code_for_two_alerts(listed: Books) -> None:
    await take_together(listed.registry, [use(listed, position, f"use-{position}") for position in range(3)])

    async with listed.registry.reading() as tx:
        standing = await alerts.list_latest_alerts(tx, cast.COURT.court_id, 50)
        codes = await list_codes(tx, [alert.alert_id for alert in standing])
    of_people = [(answerer.person_id, code) for answerer, code in codes.items()]
    assert len(of_people) == len(set(of_people)) == 6


STATEMENTS_OF_A_LONE_HIT = {"postgresql": 5, "sqlite": 28}
"""By the database: one answers several queries at once, and writes the new rows of nine tables at once."""


async def test_statements_are_few_and_do_not_grow_with_the_set(listed: Books) -> None:
    async def counted(uses: Sequence[ReportedUse]) -> tuple[str, int]:
        statements = 0

        def note(*_: object) -> None:
            nonlocal statements
            statements += 1

        async with listed.registry.transaction() as tx:
            sa.event.listen(tx.db.sync_connection, "before_execute", note)
            await take_sightings(tx, uses)
            await tx.flush()
            sa.event.remove(tx.db.sync_connection, "before_execute", note)
        return tx.db.dialect.name, statements

    database, alone = await counted([use(listed, 0, "use-0")])
    _, together = await counted([use(listed, position, f"use-{position}") for position in (1, 2)])

    assert alone == STATEMENTS_OF_A_LONE_HIT[database]
    assert together <= alone


async def test_a_strangers_use_does_not_hide_one_of_the_same_event(listed: Books) -> None:
    await take_together(listed.registry, [use(listed, NOBODY, "use-1"), use(listed, 0, "use-1")])

    matched, _, _ = await outcome(listed.registry)
    assert [event_id for event_id, *_ in matched] == ["use-1"]
