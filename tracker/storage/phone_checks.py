"""Codes that prove a phone: six digits, kept as a keyed hash, for one person and one number."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from tracker.domain.ids import PersonId
from tracker.storage.tables.reaching import phone_check as t
from tracker.storage.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneCheck:
    """A code under way; `tries`: how often one was typed."""

    check_id: str
    code_index: bytes
    tries: int


def index_of_code(tx: Tx, check_id: str, code: str) -> bytes:
    return tx.index("phone-check", check_id, code)


async def add_check(tx: Tx, person_id: PersonId, phone: str, code: str, ends_at: datetime) -> None:
    """A new code; former ones are over."""
    await tx.run(sa.update(t).where(t.c.person_id == person_id, t.c.ends_at > tx.at).values(ends_at=tx.at))
    check_id = tx.entropy.new_id()
    await tx.insert(
        t,
        id=check_id,
        person_id=person_id,
        phone_index=tx.index("phone", phone),
        code_index=index_of_code(tx, check_id, code),
        made_at=tx.at,
        ends_at=ends_at,
        tries=0,
    )


async def count_checks(tx: Tx, person_id: PersonId, since: datetime) -> int:
    row = await tx.row(
        sa.select(sa.func.count()).select_from(t).where(t.c.person_id == person_id, t.c.made_at > since)
    )
    return 0 if row is None else int(row[0])


async def find_check(tx: Tx, person_id: PersonId, phone: str) -> PhoneCheck | None:
    """The code that was sent to this number and is not over."""
    under_way = sa.and_(
        t.c.person_id == person_id, t.c.phone_index == tx.index("phone", phone), t.c.ends_at > tx.at
    )
    row = await tx.row(sa.select(t).where(under_way))
    return None if row is None else PhoneCheck(check_id=row.id, code_index=row.code_index, tries=row.tries)


async def count_try(tx: Tx, check_id: str) -> None:
    await tx.run(sa.update(t).where(t.c.id == check_id).values(tries=t.c.tries + 1))


async def end_check(tx: Tx, check_id: str) -> None:
    await tx.run(sa.update(t).where(t.c.id == check_id).values(ends_at=tx.at))
