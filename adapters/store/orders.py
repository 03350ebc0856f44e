"""The court's last word on each reference, and which messages have been taken already."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from adapters.sqlite import Tx
from adapters.store.tables import inbox, orders


class OrderKind(StrEnum):
    CONFIRMATION = "confirmation"
    STAND_DOWN = "stand-down"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredOrder:
    """One order as it was signed; `body` is sealed."""

    reference: int
    order_id: str
    kind: OrderKind
    said_at: datetime
    body: bytes = field(repr=False)


async def record_received(tx: Tx, message_id: str, at: datetime) -> bool:
    """False when the message was taken before."""
    values = {"message_id": message_id, "received_at": at.isoformat()}
    written = await tx.execute(insert(inbox).values(values).on_conflict_do_nothing())
    return written.rowcount == 1


async def record_order(tx: Tx, order: StoredOrder) -> None:
    """Make this the last word on its reference."""
    values = {
        "reference": order.reference,
        "order_id": order.order_id,
        "kind": order.kind.value,
        "said_at": order.said_at.isoformat(),
        "body": order.body,
    }
    written = insert(orders).values(values)
    await tx.execute(written.on_conflict_do_update(index_elements=[orders.c.reference], set_=values))


async def find_order(tx: Tx, reference: int) -> StoredOrder | None:
    row = (await tx.execute(select(orders).where(orders.c.reference == reference))).one_or_none()
    if row is None:
        return None
    return StoredOrder(
        reference=row.reference,
        order_id=row.order_id,
        kind=OrderKind(row.kind),
        said_at=datetime.fromisoformat(row.said_at),
        body=row.body,
    )
