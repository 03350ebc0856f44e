"""Signing in to the console: Argon2 passwords, sessions kept at the server, a limit on guesses."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from tracker.domain.ids import PersonId
from tracker.domain.people import system_actor
from tracker.services import audit
from tracker.services.audit import About
from tracker.storage import people, sessions
from tracker.storage.sessions import Session
from tracker.storage.transaction import Tx

SESSION_LASTS = timedelta(hours=12)
GUESSES = 5
GUESS_WINDOW = timedelta(minutes=15)
TOKEN_BYTES = 32

_hasher = PasswordHasher()
_NO_SUCH_LOGIN = _hasher.hash("a password nobody has")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """The token goes into the cookie; only its hash is kept."""

    token: str
    session: Session


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongPassword:
    """Login or password is wrong; which one is not said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TooManyGuesses:
    """The login is closed for a while."""

    minutes: int


async def hash_password(password: str) -> str:
    """The Argon2 hash of a password; takes a while, so it runs in a thread."""
    return await asyncio.to_thread(_hasher.hash, password)


def _verifies(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


async def sign_in(tx: Tx, login: str, password: str) -> SignedIn | WrongPassword | TooManyGuesses:
    """Check a password and open a session. A login that does not exist takes as long as a wrong password."""
    if await sessions.count_login_failures(tx, login, tx.at - GUESS_WINDOW) >= GUESSES:
        return TooManyGuesses(minutes=int(GUESS_WINDOW.total_seconds() // 60))
    found = await people.find_login(tx, login)
    verified = await asyncio.to_thread(_verifies, found[1] if found else _NO_SUCH_LOGIN, password)
    if found is None or not verified:
        await sessions.add_login_failure(tx, login)
        return WrongPassword()
    person_id = found[0]
    session = Session(
        person_id=person_id,
        csrf_token=tx.entropy.random_bytes(TOKEN_BYTES).hex(),
        expires_at=tx.at + SESSION_LASTS,
    )
    token = tx.entropy.random_bytes(TOKEN_BYTES).hex()
    await sessions.add_session(tx, token, session)
    await _note(tx, person_id)
    return SignedIn(token=token, session=session)


async def _note(tx: Tx, person_id: PersonId) -> None:
    person = await people.get_person(tx, person_id)
    actor = system_actor(person.court_id)
    await audit.record(tx, actor, "signed in", About(kind="person", key=person_id))
