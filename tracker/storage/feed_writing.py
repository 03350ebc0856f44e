"""Who writes which feeds just now, and what their writer needs of all of them at once.

What must not break: a feed has one writer at a time, and whoever numbers it sees what the last writer left.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from tracker.domain.ids import AgencyId, CourtId, LeaseToken
from tracker.storage.engine.news import settling
from tracker.storage.engine.sets import by_column, is_one_of
from tracker.storage.feed_changes import Change, change_of
from tracker.storage.feed_records import FeedRecord, record_of
from tracker.storage.feeds import Feed, feed_of, is_in_force
from tracker.storage.leases import RELEASED, is_free, leased
from tracker.storage.tables import feeds as t
from tracker.storage.transaction import Tx

_IS_OPEN: Final = sa.exists().where(t.agency.c.id == t.feed.c.agency_id, t.agency.c.closed_at.is_(None))
_WAITS: Final = sa.and_(
    t.feed_change.c.agency_id == t.feed.c.agency_id,
    t.feed_change.c.epoch == t.feed.c.epoch,
)
_IS_MINE_OR_FREE: Final = sa.or_(t.feed.c.lease_token == sa.bindparam("token"), is_free(t.feed))
# What another process is at is left out: its writer goes on by itself, and nobody waits for it.
_WAITING: Final = (
    sa.select(t.feed.c.id)
    .where(is_one_of(t.feed.c.agency_id, "of_agencies"), is_in_force(t.feed), _IS_OPEN, _IS_MINE_OR_FREE)
    .where(sa.or_(t.feed.c.published_up_to < t.feed.c.head_sequence, sa.exists().where(_WAITS)))
)
_CLAIM: Final = settling(
    sa.update(t.feed)
    .where(t.feed.c.id.in_(_WAITING.with_for_update(key_share=True, skip_locked=True, of=t.feed)))
    .values(**leased(sa.bindparam("token")))
    .returning(t.feed)
)


async def claim_feeds(tx: Tx, agency_ids: Collection[AgencyId], token: LeaseToken) -> tuple[Feed, ...]:
    """Become the writer of those of the agencies' feeds, on open lines, where anything is to be numbered or
    published and nobody else writes, or renew the own lease; by agency and epoch.

    A feed is as it stands after the claim: its head is where the last writer stopped.
    """
    claimed = [feed_of(tx, row) for row in await tx.rows(_CLAIM, of_agencies=list(agency_ids), token=token)]
    return tuple(sorted(claimed, key=lambda feed: (feed.agency_id, feed.keys.epoch)))


_LEFT_OUT: Final = _WAITING.where(sa.not_(is_one_of(t.feed.c.id, "claimed"))).limit(1)


async def is_any_left_out(
    tx: Tx, agency_ids: Collection[AgencyId], token: LeaseToken, claimed: Collection[Feed]
) -> bool:
    """Whether something waits on another feed of the agencies that nobody else writes: somebody held it, such
    as a heartbeat, when these were claimed.
    """
    claimed_ids = [feed.feed_id for feed in claimed]
    row = await tx.row(_LEFT_OUT, of_agencies=list(agency_ids), token=token, claimed=claimed_ids)
    return row is not None


GIVES_WAY_AFTER_MS: Final = 250
"""Less than PostgreSQL waits before it looks for a deadlock: a payment must not be the one that it ends."""
# As a query, so that it goes in one trip with others; for this transaction alone.
_GIVES_WAY: Final = sa.select(
    sa.func.set_config(
        sa.literal_column("'lock_timeout'"), sa.literal_column(f"'{GIVES_WAY_AFTER_MS}'"), True
    )
)


async def give_way(tx: Tx) -> None:
    """From now on the transaction fails rather than wait long for rows that somebody else has locked. On
    SQLite nobody else has.
    """
    if tx.db.dialect.name == "postgresql":
        await tx.row(_GIVES_WAY)


# The lease is part of both conditions: a writer that was taken over must not move the mark.
_IS_MINE: Final = t.feed.c.lease_token == sa.bindparam("held_by")
_MINE: Final = (
    sa.select(t.feed.c.id)
    .where(is_one_of(t.feed.c.id, "of_feeds"), _IS_MINE)
    .order_by(t.feed.c.agency_id, t.feed.c.epoch)
    .with_for_update(key_share=True)
)
_PUBLISHED: Final = settling(
    sa.update(t.feed)
    .where(t.feed.c.id == sa.bindparam("of_feed"), _IS_MINE)
    .values(
        published_up_to=sa.case(
            (t.feed.c.published_up_to < sa.bindparam("up_to"), sa.bindparam("up_to")),
            else_=t.feed.c.published_up_to,
        ),
        **RELEASED,
    )
)


async def mark_published(tx: Tx, up_to: Mapping[str, int], token: LeaseToken) -> frozenset[str]:
    """What the holder of the leases has published of each feed, up to a change; somebody else may write them
    now. The ids of those that it still held.
    """
    mine = frozenset(row.id for row in await tx.rows(_MINE, of_feeds=list(up_to), held_by=token))
    rows = [
        {"of_feed": feed_id, "up_to": sequence, "held_by": token}
        for feed_id, sequence in up_to.items()
        if feed_id in mine
    ]
    await tx.run_many(_PUBLISHED, rows)
    return mine


_RECORD: Final = sa.and_(
    t.feed_record.c.feed_id == t.feed.c.id, t.feed_record.c.reference == t.feed_change.c.reference
)
_SOME_UNNUMBERED: Final = (
    sa.select(
        t.feed.c.id.label("feed_id"),
        t.feed_change,
        # For each change: joined, a database that expects many changes may read through all records.
        sa.select(t.feed_record.c.version).where(_RECORD).scalar_subquery().label("known_version"),
        sa.select(t.feed_record.c.body).where(_RECORD).scalar_subquery().label("known_body"),
    )
    .join(t.feed_change, _WAITS)
    .where(is_one_of(t.feed.c.id, "of_feeds"))
    .limit(sa.bindparam("at_most"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """By feed: what has committed and waits for a number, as by `list_waiting_changes`, and the newest
    numbered version of each of its references that has one.
    """

    changes: Mapping[str, tuple[Change, ...]]
    known: Mapping[str, dict[int, FeedRecord]]


async def list_all_waiting(tx: Tx, feed_ids: Collection[str], fewer_than: int) -> Waiting | None:
    """What waits on each of some feeds; None unless all of it is fewer changes than so many."""
    rows = await tx.rows(_SOME_UNNUMBERED, of_feeds=list(feed_ids), at_most=fewer_than)
    if len(rows) >= fewer_than:
        return None
    waiting = by_column(sorted(rows, key=lambda row: (row.lane, row.id)), "feed_id")
    return Waiting(
        changes={feed_id: tuple(change_of(tx, row) for row in waiting[feed_id]) for feed_id in feed_ids},
        known={feed_id: dict(_known(tx, waiting[feed_id])) for feed_id in feed_ids},
    )


def _known(tx: Tx, rows: Sequence[sa.Row[Any]]) -> Iterator[tuple[int, FeedRecord]]:
    for row in rows:
        if row.known_version is not None:
            yield row.reference, record_of(tx, row.reference, row.known_version, row.known_body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Readership:
    """Whom the packets of an agency are for, and what each says of its lists. `instances`: the names of those
    that are told anything at all; `epochs`: of how many epochs a feed is in force.
    """

    court_id: CourtId
    instances: tuple[str, ...]
    epochs: int
    oldest_epoch: int


_IN_FORCE: Final = sa.and_(t.feed.c.agency_id == t.agency.c.id, t.feed.c.ended_at.is_(None))
_READERSHIP: Final = (
    sa.select(
        t.agency.c.id,
        t.agency.c.court_id,
        t.agency_instance.c.name,
        sa.select(sa.func.count(t.feed.c.epoch.distinct()))
        .where(_IN_FORCE)
        .scalar_subquery()
        .label("epochs"),
        sa.select(sa.func.min(t.feed.c.epoch)).where(_IN_FORCE).scalar_subquery().label("oldest_epoch"),
    )
    .join(
        t.agency_instance,
        sa.and_(t.agency_instance.c.agency_id == t.agency.c.id, t.agency_instance.c.closed_at.is_(None)),
        isouter=True,
    )
    .where(is_one_of(t.agency.c.id, "agency_ids"))
    .order_by(t.agency_instance.c.id)
)


async def list_readerships(tx: Tx, agency_ids: Collection[AgencyId]) -> dict[AgencyId, Readership]:
    """Of those of the agencies that have a list in force."""
    by_agency = by_column(await tx.rows(_READERSHIP, agency_ids=list(agency_ids)), "id")
    return {
        AgencyId(agency_id): Readership(
            court_id=CourtId(theirs[0].court_id),
            instances=tuple(row.name for row in theirs if row.name is not None),
            epochs=theirs[0].epochs,
            oldest_epoch=theirs[0].oldest_epoch,
        )
        for agency_id, theirs in by_agency.items()
        if theirs[0].epochs
    }
