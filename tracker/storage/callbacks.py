"""What providers called back, as it came: sealed, each body once."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa

from tracker.storage.tables import proof as t
from tracker.storage.transaction import Tx
from tracker.storage.unreadable import Unreadable, read_each

LONGEST_ATTEMPT_ID = 36
LONGEST_PROVIDER_ID = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class RawCallback:
    """One request of a provider: what was asked for (path and query), what it held, how it was signed."""

    provider: str
    target: str
    body: str
    signature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCallback:
    """`body_hash`: keyed, in hex; whoever holds the court's keys finds the same of the same request."""

    callback_id: str
    attempt_id: str | None
    provider_id: str | None
    body_hash: str
    raw: RawCallback
    received_at: datetime


async def keep_callback(
    tx: Tx, raw: RawCallback, *, attempt_id: str | None = None, provider_id: str | None = None
) -> None:
    """Keep it; one that the provider repeats is kept once. The ids are what the provider says."""
    callback_id = tx.entropy.new_id()
    said = {"target": raw.target, "body": raw.body, "signature": raw.signature}
    await tx.insert_once(
        t.callback,
        id=callback_id,
        provider=raw.provider,
        attempt_id=_within(attempt_id, LONGEST_ATTEMPT_ID),
        provider_id=_within(provider_id, LONGEST_PROVIDER_ID),
        body_hash=tx.index("callback", raw.target, raw.body),
        body=tx.seal_json(said, f"callback.body:{callback_id}"),
        received_at=tx.at,
    )


async def list_callbacks(
    tx: Tx, attempt_ids: Collection[str], provider_ids: Collection[str]
) -> tuple[tuple[KeptCallback, ...], tuple[Unreadable, ...]]:
    """Those about any of the attempts, by our id or the provider's, in the order in which they came; and
    those that cannot be read.
    """
    column = t.callback.c
    about = sa.or_(column.attempt_id.in_(sorted(attempt_ids)), column.provider_id.in_(sorted(provider_ids)))
    rows = await tx.rows(sa.select(t.callback).where(about).order_by(column.received_at, column.id))
    found, unreadable = read_each(rows, partial(_callback, tx))
    return found, tuple(Unreadable(at=row.received_at, kind="callback", key=row.id) for row, _ in unreadable)


def _callback(tx: Tx, row: sa.Row[Any]) -> KeptCallback:
    said = tx.unseal_json(row.body, f"callback.body:{row.id}")
    return KeptCallback(
        callback_id=row.id,
        attempt_id=row.attempt_id,
        provider_id=row.provider_id,
        body_hash=row.body_hash.hex(),
        raw=RawCallback(provider=row.provider, **said),
        received_at=row.received_at,
    )


def _within(said: str | None, longest: int) -> str | None:
    return said if said is not None and len(said) <= longest else None
