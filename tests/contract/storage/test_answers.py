"""What channels answered is written together, and nobody waits for it; what cannot be written is told."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from notifications.channels.port import Submitted
from notifications.delivery import NoticeState
from notifications.providers import Providers
from tests.contract.storage.books import Books
from tests.contract.storage.test_leases import NOTICE
from tests.scripted_channel import ScriptedChannel
from tracker.domain.ids import LeaseToken, NoticeId
from tracker.loops.answers import Answers
from tracker.services.delivery.claims import claim_sendings
from tracker.services.delivery.results import Answered
from tracker.storage import notices
from tracker.storage.registry import Database

MINE = LeaseToken("one.claim")
TAKEN = Submitted(provider_id="SM1")


class Opened:
    """A court's database, and how often a transaction was opened on it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.times = 0

    def transaction(self) -> AbstractAsyncContextManager[AsyncConnection]:
        self.times += 1
        return self._database.transaction()

    def reading(self) -> AbstractAsyncContextManager[AsyncConnection]:
        return self._database.reading()


class Away(Opened):
    """The database is not to be had."""

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        raise OSError
        yield


class SlowToCommit(Opened):
    """No transaction commits before it is let go."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.goes_on = asyncio.Event()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        async with super().transaction() as connection:
            yield connection
            await self.goes_on.wait()


async def answered(books: Books, count: int) -> Sequence[Answered]:
    due = [replace(NOTICE, notice_id=NoticeId(f"notice-{number}")) for number in range(count)]
    async with books.registry.transaction() as tx:
        await notices.add_notices(tx, due)
    async with books.registry.transaction() as tx:
        sendings = await claim_sendings(tx, MINE, Providers([ScriptedChannel("recorder")]))
    return [Answered(sending=one, result=TAKEN, token=MINE) for one in sendings]


async def states(books: Books, count: int) -> set[NoticeState]:
    async with books.registry.reading() as tx:
        return {(await notices.get_notice(tx, NoticeId(f"notice-{number}"))).state for number in range(count)}


async def test_answers_of_one_moment_are_one_transaction(books: Books) -> None:
    database = Opened(books.registry.database)
    answers = Answers(replace(books.registry, database=database), "notices")

    for one in await answered(books, 3):
        answers.add(one)
    assert (len(answers), database.times) == (3, 0)
    await answers.settle()

    assert (len(answers), database.times) == (0, 1)
    assert await states(books, 3) == {NoticeState.DONE}


async def test_what_cannot_be_written_is_told_and_stays_leased(
    books: Books, logged: list[dict[str, Any]]
) -> None:
    answers = Answers(replace(books.registry, database=Away(books.registry.database)), "notices")

    for one in await answered(books, 2):
        answers.add(one)
    await answers.settle()

    told = [(one["notice"], one["error"]) for one in logged if one["event"] == "sending-failed"]
    assert told == [("notice-0", "OSError"), ("notice-1", "OSError")]
    assert await states(books, 2) == {NoticeState.LEASED}


async def test_whoever_waits_for_room_does_not_wait_for_the_commit(books: Books) -> None:
    database = SlowToCommit(books.registry.database)
    answers = Answers(replace(books.registry, database=database), "notices")

    for one in await answered(books, 3):
        answers.add(one)
    await answers.until_at_most(2)
    meanwhile = (len(answers), await states(books, 3))
    database.goes_on.set()
    await answers.settle()

    assert meanwhile == (0, {NoticeState.LEASED})
    assert await states(books, 3) == {NoticeState.DONE}
