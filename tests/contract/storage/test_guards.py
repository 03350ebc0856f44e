"""The rules that the database itself guards, whatever a service forgets."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, StatementError

from notifications.ladders import DEFAULT_LADDERS, ladder_to_json
from notifications.ladders import Urgency as LadderUrgency
from schemas.messages import SightingKind
from scripts import cast
from tests.contract.storage.books import BEGINS, TONG, TONGS_CARD, Books, register_tong
from tests.contract.storage.listing import case_numbered
from tests.unit.tracker.examples import HOTEL, ON_THE_TRAIN, seen
from tracker.domain.alerts import Alert, AlertState, Outcome, Side
from tracker.domain.entries import EntryState
from tracker.domain.ids import AgencyId, AlertId, EntryId, SightingId, SubjectId
from tracker.domain.plans import Urgency
from tracker.storage import (
    alert_acts,
    alerts,
    cases,
    entries,
    entry_locks,
    people,
    sightings,
    subjects,
    take_links,
)
from tracker.storage.cases import CaseReceipt
from tracker.storage.sightings import Sighting
from tracker.storage.tables import court as court_tables
from tracker.storage.take_links import TakeLink


async def alert_on(books: Books, entry_id: EntryId, alert_id: str) -> Alert:
    async with books.registry.reading() as tx:
        entry = await entries.get_entry(tx, entry_id)
    return Alert(
        alert_id=AlertId(alert_id),
        court_id=entry.court_id,
        subject_id=entry.subject_id,
        state=AlertState.OPEN,
        paused=False,
        plan=ON_THE_TRAIN,
        plan_version=1,
        urgency=Urgency.PLANNED,
        ladder=ladder_to_json(DEFAULT_LADDERS[LadderUrgency.PLANNED]),
        raised_at=BEGINS,
        closed_at=None,
        outcome=None,
        entry_ids=(entry_id,),
        version=1,
    )


async def test_one_open_alert_per_subject(books: Books) -> None:
    entry_id = await register_tong(books.registry)
    first = await alert_on(books, entry_id, "alert-1")
    second = replace(first, alert_id=AlertId("alert-2"))
    async with books.registry.transaction() as tx:
        await alerts.add_alert(tx, first)

    with pytest.raises(IntegrityError):
        async with books.registry.transaction() as tx:
            await alerts.add_alert(tx, second)

    ended = replace(first, state=AlertState.CLOSED, outcome=Outcome.NOT_FOUND, closed_at=BEGINS, version=2)
    async with books.registry.transaction() as tx:
        assert await alerts.record_alert(tx, ended)
        await alerts.add_alert(tx, second)
    async with books.registry.transaction() as tx:
        assert await alerts.lock_open_alert(tx, first.subject_id) == second


async def test_an_alert_that_moved_meanwhile_is_not_overwritten(books: Books) -> None:
    alert = await alert_on(books, await register_tong(books.registry), "alert-1")
    async with books.registry.transaction() as tx:
        await alerts.add_alert(tx, alert)
        assert await alerts.record_alert(tx, replace(alert, paused=True, version=2))

    async with books.registry.transaction() as tx:
        assert not await alerts.record_alert(tx, replace(alert, state=AlertState.CLOSED, version=2))
        assert (await alerts.get_alert(tx, alert.alert_id)).paused


async def test_one_subject_per_document(books: Books) -> None:
    namesake = replace(TONG, subject_id=SubjectId("subject-namesake"))
    async with books.registry.transaction() as tx:
        await subjects.add_subject(tx, TONG)
        await subjects.add_document(tx, TONG, TONGS_CARD)
        await subjects.add_subject(tx, namesake)

    with pytest.raises(IntegrityError):
        async with books.registry.transaction() as tx:
            await subjects.add_document(tx, namesake, TONGS_CARD)


async def test_four_eyes(books: Books) -> None:
    entry_id = await register_tong(books.registry)
    async with books.registry.reading() as tx:
        entry = await entries.get_entry(tx, entry_id)
    approved = replace(
        entry, state=EntryState.ACTIVE, approved_by=cast.LEADER.person_id, approved_at=BEGINS, version=2
    )

    with pytest.raises(IntegrityError, match="four_eyes"):
        async with books.registry.transaction() as tx:
            await entry_locks.record_entry(tx, replace(approved, approved_by=cast.CLERK.person_id))
    async with books.registry.transaction() as tx:
        assert await entry_locks.record_entry(tx, approved)


async def test_an_entry_that_moved_meanwhile_is_not_overwritten(books: Books) -> None:
    entry_id = await register_tong(books.registry)
    async with books.registry.transaction() as tx:
        entry = await entries.get_entry(tx, entry_id)
        assert await entry_locks.record_entry(tx, replace(entry, state=EntryState.SUBMITTED, version=2))

    async with books.registry.transaction() as tx:
        assert not await entry_locks.record_entry(tx, replace(entry, state=EntryState.ENDED, version=2))
        assert (await entries.get_entry(tx, entry_id)).state is EntryState.SUBMITTED


async def test_one_standing_taking_per_side_of_an_alert(books: Books) -> None:
    alert = await alert_on(books, await register_tong(books.registry), "alert-1")
    async with books.registry.transaction() as tx:
        await alerts.add_alert(tx, alert)
        await alert_acts.add_taking(tx, alert.alert_id, cast.JUDGE.person_id, "reply")
        await alert_acts.add_taking(tx, alert.alert_id, cast.DESK.person_id, "reply", Side.OFFICER)

    with pytest.raises(IntegrityError):
        async with books.registry.transaction() as tx:
            await alert_acts.add_taking(tx, alert.alert_id, cast.DUTY_OFFICER.person_id, "reply")

    async with books.registry.transaction() as tx:
        assert await alert_acts.record_taking_lapsed(tx, alert.alert_id, "plan-changed")
        await alert_acts.add_taking(tx, alert.alert_id, cast.DUTY_OFFICER.person_id, "reply")


async def test_one_sighting_per_event_of_an_agency(books: Books) -> None:
    entry_id = await register_tong(books.registry)
    async with books.registry.reading() as tx:
        entry = await entries.get_entry(tx, entry_id)
    sighting = Sighting(
        sighting_id=SightingId("sighting-1"),
        court_id=entry.court_id,
        agency_id=AgencyId("rail"),
        subject_id=entry.subject_id,
        event_id="event-1",
        seen=seen(SightingKind.HOTEL_CHECK_IN, BEGINS, HOTEL),
        received_at=BEGINS,
    )
    of_police = replace(sighting, sighting_id=SightingId("sighting-2"), agency_id=AgencyId("police"))
    async with books.registry.transaction() as tx:
        await sightings.add_sighting(tx, sighting)
        await sightings.add_sighting(tx, of_police)

    with pytest.raises(IntegrityError):
        async with books.registry.transaction() as tx:
            await sightings.add_sighting(tx, replace(sighting, sighting_id=SightingId("sighting-3")))


async def test_a_receipt_counts_once(books: Books) -> None:
    receipt = CaseReceipt(receipt_number="R-1", amount_fen=100, at=BEGINS)
    async with books.registry.transaction() as tx:
        case = await case_numbered(tx, cast.A_CASE)
        await cases.add_receipt(tx, case, receipt)

    with pytest.raises(IntegrityError):
        async with books.registry.transaction() as tx:
            await cases.add_receipt(tx, case, receipt)
    async with books.registry.reading() as tx:
        assert await cases.received_fen(tx, case.case_id) == 100


async def test_a_moment_without_an_offset_is_refused(books: Books) -> None:
    naive = datetime(2026, 2, 25, 12, 0)  # noqa: DTZ001 - that is what is refused
    async with books.registry.transaction() as tx:
        with pytest.raises(StatementError, match="aware"):
            await tx.run(sa.update(court_tables.person_role).values(valid_until=naive))


async def test_a_moment_comes_back_in_utc(books: Books) -> None:
    async with books.registry.transaction() as tx:
        await tx.run(sa.update(court_tables.person_role).values(valid_until=BEGINS))
        row = await tx.row(sa.select(court_tables.person_role.c.valid_until))

    assert row is not None
    assert (row.valid_until, row.valid_until.tzinfo) == (BEGINS, UTC)


async def test_a_role_ends_with_its_day(books: Books) -> None:
    async with books.registry.transaction() as tx:
        await tx.run(sa.update(court_tables.person_role).values(valid_until=BEGINS))

        assert await people.list_roles(tx, cast.JUDGE.person_id) == ()


async def test_a_link_is_used_by_one_of_two_who_tap_it_at_once(books: Books) -> None:
    entry_id = await register_tong(books.registry)
    alert = await alert_on(books, entry_id, "alert-1")
    link = TakeLink(
        alert_id=alert.alert_id,
        person_id=cast.JUDGE.person_id,
        outlives_alert=False,
        made_at=BEGINS,
        ends_at=BEGINS + timedelta(hours=1),
    )
    async with books.registry.transaction() as tx:
        await alerts.add_alert(tx, alert)
        await take_links.add_link(tx, "token", link)

        assert await take_links.use_link(tx, "token")
        assert not await take_links.use_link(tx, "token")
