"""After an outage very many leases have run out at once: whoever looks all of them up leaves connections of
the database to everybody else.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from notifications.delivery import NoticeState
from notifications.providers import Providers
from tests.contract.storage.books import Books
from tests.contract.storage.test_leases import NOTICE, SLOW, the_lease_runs_out
from tests.scripted_channel import ScriptedChannel
from tracker.domain.ids import NoticeId
from tracker.loops.notices import NoticeLoop
from tracker.services.delivery.claims import claim_sendings
from tracker.storage import notices
from tracker.storage.registry import Database
from tracker.storage.tables import notices as notice_tables

MANY = 40


class Busy:
    """A database that knows how many have wanted to write at the same time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._writers = 0
        self.most = 0

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        self._writers += 1
        self.most = max(self.most, self._writers)
        try:
            async with self._database.transaction() as connection:
                yield connection
        finally:
            self._writers -= 1

    def reading(self) -> AbstractAsyncContextManager[AsyncConnection]:
        return self._database.reading()


async def their_worker_dies(books: Books, providers: Providers) -> None:
    """In the midst of sending all of them."""
    many = [replace(NOTICE, notice_id=NoticeId(f"notice-{number}")) for number in range(MANY)]
    async with books.registry.transaction() as tx:
        await notices.add_notices(tx, many)
        await claim_sendings(tx, SLOW, providers)
    await the_lease_runs_out(books, notice_tables.notice)


async def test_four_of_them_at_most_want_a_connection_at_the_same_time(books: Books) -> None:
    providers = Providers([ScriptedChannel("recorder")])
    await their_worker_dies(books, providers)
    busy = Busy(books.registry.database)
    loop = NoticeLoop(replace(books.registry, database=busy), providers)

    async with loop:
        await loop.step()

    assert busy.most == 4
    async with books.registry.reading() as tx:
        found = await notices.list_with_text(tx, NOTICE.court_id, NOTICE.text_id, NOTICE.due_at)
    assert [one.state for one in found] == [NoticeState.DUE] * MANY
