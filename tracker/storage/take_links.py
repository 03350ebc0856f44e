"""Links that take an alert with one tap. Only hashes of their tokens are kept, and each is used once."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from tracker.domain.ids import AlertId, PersonId
from tracker.storage.tables.reaching import take_link as t
from tracker.storage.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeLink:
    """Whose tap it is, on what, and until when. `outlives_alert`: it answers the order to stop."""

    alert_id: AlertId
    person_id: PersonId
    outlives_alert: bool
    made_at: datetime
    ends_at: datetime


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


async def add_link(tx: Tx, token: str, link: TakeLink) -> None:
    await tx.insert(
        t,
        token_hash=_hash(token),
        alert_id=link.alert_id,
        person_id=link.person_id,
        outlives_alert=link.outlives_alert,
        made_at=link.made_at,
        ends_at=link.ends_at,
        used_at=None,
    )


async def find_link(tx: Tx, token: str) -> TakeLink | None:
    """The link of a token, while it lasts and nobody has used it."""
    unused = sa.and_(t.c.token_hash == _hash(token), t.c.used_at.is_(None), t.c.ends_at > tx.at)
    row = await tx.row(sa.select(t).where(unused))
    if row is None:
        return None
    return TakeLink(
        alert_id=AlertId(row.alert_id),
        person_id=PersonId(row.person_id),
        outlives_alert=row.outlives_alert,
        made_at=row.made_at,
        ends_at=row.ends_at,
    )


async def use_link(tx: Tx, token: str) -> bool:
    """False when somebody was faster."""
    unused = sa.and_(t.c.token_hash == _hash(token), t.c.used_at.is_(None))
    return await tx.run(sa.update(t).where(unused).values(used_at=tx.at)) == 1


async def has_used_link(tx: Tx, alert_id: AlertId, person_id: PersonId) -> bool:
    """Whether the person ever tapped a link about the alert."""
    mine = sa.and_(t.c.alert_id == alert_id, t.c.person_id == person_id, t.c.used_at.is_not(None))
    return await tx.row(sa.select(t.c.token_hash).where(mine).limit(1)) is not None
