"""How far the log of packets reaches back, what leaves it, and the list it has led to, from end to end."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias

import sqlalchemy as sa

from schemas.messages import MAX_CHANGES
from tracker.storage.feeds import unseal_entry
from tracker.storage.tables import feeds as t
from tracker.storage.transaction import Tx

RECORDS_AT_ONCE: Final = 8_192


async def find_first_after(tx: Tx, feed_id: str, sequence: int) -> int | None:
    """The first change of the first packet that the log still holds past `sequence`; None: it holds none."""
    packet = t.feed_packet.c
    # What is further back cannot reach past it, and is not looked at.
    is_after = sa.and_(packet.first_sequence > sequence - MAX_CHANGES, packet.last_sequence > sequence)
    query = sa.select(packet.first_sequence).where(packet.feed_id == feed_id, is_after)
    row = await tx.row(query.order_by(packet.first_sequence).limit(1))
    return None if row is None else int(row[0])


async def find_last_old(tx: Tx, feed_id: str, before: datetime, packets: int) -> int | None:
    """The last change in those of the oldest so many packets that were packed before a moment."""
    packet = t.feed_packet.c
    oldest = sa.select(packet.last_sequence, packet.packed_at).where(packet.feed_id == feed_id)
    some = oldest.order_by(packet.first_sequence).limit(packets).subquery()
    row = await tx.row(sa.select(sa.func.max(some.c.last_sequence)).where(some.c.packed_at < before))
    return None if row is None or row[0] is None else int(row[0])


async def remove_packets(tx: Tx, feed_id: str, up_to: int) -> int:
    """Take the packets out that end at a change or before it; how many."""
    packet = t.feed_packet.c
    is_before = sa.and_(packet.first_sequence <= up_to, packet.last_sequence <= up_to)
    return await tx.run(sa.delete(t.feed_packet).where(packet.feed_id == feed_id, is_before))


_LISTED: Final = (
    sa.select(t.feed_record.c.reference, t.feed_record.c.body)
    .where(
        t.feed_record.c.feed_id == sa.bindparam("of_feed"),
        t.feed_record.c.reference > sa.bindparam("after"),
        t.feed_record.c.is_listed,
    )
    .order_by(t.feed_record.c.reference)
    .limit(sa.bindparam("at_once"))
)


SealedEntry: TypeAlias = sa.Row[Any]
"""Its `reference`, and the sealed `body`."""


async def list_listed(tx: Tx, feed_id: str, after: int) -> Sequence[SealedEntry]:
    """The next thousands of all that is listed, by reference."""
    return await tx.rows(_LISTED, of_feed=feed_id, after=after, at_once=RECORDS_AT_ONCE)


def open_listed(tx: Tx, rows: Sequence[SealedEntry]) -> list[bytes]:
    """The packed entries."""
    return [unseal_entry(tx, row.body, row.reference) for row in rows]
