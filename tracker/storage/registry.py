"""Opens the court's transactions. The edges (handlers, consumers, loops) hold it; nothing else begins or
commits.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from tracker.domain.entropy import Entropy
from tracker.domain.keys import CourtKeys
from tracker.storage.transaction import Tx


class Database(Protocol):
    """The port of the court's database; each engine passes one contract suite."""

    def transaction(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """A write transaction: committed at the end, rolled back on any error."""

    def reading(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """A consistent view for reading only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """The court's books: a database, the keys that open it, a clock and a source of chance."""

    database: Database
    keys: CourtKeys
    entropy: Entropy
    now: Callable[[], datetime]

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        """A write transaction at the present business moment."""
        async with self.database.transaction() as db:
            yield Tx(db=db, at=self.now(), keys=self.keys, entropy=self.entropy)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Tx]:
        """A reading at the present business moment."""
        async with self.database.reading() as db:
            yield Tx(db=db, at=self.now(), keys=self.keys, entropy=self.entropy)
