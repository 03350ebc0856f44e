"""The feeds of agencies: each generation with its keys, its head, and whether it is in force."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import sqlalchemy as sa

from schemas.messages import FeedHead
from schemas.tokens import EpochKeys
from tracker.domain.errors import NotFound
from tracker.domain.ids import AgencyId
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
