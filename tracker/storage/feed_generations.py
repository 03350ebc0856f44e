"""How the generations of the feeds begin, each with a canary, which are in force, and how they end.

An epoch is in force from its beginning until it is ended; while an agency has two, both are kept up.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

import sqlalchemy as sa

from schemas.tokens import EpochKeys
from tracker.domain.errors import NotFound
from tracker.domain.ids import AgencyId, CourtId
from tracker.storage.engine.memory import read_once
from tracker.storage.engine.sets import by_column, is_one_of
from tracker.storage.feeds import feed_of, is_in_force
from tracker.storage.tables import feeds as t
from tracker.storage.transaction import Tx

_EPOCHS: Final = (
    sa.select(t.feed.c.agency_id, t.feed.c.epoch)
    .where(is_one_of(t.feed.c.agency_id, "agency_ids"), t.feed.c.ended_at.is_(None))
    .distinct()
    .order_by(t.feed.c.agency_id, t.feed.c.epoch)
)


async def list_epochs_in_force(tx: Tx, agency_ids: Collection[AgencyId]) -> dict[AgencyId, tuple[int, ...]]:
    """The epochs of each agency's feed, the oldest first."""
    listed = by_column(await tx.rows(_EPOCHS, agency_ids=list(agency_ids)), "agency_id")
    return {agency_id: tuple(row.epoch for row in listed[agency_id]) for agency_id in agency_ids}


_NOT_ENDED: Final = (
    sa.select(t.feed)
    .where(is_one_of(t.feed.c.agency_id, "agency_ids"), t.feed.c.ended_at.is_(None))
    .order_by(t.feed.c.incarnation)
)


@read_once(t.feed)
async def list_epochs(tx: Tx, agency_id: AgencyId) -> tuple[EpochKeys, ...]:
    """The keys of every epoch of an agency's feed that has not ended, newest first."""
    return _epochs(tx, await tx.rows(_NOT_ENDED, agency_ids=[agency_id]))


async def remember_epochs(tx: Tx, agency_ids: Collection[AgencyId]) -> dict[AgencyId, tuple[int, ...]]:
    """Read those of several agencies at once, for `list_epochs`; what `list_epochs_in_force` says of them."""
    if not all(tx.memory.find((list_epochs.__name__, agency_id)) for agency_id in agency_ids):
        theirs = by_column(await tx.rows(_NOT_ENDED, agency_ids=list(agency_ids)), "agency_id")
        for agency_id, rows in ((agency_id, theirs[agency_id]) for agency_id in agency_ids):
            tx.memory.keep((list_epochs.__name__, agency_id), [t.feed], _epochs(tx, rows))
            if rows:
                newest = max(Generation(row.epoch, row.incarnation) for row in rows)
                tx.memory.keep((newest_generation.__name__, agency_id), [t.feed], newest)
    keys = {agency_id: await list_epochs(tx, agency_id) for agency_id in agency_ids}
    return {agency_id: tuple(sorted(one.epoch for one in theirs)) for agency_id, theirs in keys.items()}


def _epochs(tx: Tx, rows: Sequence[sa.Row[tuple[object, ...]]]) -> tuple[EpochKeys, ...]:
    by_epoch = {row.epoch: feed_of(tx, row).keys for row in rows}
    return tuple(by_epoch[epoch] for epoch in sorted(by_epoch, reverse=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Roll:
    """A new epoch that grows beside an old one. `begun_at`: when it was opened; `filled_at`: since when
    everybody is on it, None while instructions are still copied.
    """

    feed_id: str
    agency_id: AgencyId
    from_epoch: int
    to_epoch: int
    begun_at: datetime
    filled_at: datetime | None


_ROLL: Final = (
    sa.select(t.feed)
    .where(t.feed.c.agency_id == sa.bindparam("of_agency"), t.feed.c.ended_at.is_(None))
    .order_by(t.feed.c.epoch, t.feed.c.incarnation)
)


async def find_roll(tx: Tx, agency_id: AgencyId) -> Roll | None:
    """What the agency's list is being rolled to; None where one epoch alone is in force."""
    generations = await tx.rows(_ROLL, of_agency=agency_id)
    if not generations or generations[0].epoch == generations[-1].epoch:
        return None
    newest = generations[-1]
    return Roll(
        feed_id=newest.id,
        agency_id=agency_id,
        from_epoch=generations[0].epoch,
        to_epoch=newest.epoch,
        begun_at=newest.begun_at,
        filled_at=newest.filled_at,
    )


async def record_filled(tx: Tx, roll: Roll) -> None:
    """Everybody whom the old epoch lists is on the new one, or on the way there."""
    await tx.run(sa.update(t.feed).where(t.feed.c.id == roll.feed_id).values(filled_at=tx.at))


class Generation(NamedTuple):
    """A generation of an agency's list. A later one is greater."""

    epoch: int
    incarnation: int


class Standing(NamedTuple):
    """Which generation of an agency's list is the newest, and its newest change. A later one is greater."""

    epoch: int
    incarnation: int
    sequence: int


_STANDING: Final = (
    sa.select(t.feed.c.epoch, t.feed.c.incarnation, t.feed.c.head_sequence)
    .where(t.feed.c.agency_id == sa.bindparam("of_agency"))
    .order_by(t.feed.c.epoch.desc(), t.feed.c.incarnation.desc())
    .limit(1)
)


async def newest_standing(tx: Tx, agency_id: AgencyId) -> Standing:
    """How far the court has come with an agency's list."""
    row = await tx.row(_STANDING, of_agency=agency_id)
    if row is None:
        raise NotFound("feed")
    return Standing(row.epoch, row.incarnation, row.head_sequence)


@read_once(t.feed)
async def newest_generation(tx: Tx, agency_id: AgencyId) -> Generation:
    """What an agency is told about is on the list of this generation, if on any."""
    newest = await newest_standing(tx, agency_id)
    return Generation(newest.epoch, newest.incarnation)


async def list_without_canary(tx: Tx, court_id: CourtId) -> tuple[AgencyId, ...]:
    """The agencies of which a feed in force has no canary yet."""
    without = (
        sa.select(t.agency.c.id)
        .join(t.feed, t.feed.c.agency_id == t.agency.c.id)
        .where(t.agency.c.court_id == court_id, is_in_force(t.feed), t.feed.c.canary_reference.is_(None))
        .distinct()
        .order_by(t.agency.c.id)
    )
    return tuple(AgencyId(row.id) for row in await tx.rows(without))


async def record_canary(tx: Tx, feed_id: str, reference: int) -> None:
    """The canary is on the feed, under this reference."""
    await tx.run(sa.update(t.feed).where(t.feed.c.id == feed_id).values(canary_reference=reference))


async def end_feeds(tx: Tx, agency_id: AgencyId, up_to_epoch: int) -> None:
    """Every generation of these epochs ends: its keys are handed out no more, nor its packets, and what waits
    for a number on it never gets one.
    """
    feed, change = t.feed.c, t.feed_change.c
    is_in_force = sa.and_(feed.agency_id == agency_id, feed.epoch <= up_to_epoch, feed.ended_at.is_(None))
    await tx.run(sa.update(t.feed).where(is_in_force).values(ended_at=tx.at))
    waits = sa.and_(change.agency_id == agency_id, change.epoch <= up_to_epoch)
    await tx.run(sa.delete(t.feed_change).where(waits))
