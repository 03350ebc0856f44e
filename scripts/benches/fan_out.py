"""The bare hops of a change of the list, done with the drivers alone: one PostgreSQL commit, one publish with
its confirm for each agency, one durable LMDB commit at each.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import aio_pika
import asyncpg
import lmdb
from aio_pika.abc import AbstractExchange
from sqlalchemy import make_url

from adapters.bus.topology import COURT, user_of
from scripts.benches.floor import AGENCIES, connected, consume, exchange_to_write, message_of
from scripts.benches.servers import Servers
from scripts.benches.timing import seconds
from scripts.engines.production import Broker
from scripts.partners import INSTANCE

BODY: Final = b"x" * 900
"""About as large as a signed packet with one change."""
VALUE_BYTES: Final = 40


class FanOut:
    """Takes changes; `committed` and `in_force` hold the moments by position, `in_force` that of the last
    agency.
    """

    def __init__(self, exchange: AbstractExchange, database: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._exchange = exchange
        self._database = database
        self._turn = asyncio.Lock()
        self._left: dict[int, int] = {}
        self._changed = asyncio.Event()
        self.committed: dict[int, float] = {}
        self.in_force: dict[int, float] = {}

    @classmethod
    @asynccontextmanager
    async def opened(cls, servers: Servers, folder: Path) -> AsyncIterator["FanOut"]:
        """Until the end of the block."""
        name = f"{folder.parent.name}-{folder.name}"
        broker = await Broker.set_up(servers.rabbit, name)
        url = make_url(await servers.postgres.create_database(name)).set(drivername="postgresql")
        async with contextlib.AsyncExitStack() as stack:
            database = await connected(stack, url.render_as_string(hide_password=False))
            await database.execute("CREATE TABLE hop (id bigint PRIMARY KEY, body bytea)")
            fan_out = cls(await exchange_to_write(stack, broker, COURT), database)
            for agency in AGENCIES:
                connection = await stack.enter_async_context(
                    await aio_pika.connect(broker.url(user_of(agency)))
                )
                lists = stack.enter_context(_lists(folder / agency))
                await fan_out._consume(connection, agency, lists)
            yield fan_out

    async def change(self, position: int) -> None:
        self._left[position] = len(AGENCIES)
        async with self._turn:
            await self._database.execute("INSERT INTO hop VALUES ($1, $2)", position, BODY)
        self.committed[position] = seconds()
        await asyncio.gather(*(self._publish(position, agency) for agency in AGENCIES))

    async def reach(self, count: int) -> None:
        """Until so many changes are in force everywhere."""
        while len(self.in_force) < count:
            self._changed.clear()
            await self._changed.wait()

    async def _publish(self, position: int, agency: str) -> None:
        queue = f"feed.{agency}.{INSTANCE}"
        await self._exchange.publish(message_of(position, BODY), routing_key=queue, mandatory=True)

    async def _consume(
        self, broker: aio_pika.abc.AbstractConnection, agency: str, lists: lmdb.Environment
    ) -> None:
        async def take(position: int, body: bytes) -> None:
            await asyncio.to_thread(_put, lists, position, body)
            self._left[position] -= 1
            if not self._left[position]:
                self.in_force[position] = seconds()
                self._changed.set()

        await consume(broker, f"feed.{agency}.{INSTANCE}", take)


@contextlib.contextmanager
def _lists(folder: Path) -> Iterator[lmdb.Environment]:
    folder.mkdir(parents=True)
    with lmdb.open(str(folder), map_size=2**30) as lists:
        yield lists


def _put(lists: lmdb.Environment, position: int, body: bytes) -> None:
    with lists.begin(write=True) as txn:
        txn.put(position.to_bytes(8, "big"), body[:VALUE_BYTES])
