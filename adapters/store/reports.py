"""What waits to be published to the court, in order, and the withdrawals that await their receipt."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.dialects.sqlite import insert

from adapters.commits import SETTLES
from adapters.replica.values import FeedKey
from adapters.sqlite import Tx
from adapters.store.tables import gone, reports, told


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingReport:
    position: int
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
    return [
        WaitingReport(position=row.position, message_id=row.message_id, envelope=row.envelope) for row in rows
    ]


async def count_reports(tx: Tx) -> int:
    return int((await tx.execute(select(func.count()).select_from(reports))).scalar_one())


async def remove_reports(tx: Tx, positions: Sequence[int]) -> None:
    """They are published: something durable on the other side has them."""
    published = reports.delete().where(reports.c.position.in_(positions))
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


async def add_gone(tx: Tx, feed: FeedKey, reference: int, version: int) -> None:
    values = {
        "epoch": feed.epoch,
        "incarnation": feed.incarnation,
        "reference": reference,
        "version": version,
    }
    await tx.execute(insert(gone).values(values).on_conflict_do_nothing())


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
