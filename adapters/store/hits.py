"""The hit spool: durable before the agency gets its answer, one row per card use for ever, but for canaries.

A row keeps the agency's event id only; tokens and sealed report stay while the hit waits for a proven feed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.dialects.sqlite import insert

from adapters.commits import SETTLES
from adapters.sqlite import Tx
from adapters.store.tables import hits


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingHit:
    """A hit found while no feed was proven: to be screened again by `tokens` before it is reported."""

    event_id: str
    tokens: str = field(repr=False)
    report: bytes = field(repr=False)


async def record_hits(tx: Tx, found: Mapping[str, WaitingHit | None]) -> frozenset[str]:
    """Record card uses by their event ids, those that are reported at once with None. Returns the new ones:
    of those that are known already nothing is changed.
    """
    rows = [
        {
            "event_id": event_id,
            "tokens": waiting.tokens if waiting else None,
            "report": waiting.report if waiting else None,
        }
        for event_id, waiting in found.items()
    ]
    new = insert(hits).on_conflict_do_nothing().returning(hits.c.event_id)
    # What is reported at once waits for nothing.
    is_settled = not any(found.values())
    return frozenset((await tx.execute(new, rows, execution_options={SETTLES: is_settled})).scalars())


async def list_recorded(tx: Tx, event_ids: Sequence[str]) -> frozenset[str]:
    """Those of the card uses that are in the spool, reported or waiting."""
    known = await tx.execute(select(hits.c.event_id).where(hits.c.event_id.in_(event_ids)))
    return frozenset(known.scalars())


async def list_waiting_hits(tx: Tx, limit: int) -> Sequence[WaitingHit]:
    rows = await tx.execute(select(hits).where(hits.c.report.is_not(None)).limit(limit))
    return [WaitingHit(event_id=row.event_id, tokens=row.tokens, report=row.report) for row in rows]


async def count_waiting_hits(tx: Tx) -> int:
    counted = await tx.execute(select(func.count()).select_from(hits).where(hits.c.report.is_not(None)))
    return int(counted.scalar_one())


async def record_reported(tx: Tx, event_id: str) -> bool:
    """The waiting hit is on its way: keep its id only. False when it did not wait any more."""
    waiting = (hits.c.event_id == event_id) & hits.c.report.is_not(None)
    written = await tx.execute(hits.update().where(waiting).values(tokens=None, report=None))
    return written.rowcount == 1


async def forget_waiting_hits(tx: Tx) -> None:
    """Nothing will prove them: leave no trace of those card uses."""
    await tx.execute(hits.delete().where(hits.c.report.is_not(None)))


async def forget_hit(tx: Tx, event_id: str) -> None:
    """The waiting hit turned out to be none: leave no trace of the card use."""
    await tx.execute(hits.delete().where(hits.c.event_id == event_id, hits.c.report.is_not(None)))


async def forget_reported(tx: Tx, prefix: str) -> None:
    """Of uses that nobody ever sends again: forget those under this prefix that wait for nothing."""
    # No event id has a character behind `~`.
    theirs = hits.c.event_id.between(prefix, prefix + "\x7f") & hits.c.report.is_(None)
    await tx.execute(hits.delete().where(theirs), execution_options={SETTLES: True})
