"""Signing in to the console: Argon2 passwords, sessions kept at the server, a limit on guesses.

In three steps, because a password takes long to check and no transaction may wait for it: `open_guess` reads,
`is_right` checks in a thread, `record_guess` writes what came of it.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from tracker.domain.errors import NotFound
from tracker.domain.ids import PersonId
from tracker.domain.people import Actor, system_actor
from tracker.services import audit
from tracker.services.audit import About
from tracker.storage import people, sessions
from tracker.storage.sessions import Session
from tracker.storage.transaction import Tx

SESSION_LASTS = timedelta(hours=12)
ENDED_KEPT = timedelta(hours=24)
"""What was typed in a session is taken up again under it for a while after its end."""
GUESSES = 5
GUESS_WINDOW = timedelta(minutes=15)
TOKEN_BYTES = 32

HASHER = PasswordHasher()
# Of a password that nobody knows, as slow to check as any other; made once, since making one takes long.
NO_SUCH_LOGIN = (
    "$argon2id$v=19$m=65536,t=3,p=4$4ZR6RChcUG5t8ghIQOsz1A$UQonx8u/dfGMOTJgLPWzOTphyFP4YPT8kxezKdKZ/oU"
)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """A login under way. `person_id` None: there is no such login, and nobody may notice."""

    login: str = field(repr=False)
    person_id: PersonId | None
    password_hash: str = field(repr=False)


CLOSED = TooManyGuesses(minutes=int(GUESS_WINDOW.total_seconds() // 60))


async def hash_password(password: str) -> str:
    """The Argon2 hash of a password; takes a while, so it runs in a thread."""
    return await asyncio.to_thread(HASHER.hash, password)


async def replace_password(tx: Tx, actor: Actor, login: str, password_hash: str) -> None:
    """A new password for somebody; whoever is signed in with the old one is signed out."""
    found = await people.find_login(tx, login)
    if found is None or (await people.get_person(tx, found[0])).court_id != actor.court_id:
        raise NotFound("login")
    await people.record_password(tx, found[0], password_hash)
    await sessions.end_sessions_of(tx, found[0])
    await audit.record(tx, actor, "password-replaced", About(kind="person", key=found[0]))


def _verifies(password_hash: str, password: str) -> bool:
    try:
        return HASHER.verify(password_hash, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


async def open_guess(tx: Tx, login: str) -> Guess | TooManyGuesses:
    """The hash that a password must meet; a login that does not exist gets one that nothing meets."""
    if await _is_closed(tx, login):
        return CLOSED
    found = await people.find_login(tx, login)
    if found is None:
        return Guess(login=login, person_id=None, password_hash=NO_SUCH_LOGIN)
    return Guess(login=login, person_id=found[0], password_hash=found[1])


async def is_right(guess: Guess, password: str) -> bool:
    """Whether the password meets the hash; as slow for a login that does not exist. Hold no transaction."""
    return await asyncio.to_thread(_verifies, guess.password_hash, password)


async def record_guess(tx: Tx, guess: Guess, *, right: bool) -> SignedIn | WrongPassword | TooManyGuesses:
    """Open a session for a right guess, count a wrong one. Whoever comes in sweeps out what has lasted its
    time.
    """
    if guess.person_id is not None:
        await people.lock_person(tx, guess.person_id)
    # Asked again: guesses that were checked side by side must not all count as the first.
    if await _is_closed(tx, guess.login):
        return CLOSED
    if guess.person_id is None or not right:
        await sessions.add_login_failure(tx, guess.login)
        if guess.person_id is not None:
            # By whom, nobody knows: of all people it may have been anybody but this one.
            court_id = (await people.get_person(tx, guess.person_id)).court_id
            await _note(tx, system_actor(court_id), guess.person_id, "sign-in failed")
        return WrongPassword()
    session = Session(
        person_id=guess.person_id,
        csrf_token=tx.entropy.random_bytes(TOKEN_BYTES).hex(),
        expires_at=tx.at + SESSION_LASTS,
    )
    token = tx.entropy.random_bytes(TOKEN_BYTES).hex()
    await sessions.add_session(tx, token, session)
    await _note(tx, await people.get_actor(tx, guess.person_id), guess.person_id, "signed in")
    await sessions.forget_ended(tx, tx.at - ENDED_KEPT)
    await sessions.forget_login_failures(tx, tx.at - GUESS_WINDOW)
    return SignedIn(token=token, session=session)


async def _is_closed(tx: Tx, login: str) -> bool:
    return await sessions.count_login_failures(tx, login, tx.at - GUESS_WINDOW) >= GUESSES


async def _note(tx: Tx, actor: Actor, person_id: PersonId, what: str) -> None:
    await audit.record(tx, actor, what, About(kind="person", key=person_id))
