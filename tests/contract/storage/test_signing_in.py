"""Signing in: a password is checked between two transactions, and guesses run out."""

import asyncio
from collections import Counter
from datetime import timedelta

import sqlalchemy as sa

from scripts import cast
from tests.contract.storage.books import BEGINS, Books
from tracker.services.people.sign_in import (
    HASHER,
    NO_SUCH_LOGIN,
    Guess,
    SignedIn,
    TooManyGuesses,
    WrongPassword,
    hash_password,
    is_right,
    open_guess,
    record_guess,
)
from tracker.storage import audit, sessions
from tracker.storage.tables.court import login_failure, session

LOGIN = cast.JUDGE.login


async def opens(books: Books, login: str = LOGIN) -> Guess:
    async with books.registry.reading() as tx:
        guess = await open_guess(tx, login)
    assert isinstance(guess, Guess)
    return guess


async def records(books: Books, guess: Guess, *, right: bool) -> SignedIn | WrongPassword | TooManyGuesses:
    async with books.registry.transaction() as tx:
        return await record_guess(tx, guess, right=right)


async def test_the_right_password_opens_a_session(books: Books) -> None:
    guess = await opens(books)
    assert await is_right(guess, cast.DEMO_PASSWORD)

    signed_in = await records(books, guess, right=True)

    assert isinstance(signed_in, SignedIn)
    async with books.registry.reading() as tx:
        assert await sessions.find_session(tx, signed_in.token) == signed_in.session
        event = (await audit.list_events_about(tx, cast.JUDGE.person_id))[-1]
    assert (event.actor, event.action) == (cast.JUDGE.person_id, "signed in")


async def test_a_wrong_password_and_a_login_nobody_has_look_alike(books: Books) -> None:
    wrong, nobody = await opens(books), await opens(books, "nobody")

    assert not await is_right(wrong, "court-demo ")
    assert not await is_right(nobody, "court-demo")
    assert await records(books, wrong, right=False) == WrongPassword()
    assert await records(books, nobody, right=False) == WrongPassword()


async def test_a_wrong_password_is_in_the_audit_log(books: Books) -> None:
    await records(books, await opens(books), right=False)

    async with books.registry.reading() as tx:
        events = await audit.list_events_about(tx, cast.JUDGE.person_id)
    assert [(one.actor, one.action, one.detail) for one in events][-1:] == [("system", "sign-in failed", {})]


async def test_whoever_signs_in_sweeps_out_what_has_lasted_its_time(books: Books) -> None:
    begins = books.clock.now()
    await records(books, await opens(books), right=True)
    await records(books, await opens(books, "nobody"), right=False)

    books.clock.move_to(begins + timedelta(hours=36))
    await records(books, await opens(books), right=True)
    kept_for_a_day = await left(books)
    books.clock.move_to(begins + timedelta(hours=36, seconds=1))
    await records(books, await opens(books), right=True)

    assert kept_for_a_day == ([12, 48], 0)
    assert await left(books) == ([48, 48], 0)


async def left(books: Books) -> tuple[list[int], int]:
    """The sessions by the hour of their end, and how many failures."""
    async with books.registry.reading() as tx:
        ends = [one.expires_at for one in await tx.rows(sa.select(session.c.expires_at))]
        failures = len(await tx.rows(sa.select(login_failure.c.id)))
    return sorted((one - BEGINS) // timedelta(hours=1) for one in ends), failures


async def test_a_login_nobody_has_never_opens(books: Books) -> None:
    nobody = await opens(books, "nobody")

    assert await records(books, nobody, right=True) == WrongPassword()


async def test_guesses_side_by_side_do_not_all_count_as_the_first(books: Books) -> None:
    guesses = [await opens(books) for _ in range(7)]

    answers = await asyncio.gather(*(records(books, guess, right=False) for guess in guesses))

    assert Counter(answers) == {WrongPassword(): 5, TooManyGuesses(minutes=15): 2}
    async with books.registry.reading() as tx:
        assert await open_guess(tx, LOGIN) == TooManyGuesses(minutes=15)
    assert await records(books, guesses[0], right=True) == TooManyGuesses(minutes=15)


async def test_a_closed_login_opens_again_and_closes_nobody_else(books: Books) -> None:
    guess = await opens(books)
    await asyncio.gather(*(records(books, guess, right=False) for _ in range(5)))

    assert (await opens(books, cast.CLERK.login)).person_id == cast.CLERK.person_id
    books.clock.move_to(books.clock.now().replace(minute=15, second=1))
    assert (await opens(books)).person_id == cast.JUDGE.person_id


async def test_what_is_guessed_is_not_shown(books: Books) -> None:
    assert "shen" not in repr(await opens(books)).replace("person-shen", "")


async def test_a_password_that_is_set_is_the_right_one_and_slow_to_guess() -> None:
    password_hash = await hash_password("four words of ours")

    guess = Guess(login=LOGIN, person_id=cast.JUDGE.person_id, password_hash=password_hash)
    assert await is_right(guess, "four words of ours")
    assert not HASHER.check_needs_rehash(password_hash)


def test_a_login_that_is_not_there_takes_as_long_as_one_that_is() -> None:
    assert not HASHER.check_needs_rehash(NO_SUCH_LOGIN)
