"""The bare hops of a hit, done with the drivers alone: what no service on these engines can be faster than.

On the servers: one durable SQLite commit as the edge's spool, one publish with its confirm to a quorum queue
and its delivery, one PostgreSQL commit that notifies, one commit that claims. Embedded: four durable commits,
of the spool, the queue, the court and the claim.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, Protocol

import aio_pika
import aiosqlite
import asyncpg
from aio_pika.abc import AbstractExchange, AbstractIncomingMessage
from sqlalchemy import make_url

from adapters.bus.topology import COURT, exchange_of, user_of
from schemas.measures import AgencyKind
from scripts.benches.servers import Servers
from scripts.benches.timing import seconds
from scripts.engines.production import Broker

BODY: Final = b"x" * 1500
"""About as large as a signed sighting."""
PREFETCH: Final = 50
CHANNEL: Final = "floor"
CLAIM: Final = """
UPDATE hop SET state = 1 WHERE id IN
    (SELECT id FROM hop WHERE state = 0 ORDER BY id LIMIT 50 FOR UPDATE SKIP LOCKED) RETURNING id"""
AGENCIES: Final = tuple(kind.value for kind in AgencyKind)


class Floor(Protocol):
    """Takes hits; `committed` and `wired` hold the moments by position."""

    committed: dict[int, float]
    wired: dict[int, float]

    async def hit(self, position: int) -> None:
        """Take the first hop; the others follow by themselves."""

    async def reach(self, count: int) -> None:
        """Until so many hits have taken the last hop."""


class Stamps:
    def __init__(self) -> None:
        self.committed: dict[int, float] = {}
        self.wired: dict[int, float] = {}
        self._changed = asyncio.Event()

    async def reach(self, count: int) -> None:
        while len(self.wired) < count:
            self._changed.clear()
            await self._changed.wait()

    def wire(self, positions: Sequence[int]) -> None:
        at = seconds()
        self.wired.update(dict.fromkeys(positions, at))
        for position in positions:
            # Who commits may hear of it only after somebody else has acted on it.
            self.committed.setdefault(position, at)
        self._changed.set()


class _File:
    """One SQLite file, durable at each commit, one writer at a time."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection
        self._turn = asyncio.Lock()

    @classmethod
    @asynccontextmanager
    async def opened(cls, path: Path) -> AsyncIterator["_File"]:
        await asyncio.to_thread(path.parent.mkdir, parents=True, exist_ok=True)
        async with aiosqlite.connect(path, isolation_level=None) as connection:
            for statement in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL"):
                await connection.execute(statement)
            await connection.execute("CREATE TABLE hop (id INTEGER PRIMARY KEY, body BLOB)")
            yield cls(connection)

    async def commit(self) -> None:
        async with self._turn:
            await self._connection.execute("INSERT INTO hop (body) VALUES (?)", (BODY,))


class EmbeddedFloor(Stamps):
    """Four files' worth of durable commits."""

    def __init__(self, files: Sequence[_File]) -> None:
        super().__init__()
        self._files = files

    @classmethod
    @asynccontextmanager
    async def opened(cls, folder: Path) -> AsyncIterator["EmbeddedFloor"]:
        async with contextlib.AsyncExitStack() as stack:
            names = ("edge", "bus", "court")
            yield cls([await stack.enter_async_context(_File.opened(folder / name)) for name in names])

    async def hit(self, position: int) -> None:
        spool, queue, court = self._files
        await spool.commit()
        await queue.commit()
        await court.commit()
        self.committed[position] = seconds()
        await court.commit()
        self.wire([position])


class ServerFloor(Stamps):
    """One queue, one consumer and one writing connection for each agency, as the court has them."""

    def __init__(self, spool: _File, exchanges: Sequence[AbstractExchange]) -> None:
        super().__init__()
        self._spool = spool
        self._exchanges = exchanges

    @classmethod
    @asynccontextmanager
    async def opened(cls, servers: Servers, folder: Path) -> AsyncIterator["ServerFloor"]:
        name = f"floor-{folder.parent.name}-{folder.name}"
        broker = await Broker.set_up(servers.rabbit, name)
        url = make_url(await servers.postgres.create_database(name)).set(drivername="postgresql")
        database = url.render_as_string(hide_password=False)
        async with contextlib.AsyncExitStack() as stack:
            spool = await stack.enter_async_context(_File.opened(folder / "edge"))
            exchanges = [await exchange_to_write(stack, broker, user_of(agency)) for agency in AGENCIES]
            floor = cls(spool, exchanges)
            claiming = await floor._claim_from(
                await connected(stack, database), await connected(stack, database)
            )
            stack.push_async_callback(_ended, claiming)
            connection = await stack.enter_async_context(await aio_pika.connect(broker.url(COURT)))
            for agency in AGENCIES:
                await floor._consume(connection, agency, await connected(stack, database))
            yield floor

    async def hit(self, position: int) -> None:
        await self._spool.commit()
        exchange, agency = self._exchanges[position % 4], AGENCIES[position % 4]
        await exchange.publish(message_of(position, BODY), routing_key=f"from.{agency}", mandatory=True)

    async def _consume(
        self,
        broker: aio_pika.abc.AbstractConnection,
        agency: str,
        database: "asyncpg.Connection[asyncpg.Record]",
    ) -> None:
        async def take(position: int, body: bytes) -> None:
            async with database.transaction():
                await database.execute("INSERT INTO hop VALUES ($1, 0, $2)", position, body)
                await database.execute(f"NOTIFY {CHANNEL}")
            self.committed.setdefault(position, seconds())

        await consume(broker, f"from.{agency}", take)

    async def _claim_from(
        self,
        listener: "asyncpg.Connection[asyncpg.Record]",
        claimer: "asyncpg.Connection[asyncpg.Record]",
    ) -> "asyncio.Task[None]":
        await claimer.execute("CREATE TABLE hop (id bigint PRIMARY KEY, state int, body bytea)")
        await claimer.execute("CREATE INDEX hop_due ON hop (id) WHERE state = 0")
        told = asyncio.Event()

        async def claim() -> None:
            while True:
                await told.wait()
                told.clear()
                while rows := await claimer.fetch(CLAIM):
                    self.wire([row["id"] for row in rows])

        await listener.add_listener(CHANNEL, lambda *_: told.set())
        return asyncio.create_task(claim())


def message_of(position: int, body: bytes) -> aio_pika.Message:
    """Kept by the broker through its own death."""
    return aio_pika.Message(body, message_id=str(position), delivery_mode=aio_pika.DeliveryMode.PERSISTENT)


async def consume(
    broker: aio_pika.abc.AbstractConnection, queue: str, take: Callable[[int, bytes], Awaitable[None]]
) -> None:
    """Take the messages of a queue one after the other, and acknowledge each."""
    channel = await broker.channel(publisher_confirms=False)
    await channel.set_qos(prefetch_count=PREFETCH)
    turn = asyncio.Lock()

    async def taken(message: AbstractIncomingMessage) -> None:
        async with turn:
            await take(int(message.message_id or 0), message.body)
            await message.ack()

    await (await channel.get_queue(queue, ensure=False)).consume(taken)


async def _ended(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.wait({task})


async def connected(stack: contextlib.AsyncExitStack, url: str) -> "asyncpg.Connection[asyncpg.Record]":
    """To a database, until the stack is unwound."""
    connection = await asyncpg.connect(url)
    stack.push_async_callback(connection.close)
    return connection


async def exchange_to_write(stack: contextlib.AsyncExitStack, broker: Broker, user: str) -> AbstractExchange:
    """The only one that the user may write to, with confirms, until the stack is unwound."""
    connection = await stack.enter_async_context(await aio_pika.connect(broker.url(user)))
    channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
    return await channel.get_exchange(exchange_of(user), ensure=False)
