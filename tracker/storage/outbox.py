"""The outbox: messages to agencies, committed with what they announce and published afterwards, at least
once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum

import sqlalchemy as sa

from tracker.domain.ids import LeaseToken
from tracker.storage.leases import RELEASED, is_free, leased
from tracker.storage.news import settling
from tracker.storage.tables import plumbing as t
from tracker.storage.transaction import Tx


class OutboxLane(IntEnum):
    """The lower number goes first: `EXPRESS` before everything else."""

    EXPRESS = 0
    ORDERS = 1
    LISTS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxMessage:
    """A signed envelope on its way to a queue. `committed_at` is known of what has committed."""

    message_id: str
    queue: str
    lane: OutboxLane
    body: bytes
    committed_at: datetime | None = field(default=None, compare=False)


async def add_message(tx: Tx, message: OutboxMessage) -> None:
    await tx.insert(
        t.outbox,
        id=message.message_id,
        queue=message.queue,
        message_id=message.message_id,
        body=tx.seal(message.body.decode(), f"outbox.body:{message.message_id}"),
        lane=int(message.lane),
        committed_at=tx.at,
    )


async def drop_unpublished(tx: Tx, queues: Sequence[str]) -> None:
    """What waits for these queues is never published."""
    waiting = sa.and_(t.outbox.c.published_at.is_(None), t.outbox.c.queue.in_(queues))
    await tx.run(sa.delete(t.outbox).where(waiting))


async def is_anything_unpublished(tx: Tx) -> bool:
    return (
        await tx.row(sa.select(t.outbox.c.id).where(t.outbox.c.published_at.is_(None)).limit(1)) is not None
    )


async def oldest_unpublished_at(tx: Tx) -> datetime | None:
    """When the oldest message was committed that no broker has yet."""
    column = t.outbox.c
    row = await tx.row(sa.select(sa.func.min(column.committed_at)).where(column.published_at.is_(None)))
    return None if row is None else row[0]


async def claim_unpublished(tx: Tx, token: LeaseToken, limit: int) -> tuple[OutboxMessage, ...]:
    """Lease what waits: express first, then in the order of commitment."""
    column = t.outbox.c
    waiting = (
        sa.select(column.id)
        .where(column.published_at.is_(None), is_free(t.outbox))
        .order_by(column.lane, column.id)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
    )
    claim = settling(sa.update(t.outbox).where(column.id.in_(waiting)).values(**leased(token)))
    rows = sorted(await tx.rows(claim.returning(t.outbox)), key=lambda row: (row.lane, row.id))
    return tuple(
        OutboxMessage(
            message_id=row.message_id,
            queue=row.queue,
            lane=OutboxLane(row.lane),
            body=tx.unseal(row.body, f"outbox.body:{row.id}").encode(),
            committed_at=row.committed_at,
        )
        for row in rows
    )


async def record_published(tx: Tx, message_id: str, token: LeaseToken) -> None:
    """Something durable has the message; its body is dropped here."""
    column = t.outbox.c
    await tx.run(
        sa.update(t.outbox)
        .where(column.id == message_id, column.lease_token == token)
        .values(published_at=tx.at, body=None, **RELEASED)
    )


async def release_messages(tx: Tx, message_ids: Sequence[str], token: LeaseToken) -> None:
    """What could not be published is free again, for any relay."""
    column = t.outbox.c
    mine = sa.and_(column.id.in_(message_ids), column.lease_token == token)
    await tx.run(sa.update(t.outbox).where(mine).values(**RELEASED))
