"""Heartbeats as the court signed them, kept for the head of its audit chain that they carry."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import func, select

from adapters.sqlite import Tx
from adapters.store.tables import witness


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptHead:
    """Said by the court at `said_at`; kept here until `until`."""

    said_at: datetime
    until: datetime
    envelope: bytes = field(repr=False)


async def keep_head(tx: Tx, head: KeptHead) -> None:
    """And forget those whose time is over."""
    said_at = _text(head.said_at)
    await tx.execute(witness.delete().where(witness.c.until < said_at))
    await tx.execute(
        witness.insert().values(said_at=said_at, until=_text(head.until), envelope=head.envelope)
    )


async def last_kept_at(tx: Tx) -> datetime | None:
    """When the newest was said; None where none is kept."""
    newest: str | None = (await tx.execute(select(func.max(witness.c.said_at)))).scalar_one()
    return None if newest is None else datetime.fromisoformat(newest)


async def list_kept_heads(tx: Tx) -> Sequence[KeptHead]:
    """The oldest first."""
    rows = await tx.execute(select(witness).order_by(witness.c.said_at))
    return [
        KeptHead(
            said_at=datetime.fromisoformat(row.said_at),
            until=datetime.fromisoformat(row.until),
            envelope=row.envelope,
        )
        for row in rows
    ]


def _text(moment: datetime) -> str:
    """Sorts by time."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
