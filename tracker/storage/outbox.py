"""The outbox: messages to agencies, committed with what they announce and published afterwards, at least
once.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Final

import sqlalchemy as sa

from tracker.domain.ids import LeaseToken
from tracker.storage.engine.news import settling
from tracker.storage.engine.sets import is_one_of
from tracker.storage.leases import RELEASED, is_free, leased
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


async def oldest_unpublished_at(tx: Tx) -> datetime | None:
    """When the oldest message was committed that no broker has yet."""
    column = t.outbox.c
    row = await tx.row(sa.select(sa.func.min(column.committed_at)).where(column.published_at.is_(None)))
    return None if row is None else row[0]


_WAITING: Final = (
    sa.select(t.outbox.c.id)
    .where(t.outbox.c.published_at.is_(None), is_free(t.outbox))
    .order_by(t.outbox.c.lane, t.outbox.c.id)
    .limit(sa.bindparam("at_most"))
    .with_for_update(skip_locked=True, key_share=True)
)
_CLAIM: Final = settling(
    sa.update(t.outbox)
    .where(t.outbox.c.id.in_(_WAITING))
    .values(**leased(sa.bindparam("token")))
    .returning(t.outbox)
)


async def claim_unpublished(tx: Tx, token: LeaseToken, limit: int) -> tuple[OutboxMessage, ...]:
    """Lease what waits: express first, then in the order of commitment."""
    claimed = await tx.rows(_CLAIM, token=token, at_most=limit)
    rows = sorted(claimed, key=lambda row: (row.lane, row.id))
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


_IS_MINE: Final = sa.and_(
    is_one_of(t.outbox.c.id, "message_ids"), t.outbox.c.lease_token == sa.bindparam("held_by")
)
_PUBLISHED: Final = settling(
    sa.update(t.outbox).where(_IS_MINE).values(published_at=sa.bindparam("at"), body=None, **RELEASED)
)
_FREE_AGAIN: Final = sa.update(t.outbox).where(_IS_MINE).values(**RELEASED)


async def record_published(tx: Tx, message_ids: Collection[str], token: LeaseToken) -> None:
    """Something durable has the messages; their bodies are dropped here."""
    if message_ids:
        await tx.run(_PUBLISHED, message_ids=list(message_ids), held_by=token, at=tx.at)


async def release_messages(tx: Tx, message_ids: Collection[str], token: LeaseToken) -> None:
    """What could not be published is free again, for any relay."""
    if message_ids:
        await tx.run(_FREE_AGAIN, message_ids=list(message_ids), held_by=token)
