"""Takings that were offered to a colleague. Until the colleague takes it, who offered it has the alert."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from tracker.domain.ids import AlertId, PersonId
from tracker.storage.tables.ladders import taking_offer as t
from tracker.storage.transaction import Tx


class OfferEnd(StrEnum):
    """What became of an offer."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    LAPSED = "lapsed"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    offer_id: str
    alert_id: AlertId
    from_id: PersonId
    to_id: PersonId
    offered_at: datetime


async def add_offer(tx: Tx, offer: Offer) -> None:
    """`one_standing_offer_per_taker` refuses a second."""
    await tx.insert(
        t,
        id=offer.offer_id,
        alert_id=offer.alert_id,
        from_id=offer.from_id,
        to_id=offer.to_id,
        offered_at=offer.offered_at,
    )


async def list_standing_offers(tx: Tx, alert_id: AlertId) -> tuple[Offer, ...]:
    """Oldest first."""
    standing = sa.select(t).where(t.c.alert_id == alert_id, t.c.ended_at.is_(None))
    return tuple(_offer(row) for row in await tx.rows(standing.order_by(t.c.offered_at, t.c.id)))


def _offer(row: sa.Row[Any]) -> Offer:
    return Offer(
        offer_id=row.id,
        alert_id=AlertId(row.alert_id),
        from_id=PersonId(row.from_id),
        to_id=PersonId(row.to_id),
        offered_at=row.offered_at,
    )


async def record_offer_ended(tx: Tx, offer_id: str, ended_as: OfferEnd) -> None:
    standing = sa.update(t).where(t.c.id == offer_id, t.c.ended_at.is_(None))
    await tx.run(standing.values(ended_at=tx.at, ended_as=ended_as))
