"""What waits to be published to the court, in order, and the withdrawals that await their receipt."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, func, select, tuple_
from sqlalchemy.dialects.sqlite import insert

from adapters.commits import SETTLES
from adapters.replica.values import FeedKey
from adapters.sqlite import Tx
from adapters.store.tables import gone, reports, told, withdrawn
from schemas.messages import GoneReference

REMEMBERED_FOR: Final = timedelta(days=30)
FIRST_INCARNATION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingReport:
    message_id: str
    envelope: bytes = field(repr=False)


async def add_reports(tx: Tx, envelopes: Mapping[str, bytes]) -> None:
    """Sealed envelopes by their message ids, in their order."""
    if envelopes:
        rows = [{"message_id": key, "envelope": envelope} for key, envelope in envelopes.items()]
        await tx.execute(reports.insert(), rows)


async def list_reports(tx: Tx, limit: int) -> Sequence[WaitingReport]:
    """The oldest reports, in the order they were made."""
    rows = await tx.execute(select(reports).order_by(reports.c.position).limit(limit))
    return [WaitingReport(message_id=row.message_id, envelope=row.envelope) for row in rows]


async def count_reports(tx: Tx) -> int:
    return int((await tx.execute(select(func.count()).select_from(reports))).scalar_one())


async def remove_reports(tx: Tx, message_ids: Sequence[str]) -> None:
    """They are published: something durable on the other side has them."""
    published = reports.delete().where(reports.c.message_id.in_(message_ids))
    await tx.execute(published, execution_options={SETTLES: True})


async def record_told(tx: Tx, feed: FeedKey, sequence: int) -> None:
    """A receipt says that the feed stands there."""
    values = {"epoch": feed.epoch, "incarnation": feed.incarnation, "sequence": sequence}
    latest = insert(told).values(values)
    await tx.execute(latest.on_conflict_do_update(set_={"sequence": sequence}))


async def list_told(tx: Tx) -> dict[FeedKey, int]:
    """Where each feed stood by its latest receipt."""
    rows = await tx.execute(select(told))
    return {FeedKey(epoch=row.epoch, incarnation=row.incarnation): row.sequence for row in rows}


async def add_gone(tx: Tx, feed: FeedKey, one: GoneReference, at: datetime) -> None:
    """A withdrawal was applied. It waits for its receipt, and is remembered for a month."""
    values = {
        "epoch": feed.epoch,
        "incarnation": feed.incarnation,
        "reference": one.reference,
        "version": one.version,
    }
    await tx.execute(insert(gone).values(values).on_conflict_do_nothing())
    remembered = {**values, "applied_at": at.astimezone(UTC).isoformat()}
    await tx.execute(insert(withdrawn).values(remembered).on_conflict_do_nothing())
    long_ago = (at - REMEMBERED_FOR).astimezone(UTC).isoformat()
    await tx.execute(withdrawn.delete().where(withdrawn.c.applied_at < long_ago))


def _of_former_lives(feed: FeedKey) -> ColumnElement[bool]:
    generation = tuple_(withdrawn.c.epoch, withdrawn.c.incarnation)
    return generation < (feed.epoch, feed.incarnation)


async def list_withdrawn(tx: Tx, feed: FeedKey) -> list[tuple[int, int]]:
    """What former lives of the court withdrew than the one that began the feed, as reference and version, and
    no receipt has told yet.
    """
    if feed.incarnation == FIRST_INCARNATION:
        # A new epoch, but the same life of the court as the one before it.
        return []
    theirs = select(withdrawn).where(_of_former_lives(feed))
    rows = await tx.execute(theirs.order_by(withdrawn.c.reference, withdrawn.c.version))
    return [(row.reference, row.version) for row in rows]


async def forget_withdrawn(tx: Tx, feed: FeedKey) -> None:
    """All that `list_withdrawn` found in this transaction stands in a receipt now."""
    await tx.execute(withdrawn.delete().where(_of_former_lives(feed)))


async def list_gone(tx: Tx) -> dict[FeedKey, list[tuple[int, int]]]:
    """Withdrawals without a receipt, as reference and version, by feed."""
    found: dict[FeedKey, list[tuple[int, int]]] = {}
    for row in await tx.execute(select(gone).order_by(gone.c.reference, gone.c.version)):
        feed = FeedKey(epoch=row.epoch, incarnation=row.incarnation)
        found.setdefault(feed, []).append((row.reference, row.version))
    return found


async def remove_gone(tx: Tx) -> None:
    """All that `list_gone` found in this transaction stands in a receipt now."""
    await tx.execute(gone.delete())
