"""The keys that sign what outsiders post: agencies their sightings, the case system its events."""

import sqlalchemy as sa

from schemas.webhooks import AsymmetricKey, SymmetricKey
from tracker.domain.ids import CourtId
from tracker.storage.tables import feeds as t
from tracker.storage.transaction import Tx


async def add_webhook_key(tx: Tx, court_id: CourtId, sender: str, key: SymmetricKey | AsymmetricKey) -> None:
    """Let a sender (an agency id, or `case-system`) sign webhooks with a key."""
    symmetric = isinstance(key, SymmetricKey)
    secret = key.secret if isinstance(key, SymmetricKey) else key.public
    await tx.insert(
        t.webhook_key,
        id=key.key_id,
        court_id=court_id,
        sender=sender,
        algorithm="v1" if symmetric else "v1a",
        key=tx.seal(secret.hex(), f"webhook_key.key:{key.key_id}"),
    )


async def list_webhook_keys(
    tx: Tx, court_id: CourtId, sender: str
) -> tuple[SymmetricKey | AsymmetricKey, ...]:
    """The live keys of a sender to this court; several during a rotation."""
    column = t.webhook_key.c
    rows = await tx.rows(
        sa.select(t.webhook_key)
        .where(column.court_id == court_id, column.sender == sender)
        .where(sa.or_(column.valid_until.is_(None), column.valid_until > tx.at))
        .order_by(column.id)
    )
    keys: list[SymmetricKey | AsymmetricKey] = []
    for row in rows:
        secret = bytes.fromhex(tx.unseal(row.key, f"webhook_key.key:{row.id}"))
        symmetric = row.algorithm == "v1"
        keys.append(
            SymmetricKey(key_id=row.id, secret=secret)
            if symmetric
            else AsymmetricKey(key_id=row.id, public=secret)
        )
    return tuple(keys)


async def list_webhook_key_ids(tx: Tx, court_id: CourtId) -> tuple[tuple[str, str], ...]:
    """The live keys of all senders, as (sender, key id)."""
    column = t.webhook_key.c
    rows = await tx.rows(
        sa.select(column.sender, column.id)
        .where(column.court_id == court_id)
        .where(sa.or_(column.valid_until.is_(None), column.valid_until > tx.at))
        .order_by(column.sender, column.id)
    )
    return tuple((row.sender, row.id) for row in rows)


async def end_webhook_key(tx: Tx, court_id: CourtId, key_id: str) -> bool:
    """Believe nothing more that the key signs; False when no live key is called so."""
    column = t.webhook_key.c
    is_live = sa.or_(column.valid_until.is_(None), column.valid_until > tx.at)
    ended = sa.update(t.webhook_key).where(column.court_id == court_id, column.id == key_id, is_live)
    return await tx.run(ended.values(valid_until=tx.at)) == 1
