"""The log of packets: what comes in, what is published of it, how far it reaches back and what leaves it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from schemas.messages import MAX_CHANGES
from tracker.storage.engine.news import settling
from tracker.storage.feeds import Feed
from tracker.storage.tables import feeds as t
from tracker.storage.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """A packed and signed run of changes."""

    first_sequence: int
    last_sequence: int
    envelope: bytes


_MOVED: Final = settling(
    sa.update(t.feed)
    .where(t.feed.c.id == sa.bindparam("of_feed"))
    .values(
        head_sequence=sa.bindparam("to_sequence", type_=t.feed.c.head_sequence.type),
        entry_count=sa.bindparam("to_count", type_=t.feed.c.entry_count.type),
        digest=sa.bindparam("to_digest", type_=t.feed.c.digest.type),
        published_up_to=sa.bindparam("published_to", type_=t.feed.c.published_up_to.type),
    )
)


async def add_packets(tx: Tx, packed: Collection[tuple[Feed, Packet]]) -> None:
    """Move the heads to where the feeds stand after their packets, one of each feed, and keep these. Of what
    came before, as much is marked as published as the feeds say. The caller writes them.
    """
    moved = [
        {
            "of_feed": feed.feed_id,
            "to_sequence": feed.head.sequence,
            "to_count": feed.head.count,
            "to_digest": feed.head.digest,
            "published_to": feed.published_up_to,
        }
        for feed, _ in packed
    ]
    await tx.run_many_late(_MOVED, moved)
    rows = [
        {
            "feed_id": feed.feed_id,
            "first_sequence": packet.first_sequence,
            "last_sequence": packet.last_sequence,
            "envelope": packet.envelope,
            "packed_at": tx.at,
        }
        for feed, packet in packed
    ]
    await tx.insert_many(t.feed_packet, rows)


_UNPUBLISHED: Final = (
    sa.select(t.feed_packet)
    .where(
        t.feed_packet.c.feed_id == sa.bindparam("of_feed"),
        t.feed_packet.c.last_sequence > sa.bindparam("up_to"),
    )
    .order_by(t.feed_packet.c.first_sequence)
    .limit(sa.bindparam("at_most"))
)


async def list_unpublished(tx: Tx, feed: Feed, limit: int) -> tuple[Packet, ...]:
    """The first so many packets past the feed's `published_up_to`, in order."""
    up_to = feed.published_up_to
    return _packets(await tx.rows(_UNPUBLISHED, of_feed=feed.feed_id, up_to=up_to, at_most=limit))


async def list_packets(tx: Tx, feed_id: str, after: int, changes: int) -> tuple[Packet, ...]:
    """Packets with changes past `after`, in order, as far as the one that holds the last of so many."""
    packet = t.feed_packet.c
    is_near = packet.first_sequence.between(after - MAX_CHANGES, after + changes)
    query = sa.select(t.feed_packet).where(packet.feed_id == feed_id, is_near, packet.last_sequence > after)
    return _packets(await tx.rows(query.order_by(packet.first_sequence)))


def _packets(rows: Sequence[sa.Row[Any]]) -> tuple[Packet, ...]:
    return tuple(
        Packet(first_sequence=row.first_sequence, last_sequence=row.last_sequence, envelope=row.envelope)
        for row in rows
    )


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
