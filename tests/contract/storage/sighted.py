"""One alert on a listed person whom the railway has seen: judge and duty officer are written to, nobody was
told yet. Tests work on it in transactions that are undone.
"""

from dataclasses import dataclass
from datetime import timedelta

from schemas.documents import DocumentKind, DocumentRefused, IdentityDocument, normalise_document
from schemas.messages import Itinerary, Place, SightingKind
from scripts import cast
from scripts.benches.listing import list_one, number_of
from tests.contract.storage.books import Books
from tracker.domain.ids import AgencyId, AlertId, EntryId, LeaseToken
from tracker.domain.matching import Likeness
from tracker.domain.plans import Seen
from tracker.services.alerts.dispatches import DispatchForm, dispatch_team
from tracker.services.alerts.sightings import ReportedUse, Trace, take_sightings
from tracker.services.answers.takings import Way, take_alert
from tracker.storage import alerts, entries, notice_claims, people
from tracker.storage.notices import Notice
from tracker.storage.transaction import Tx

RAIL = AgencyId("rail")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighted:
    """The court, and its one alert."""

    books: Books
    entry_id: EntryId
    alert_id: AlertId


async def see_somebody(books: Books) -> Sighted:
    async with books.registry.transaction() as tx:
        entry_id = await list_one(tx, 0)
    async with books.registry.transaction() as tx:
        await take_sightings(tx, [night_train(tx, 0)])
    async with books.registry.reading() as tx:
        entry = await entries.get_entry(tx, entry_id)
        [alert] = await alerts.list_alerts_of_subject(tx, entry.subject_id)
    return Sighted(books=books, entry_id=entry_id, alert_id=alert.alert_id)


def night_train(tx: Tx, position: int) -> ReportedUse:
    """The person of this position buys a ticket. It departs in thirty hours, and an hour later for each
    position; it takes ten.
    """
    departs_at = tx.at + timedelta(hours=30 + position)
    journey = Itinerary(
        service="Z38",
        origin="武昌",
        destination="北京西",
        departs_at=departs_at,
        arrives_at=departs_at + timedelta(hours=10),
    )
    seen = Seen(
        kind=SightingKind.TICKET_BOUGHT,
        occurred_at=tx.at,
        place=Place(name="12306", city="网络"),
        itinerary=journey,
    )
    return ReportedUse(
        agency_id=RAIL,
        event_id=f"use-{position}",
        seen=seen,
        document=_card(position),
        read=Likeness(name=None, birth_date=None, sex=None),
        trace=Trace(correlation="correlation-1", received_at=tx.at),
    )


def _card(position: int) -> IdentityDocument:
    document = normalise_document(DocumentKind.RESIDENT_ID, number_of(position))
    assert not isinstance(document, DocumentRefused)
    return document


async def sends(tx: Tx) -> tuple[Notice, ...]:
    """What is due is on its way now."""
    return (await notice_claims.claim_due_notices(tx, LeaseToken("sender"), 50)).notices


async def takes(tx: Tx, member: cast.Member, alert_id: AlertId) -> None:
    actor = await people.get_actor(tx, member.person_id)
    await take_alert(tx, actor, await alerts.lock_alert(tx, alert_id), Way.CONSOLE)


async def dispatches(
    tx: Tx, alert_id: AlertId, act_place: str | None = None, sent: cast.Member = cast.BAILIFF_ONE
) -> None:
    """The judge takes it and sends one, bailiff 秦."""
    await takes(tx, cast.JUDGE, alert_id)
    alert = await alerts.get_alert(tx, alert_id)
    form = DispatchForm(
        leader_id=sent.person_id,
        member_ids=(sent.person_id,),
        muster_place="站台",
        muster_at=alert.plan.act_from,
        act_place=act_place,
    )
    await dispatch_team(tx, await people.get_actor(tx, cast.JUDGE.person_id), alert, form)
