"""The feed of one agency: changes that wait for a number, the ordered state, packets to publish.

Business transactions only add unnumbered changes; the leased feed writer numbers what has committed.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Any, Final

import sqlalchemy as sa

from schemas.listed import ListedEntry
from schemas.messages import FeedHead
from schemas.tokens import EpochKeys
from tracker.domain.errors import NotFound
from tracker.domain.ids import AgencyId
from tracker.storage.engine.news import settling
from tracker.storage.engine.sets import by_column, is_one_of
from tracker.storage.tables import feeds as t
from tracker.storage.transaction import Tx


class Lane(IntEnum):
    """Withdrawals overtake registrations, both overtake bulk work."""

    WITHDRAWAL = 0
    NORMAL = 1
    BULK = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One generation of an agency's feed with its keys. `has_ended`: the line was closed meanwhile, and
    another list begun.
    """

    feed_id: str
    agency_id: AgencyId
    incarnation: int
    keys: EpochKeys
    head: FeedHead
    published_up_to: int
    canary_reference: int | None = None
    """None: the canary is not on it yet."""
    has_ended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A committed, unnumbered change; `body` is the put without its number, None for a removal.
    `committed_at` is known of what has committed.
    """

    change_id: str
    agency_id: AgencyId
    epoch: int
    reference: int
    version: int
    lane: Lane
    body: dict[str, Any] | None
    committed_at: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRecord:
    """The newest numbered version of a reference; `entry` is None where that was removed."""

    reference: int
    version: int
    entry: ListedEntry | None


async def add_feed(tx: Tx, feed: Feed) -> None:
    await tx.insert(
        t.feed,
        id=feed.feed_id,
        agency_id=feed.agency_id,
        epoch=feed.keys.epoch,
        incarnation=feed.incarnation,
        token_key=tx.seal(feed.keys.token_key.hex(), f"feed.token_key:{feed.feed_id}"),
        digest_key=tx.seal(feed.keys.digest_key.hex(), f"feed.digest_key:{feed.feed_id}"),
        head_sequence=feed.head.sequence,
        entry_count=feed.head.count,
        digest=feed.head.digest,
        published_up_to=feed.published_up_to,
        begun_at=tx.at,
    )


def feed_of(tx: Tx, row: sa.Row[tuple[object, ...]]) -> Feed:
    """The feed that a row holds."""
    return Feed(
        feed_id=row.id,
        agency_id=AgencyId(row.agency_id),
        incarnation=row.incarnation,
        keys=EpochKeys(
            epoch=row.epoch,
            token_key=bytes.fromhex(tx.unseal(row.token_key, f"feed.token_key:{row.id}")),
            digest_key=bytes.fromhex(tx.unseal(row.digest_key, f"feed.digest_key:{row.id}")),
        ),
        head=FeedHead(sequence=row.head_sequence, count=row.entry_count, digest=row.digest),
        published_up_to=row.published_up_to,
        canary_reference=row.canary_reference,
        has_ended=row.ended_at is not None,
    )


def _is_current() -> sa.ColumnElement[bool]:
    """The newest generation of the feed `of_agency`."""
    feed = t.feed.alias("generation").c
    newest = sa.select(feed.id).where(feed.agency_id == sa.bindparam("of_agency"))
    newest = newest.order_by(feed.epoch.desc(), feed.incarnation.desc()).limit(1)
    return t.feed.c.id == newest.scalar_subquery()


def is_in_force(feed: sa.FromClause) -> sa.ColumnElement[bool]:
    """Whether a generation of a feed is the one that its epoch is kept up by: the epoch has not ended, and no
    newer incarnation has taken its place.
    """
    newer = t.feed.alias("newer").c
    is_overtaken = sa.exists().where(
        newer.agency_id == feed.c.agency_id,
        newer.epoch == feed.c.epoch,
        newer.incarnation > feed.c.incarnation,
    )
    return sa.and_(feed.c.ended_at.is_(None), sa.not_(is_overtaken))


_CURRENT: Final = sa.select(t.feed).where(_is_current())
_LOCKED: Final = _CURRENT.with_for_update(key_share=True)
_IN_FORCE: Final = (
    sa.select(t.feed)
    .where(t.feed.c.agency_id == sa.bindparam("of_agency"), is_in_force(t.feed))
    .order_by(t.feed.c.epoch)
)
_IN_FORCE_LOCKED: Final = _IN_FORCE.with_for_update(key_share=True)


async def get_feed(tx: Tx, agency_id: AgencyId) -> Feed:
    """The current feed of an agency: its newest epoch and incarnation."""
    return await _read_current(tx, agency_id, _CURRENT)


async def lock_feed(tx: Tx, agency_id: AgencyId) -> Feed:
    """The same, as it stands now; nobody numbers it before the transaction ends."""
    return await _read_current(tx, agency_id, _LOCKED)


async def _read_current(tx: Tx, agency_id: AgencyId, feed: sa.Select[tuple[object, ...]]) -> Feed:
    row = await tx.row(feed, of_agency=agency_id)
    if row is None:
        raise NotFound("feed")
    return feed_of(tx, row)


async def list_feeds(tx: Tx, agency_id: AgencyId) -> tuple[Feed, ...]:
    """The feed of each epoch in force, the oldest first. That one tells of everybody; the newest of several
    may still be filled.
    """
    return tuple(feed_of(tx, row) for row in await tx.rows(_IN_FORCE, of_agency=agency_id))


async def lock_feeds(tx: Tx, agency_id: AgencyId) -> tuple[Feed, ...]:
    """The same, as they stand now; nobody numbers them before the transaction ends."""
    return tuple(feed_of(tx, row) for row in await tx.rows(_IN_FORCE_LOCKED, of_agency=agency_id))


async def find_generation(tx: Tx, agency_id: AgencyId, epoch: int, incarnation: int) -> Feed:
    """One generation of an agency's feed that has not ended, current or former; raises NotFound."""
    column = t.feed.c
    query = sa.select(t.feed).where(
        column.agency_id == agency_id,
        column.epoch == epoch,
        column.incarnation == incarnation,
        column.ended_at.is_(None),
    )
    row = await tx.row(query)
    if row is None:
        raise NotFound("feed")
    return feed_of(tx, row)


async def list_generations(tx: Tx, agency_id: AgencyId) -> tuple[Feed, ...]:
    """All generations of an agency's feed, the oldest first."""
    column = t.feed.c
    query = sa.select(t.feed).where(column.agency_id == agency_id).order_by(column.epoch, column.incarnation)
    return tuple(feed_of(tx, row) for row in await tx.rows(query))


_GENERATION: Final = sa.select(t.feed.c.id).where(
    t.feed.c.agency_id == sa.bindparam("of_agency"),
    t.feed.c.epoch == sa.bindparam("of_epoch"),
    t.feed.c.incarnation == sa.bindparam("of_incarnation"),
    is_in_force(t.feed),
)


async def find_in_force(tx: Tx, agency_id: AgencyId, epoch: int, incarnation: int) -> str | None:
    """The id of a generation of an agency's feed; None when it is in force no more."""
    row = await tx.row(_GENERATION, of_agency=agency_id, of_epoch=epoch, of_incarnation=incarnation)
    return None if row is None else str(row.id)


async def add_change(tx: Tx, change: Change) -> None:
    sealed = None
    if change.body is not None:
        sealed = tx.seal_json(change.body, f"feed_change.body:{change.change_id}")
    await tx.insert(
        t.feed_change,
        id=change.change_id,
        agency_id=change.agency_id,
        epoch=change.epoch,
        reference=change.reference,
        version=change.version,
        lane=int(change.lane),
        operation="put" if change.body is not None else "remove",
        body=sealed,
        committed_at=tx.at,
    )


async def oldest_waiting_at(tx: Tx) -> datetime | None:
    """When the oldest change was committed, of all agencies whose line is open, that waits for a number or to
    be published.
    """
    change, packet = t.feed_change.c, t.feed_packet.c
    is_open = sa.select(t.agency.c.id).where(t.agency.c.closed_at.is_(None))
    unnumbered = (
        sa.select(change.committed_at.label("at"))
        .join(t.feed, sa.and_(t.feed.c.agency_id == change.agency_id, t.feed.c.epoch == change.epoch))
        .where(t.feed.c.ended_at.is_(None))
    )
    unpublished = (
        sa.select(packet.packed_at.label("at"))
        .join(t.feed, t.feed.c.id == packet.feed_id)
        .where(packet.last_sequence > t.feed.c.published_up_to, t.feed.c.ended_at.is_(None))
    )
    waiting = sa.union_all(
        unnumbered.where(change.agency_id.in_(is_open)),
        unpublished.where(t.feed.c.agency_id.in_(is_open)),
    ).subquery()
    row = await tx.row(sa.select(sa.func.min(waiting.c.at)))
    return None if row is None else row[0]


_UNNUMBERED: Final = (
    sa.select(t.feed_change)
    .where(
        t.feed_change.c.agency_id == sa.bindparam("of_agency"),
        t.feed_change.c.epoch == sa.bindparam("of_epoch"),
    )
    .order_by(t.feed_change.c.lane, t.feed_change.c.id)
    .limit(sa.bindparam("at_most"))
)


async def list_waiting_changes(tx: Tx, agency_id: AgencyId, epoch: int, limit: int) -> tuple[Change, ...]:
    """What has committed and waits for a number: by lane, then in the order of commitment."""
    rows = await tx.rows(_UNNUMBERED, of_agency=agency_id, of_epoch=epoch, at_most=limit)
    return tuple(change_of(tx, row) for row in rows)


def change_of(tx: Tx, row: sa.Row[Any]) -> Change:
    """The waiting change that a row holds."""
    return Change(
        change_id=row.id,
        agency_id=AgencyId(row.agency_id),
        epoch=row.epoch,
        reference=row.reference,
        version=row.version,
        lane=Lane(row.lane),
        body=tx.unseal_json(row.body, f"feed_change.body:{row.id}") if row.body is not None else None,
        committed_at=row.committed_at,
    )


_REMOVED: Final = settling(sa.delete(t.feed_change).where(is_one_of(t.feed_change.c.id, "change_ids")))


async def remove_changes(tx: Tx, changes: Sequence[Change]) -> None:
    """The writer has numbered the changes, so that the log has them, or dropped them as overtaken."""
    await tx.run_late(_REMOVED, change_ids=[change.change_id for change in changes])


_RECORDS: Final = sa.select(t.feed_record).where(
    is_one_of(t.feed_record.c.feed_id, "of_feeds"), is_one_of(t.feed_record.c.reference, "refs")
)


async def find_records(
    tx: Tx, feed_ids: Collection[str], references: Collection[int]
) -> dict[str, dict[int, FeedRecord]]:
    """The newest numbered version of each reference that has one, on each of the feeds."""
    found = by_column(await tx.rows(_RECORDS, of_feeds=list(feed_ids), refs=list(references)), "feed_id")
    return {
        feed_id: {row.reference: record_of(tx, row.reference, row.version, row.body) for row in rows}
        for feed_id, rows in ((feed_id, found[feed_id]) for feed_id in feed_ids)
    }


def record_of(tx: Tx, reference: int, version: int, body: bytes | None) -> FeedRecord:
    """What a row says of a reference."""
    entry = None if body is None else ListedEntry.unpack(unseal_entry(tx, body, reference))
    return FeedRecord(reference=reference, version=version, entry=entry)


_REPLACED: Final = sa.delete(t.feed_record).where(
    t.feed_record.c.feed_id == sa.bindparam("of_feed"),
    t.feed_record.c.reference == sa.bindparam("of_reference"),
)


async def remove_records(tx: Tx, former: Collection[tuple[str, int]]) -> None:
    """Others take the place of these, each a reference on a feed."""
    await tx.run_many(_REPLACED, [{"of_feed": feed_id, "of_reference": one} for feed_id, one in former])


async def add_records(tx: Tx, feed_id: str, records: Iterable[FeedRecord]) -> None:
    """The newest numbered versions of references that have none on the feed."""
    rows = [
        {
            "feed_id": feed_id,
            "reference": record.reference,
            "version": record.version,
            "is_listed": record.entry is not None,
            "body": None if record.entry is None else seal_entry(tx, record.entry),
        }
        for record in records
    ]
    await tx.insert_many(t.feed_record, rows)


def seal_entry(tx: Tx, entry: ListedEntry) -> bytes:
    """As it lies in the books."""
    return tx.seal_bytes(entry.pack(), f"feed_record.body:{entry.reference}")


def unseal_entry(tx: Tx, sealed: bytes, reference: int) -> bytes:
    """The packed entry."""
    return tx.unseal_bytes(sealed, f"feed_record.body:{reference}")
