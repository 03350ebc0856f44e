"""Opens the court's transactions. The edges (handlers, consumers, loops) hold it; nothing else begins or
commits.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from tracker.domain.entropy import Entropy
from tracker.domain.ids import LeaseToken
from tracker.domain.keys import CourtKeys
from tracker.domain.metering import UNMEASURED, Meter
from tracker.storage.engine.news import News, Watch
from tracker.storage.leases import draw_token
from tracker.storage.transaction import Tx

AWAY: Final = (OSError, SQLAlchemyError, TimeoutError)
"""What a database that cannot be read shows itself as."""
_ROWS_HELD: Final = ("55P03", "40P01")
"""PostgreSQL's own names: a lock was not free in time, a deadlock was ended."""


def is_of_rows(error: Exception) -> bool:
    """Whether what went wrong lies with the rows that were worked on, so that others may be worked on."""
    if not isinstance(error, AWAY):
        return True
    if not isinstance(error, DBAPIError):
        return False
    is_held = getattr(error.orig, "sqlstate", None) in _ROWS_HELD
    return is_held or isinstance(error, DataError | IntegrityError)


class Database(Protocol):
    """The port of the court's database; each engine passes one contract suite."""

    def transaction(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """A write transaction: committed at the end, rolled back on any error."""

    def reading(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """A consistent view for reading only."""


class CourtDatabase(Database, Protocol):
    """An opened database of either engine, in the hands of whoever wires the court."""

    def on_commit(self, listener: Callable[[], None]) -> None:
        """Call `listener` after every commit that changed rows."""

    def on_written(self, listener: Callable[[frozenset[str]], None]) -> None:
        """Call `listener` before those, with the tables that were written; empty: any may have been."""

    async def close(self) -> None:
        """Let its connections go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """The court's books: a database, the keys that open it, a clock, a source of chance, and who measures.

    `worker` is the name of this process among several that work on the same books. `news` None: nobody tells
    what was written, so that loops look each time they are asked.
    """

    database: Database
    keys: CourtKeys
    entropy: Entropy
    now: Callable[[], datetime]
    worker: str = "one"
    meter: Meter = UNMEASURED
    news: News | None = None

    def watch(self, *tables: str) -> Watch:
        """A look-out over these tables, for one loop."""
        return Watch(self.news, self.now, tables)

    def new_lease(self) -> LeaseToken:
        """A token that no other claim bears."""
        return draw_token(self.worker, self.entropy)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        """A write transaction at the present business moment."""
        async with self.database.transaction() as db:
            tx = Tx(db=db, at=self.now(), keys=self.keys, entropy=self.entropy, meter=self.meter)
            yield tx
            await tx.flush()
        committed_at = self.now()
        for begin in tx.departures:
            begin()
        if tx.departures:
            # To tell of a commit takes longer than to ask a channel, and somebody waits for that.
            await asyncio.sleep(0)
        for tell in tx.afterwards:
            tell(committed_at)
        # Each holds the transaction that holds it, with all that it has read, until the collector looks.
        tx.afterwards.clear()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Tx]:
        """A reading at the present business moment."""
        async with self.database.reading() as db:
            tx = Tx(db=db, at=self.now(), keys=self.keys, entropy=self.entropy)
            yield tx
            # The engine refuses what would be written here.
            await tx.flush()
