"""How the generations of the feeds begin, each with a canary, and end when their line is closed."""

from collections.abc import Collection
from typing import Final, NamedTuple

import sqlalchemy as sa

from tracker.domain.errors import NotFound
from tracker.domain.ids import AgencyId, CourtId
from tracker.storage.sets import is_one_of
from tracker.storage.tables import feeds as t
from tracker.storage.transaction import Tx

_EPOCHS: Final = (
    sa.select(t.feed.c.agency_id, sa.func.max(t.feed.c.epoch).label("epoch"))
    .where(is_one_of(t.feed.c.agency_id, "agency_ids"))
    .group_by(t.feed.c.agency_id)
)


async def list_current_epochs(tx: Tx, agency_ids: Collection[AgencyId]) -> dict[AgencyId, int]:
    """The newest epoch of each agency's feed."""
    rows = await tx.rows(_EPOCHS, agency_ids=list(agency_ids))
    return {AgencyId(row.agency_id): row.epoch for row in rows}


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


async def list_without_canary(tx: Tx, court_id: CourtId) -> tuple[AgencyId, ...]:
    """The agencies whose newest generation of the feed has no canary yet."""
    generation = t.feed.alias("generation").c
    newest = sa.select(generation.id).where(generation.agency_id == t.agency.c.id)
    newest = newest.order_by(generation.epoch.desc(), generation.incarnation.desc()).limit(1)
    without = (
        sa.select(t.agency.c.id)
        .select_from(t.agency)
        .join(t.feed, t.feed.c.id == newest.correlate(t.agency).scalar_subquery())
        .where(t.agency.c.court_id == court_id, t.feed.c.canary_reference.is_(None))
        .order_by(t.agency.c.id)
    )
    return tuple(AgencyId(row.id) for row in await tx.rows(without))


async def record_canary(tx: Tx, feed_id: str, reference: int) -> None:
    """The canary is on the feed, under this reference."""
    await tx.run(sa.update(t.feed).where(t.feed.c.id == feed_id).values(canary_reference=reference))


async def end_feeds(tx: Tx, agency_id: AgencyId) -> None:
    """Every generation there is ends: its keys are handed out no more, nor its packets, and what waits for a
    number on it, or to be published, waits no more.
    """
    its_own = sa.update(t.feed).where(t.feed.c.agency_id == agency_id)
    await tx.run(its_own.values(ended_at=tx.at, published_up_to=t.feed.c.head_sequence))
    change = t.feed_change.c
    await tx.run(sa.delete(t.feed_change).where(change.agency_id == agency_id, change.taken.is_(False)))
