"""Console sessions and failed logins. Only hashes of tokens and logins are kept."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from tracker.domain.ids import PersonId
from tracker.storage.tables import court as t
from tracker.storage.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A signed-in person; `csrf_token` must come back with every change."""

    person_id: PersonId
    csrf_token: str
    expires_at: datetime


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


async def add_session(tx: Tx, token: str, session: Session) -> None:
    await tx.insert(
        t.session,
        token_hash=_hash(token),
        person_id=session.person_id,
        csrf_token=session.csrf_token,
        expires_at=session.expires_at,
    )


async def find_session(tx: Tx, token: str) -> Session | None:
    """The session of a token while it lasts."""
    column = t.session.c
    row = await tx.row(
        sa.select(t.session).where(column.token_hash == _hash(token), column.expires_at > tx.at)
    )
    return None if row is None else _session(row)


def _session(row: sa.Row[Any]) -> Session:
    return Session(person_id=PersonId(row.person_id), csrf_token=row.csrf_token, expires_at=row.expires_at)


async def find_ended_session(tx: Tx, token: str) -> Session | None:
    """The session of a token that has lasted its time; nobody is signed in by it."""
    column = t.session.c
    row = await tx.row(
        sa.select(t.session).where(column.token_hash == _hash(token), column.expires_at <= tx.at)
    )
    return None if row is None else _session(row)


async def is_session_of(tx: Tx, person_id: PersonId, csrf_token: str) -> bool:
    """Whether the token is that of a session of this person, be it one that has ended."""
    column = t.session.c
    query = sa.select(column.person_id).where(column.person_id == person_id, column.csrf_token == csrf_token)
    return await tx.row(query) is not None


async def end_session(tx: Tx, token: str) -> bool:
    """Nothing is left of the session; False when nothing was."""
    return bool(await tx.run(sa.delete(t.session).where(t.session.c.token_hash == _hash(token))))


async def end_sessions_of(tx: Tx, person_id: PersonId) -> None:
    """Whoever is signed in as this person is signed out."""
    await tx.run(sa.delete(t.session).where(t.session.c.person_id == person_id))


async def forget_ended(tx: Tx, before: datetime) -> None:
    """Drop the sessions that ended before a moment."""
    await tx.run(sa.delete(t.session).where(t.session.c.expires_at < before))


async def add_login_failure(tx: Tx, login: str) -> None:
    await tx.insert(t.login_failure, id=tx.entropy.new_id(), login_index=tx.index("login", login), at=tx.at)


async def count_login_failures(tx: Tx, login: str, since: datetime) -> int:
    column = t.login_failure.c
    row = await tx.row(
        sa.select(sa.func.count())
        .select_from(t.login_failure)
        .where(column.login_index == tx.index("login", login), column.at >= since)
    )
    return 0 if row is None else int(row[0])


async def forget_login_failures(tx: Tx, before: datetime) -> None:
    """Drop those from before a moment."""
    await tx.run(sa.delete(t.login_failure).where(t.login_failure.c.at < before))
