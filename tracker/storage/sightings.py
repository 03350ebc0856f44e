"""Sightings of listed people and how each was matched; uses of others are never stored."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from schemas.messages import Itinerary, Place, SightingKind
from tracker.domain.ids import AgencyId, AlertId, CourtId, SightingId, SubjectId
from tracker.domain.matching import Match
from tracker.domain.plans import Effect, Seen
from tracker.storage.engine.sets import is_one_of
from tracker.storage.tables import alerts as t
from tracker.storage.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A use that reached the court and concerns somebody on the list."""

    sighting_id: SightingId
    court_id: CourtId
    agency_id: AgencyId
    subject_id: SubjectId
    event_id: str
    seen: Seen
    received_at: datetime
    correlation: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedSighting:
    """A sighting with what the court made of it."""

    sighting: Sighting
    verdict: str
    features: dict[str, str]
    effect: Effect | None


def seen_as_json(seen: Seen) -> dict[str, Any]:
    return {
        "kind": seen.kind,
        "occurred_at": seen.occurred_at.isoformat(),
        "place": seen.place.model_dump(mode="json"),
        "itinerary": seen.itinerary.model_dump(mode="json") if seen.itinerary else None,
    }


def seen_from_json(value: dict[str, Any]) -> Seen:
    journey = value["itinerary"]
    return Seen(
        kind=SightingKind(value["kind"]),
        occurred_at=datetime.fromisoformat(value["occurred_at"]),
        place=Place.model_validate(value["place"]),
        itinerary=Itinerary.model_validate(journey, strict=False) if journey else None,
    )


async def add_sighting(tx: Tx, sighting: Sighting) -> None:
    await tx.insert(
        t.sighting,
        id=sighting.sighting_id,
        court_id=sighting.court_id,
        agency_id=sighting.agency_id,
        subject_id=sighting.subject_id,
        event_id=sighting.event_id,
        kind=sighting.seen.kind,
        is_live=sighting.seen.is_live,
        occurred_at=sighting.seen.occurred_at,
        received_at=sighting.received_at,
        correlation=sighting.correlation,
        seen=tx.seal_json(seen_as_json(sighting.seen), f"sighting.seen:{sighting.sighting_id}"),
    )


_KNOWN: Final = sa.select(t.sighting.c.event_id).where(
    t.sighting.c.agency_id == sa.bindparam("agency_id"), is_one_of(t.sighting.c.event_id, "event_ids")
)


async def list_known(tx: Tx, agency_id: AgencyId, event_ids: Collection[str]) -> frozenset[str]:
    """Those of the agency's events that were taken before, by whichever way they came. Read once."""
    key = (list_known.__name__, agency_id, frozenset(event_ids))
    known = tx.memory.find(key)
    if known is None:
        rows = await tx.rows(_KNOWN, agency_id=agency_id, event_ids=list(event_ids))
        known = (frozenset(row.event_id for row in rows),)
        tx.memory.keep(key, [t.sighting], known[0])
    found: frozenset[str] = known[0]
    return found


async def add_match(
    tx: Tx, sighting: Sighting, match: Match, alert_id: AlertId | None, effect: Effect | None
) -> None:
    await tx.insert(
        t.match,
        id=tx.entropy.new_id(),
        sighting_id=sighting.sighting_id,
        subject_id=sighting.subject_id,
        alert_id=alert_id,
        verdict=match.verdict,
        features={name: str(agreement) for name, agreement in match.features.items()},
        effect=effect,
    )


def _sighting(tx: Tx, row: sa.Row[tuple[object, ...]]) -> Sighting:
    return Sighting(
        sighting_id=SightingId(row.id),
        court_id=CourtId(row.court_id),
        agency_id=AgencyId(row.agency_id),
        subject_id=SubjectId(row.subject_id),
        event_id=row.event_id,
        seen=seen_from_json(tx.unseal_json(row.seen, f"sighting.seen:{row.id}")),
        received_at=row.received_at,
        correlation=row.correlation,
    )


async def list_sightings_of_alert(tx: Tx, alert_id: AlertId) -> tuple[MatchedSighting, ...]:
    """What was seen, in the order it reached the court."""
    rows = await tx.rows(
        sa.select(t.sighting, t.match.c.verdict, t.match.c.features, t.match.c.effect)
        .join(t.match, t.match.c.sighting_id == t.sighting.c.id)
        .where(t.match.c.alert_id == alert_id)
        .order_by(t.sighting.c.id)
    )
    return tuple(
        MatchedSighting(
            sighting=_sighting(tx, row),
            verdict=row.verdict,
            features=row.features,
            effect=Effect(row.effect) if row.effect else None,
        )
        for row in rows
    )


async def last_received_at(tx: Tx, agency_id: AgencyId) -> datetime | None:
    """When an agency's newest sighting was taken. Ids rise with time."""
    column = t.sighting.c
    newest = sa.select(column.received_at).where(column.agency_id == agency_id)
    row = await tx.row(newest.order_by(column.id.desc()).limit(1))
    return None if row is None else row.received_at
