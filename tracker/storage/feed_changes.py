"""Changes of a feed that wait: business transactions add them, the writer numbers what has committed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from tracker.domain.ids import AgencyId
from tracker.storage.engine.news import settling
from tracker.storage.engine.sets import is_one_of
from tracker.storage.feeds import Lane
from tracker.storage.tables import feeds as t
from tracker.storage.transaction import Tx


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
