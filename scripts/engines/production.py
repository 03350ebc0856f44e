"""The production engines for a whole system in one process: a private PostgreSQL and RabbitMQ, each user with
a connection and a password of its own, as in production.
"""

import asyncio
import hashlib
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

from adapters.bus.broker_setup import BrokerAdmin
from adapters.bus.port import DeadLetter, Handler, SetHandler
from adapters.bus.rabbitmq import RabbitBus, RabbitSettings
from adapters.bus.topology import COURT, Topology, topology_of, user_of
from schemas.measures import AgencyKind
from scripts.clocks import JumpingClock
from scripts.engines.port import Clock, Opened
from scripts.engines.postgresql import PostgresServer
from scripts.engines.rabbitmq import RabbitServer
from tracker.domain.keys import broker_password
from tracker.migrations.upgrade import upgrade_postgresql
from tracker.storage.engine.postgresql import PostgresDatabase

QUIET_WITHIN_S: Final = 30.0
INSTANCE: Final = "one"
BROKER_SECRET: Final = b"B" * 32
"""One for all virtual hosts: a broker's users are the node's, with one password each."""
AGENCIES: Final = tuple(kind.value for kind in AgencyKind)
TOPOLOGY: Final = topology_of({agency_id: [INSTANCE] for agency_id in AGENCIES})


class Courts(Protocol):
    """Keeps one court's database for each data folder."""

    async def open(self, data: Path) -> PostgresDatabase:
        """Migrated, and made when it is missing."""

    async def copy(self, former: Path, data: Path) -> None:
        """A database for a folder, like that of another folder that nobody has open."""

    async def forget(self, data: Path) -> None:
        """Nobody asks for the folder again."""


class PostgresCourts:
    """Each a database of its own."""

    def __init__(self, server: PostgresServer, port: int | None = None) -> None:
        self._server = server
        self._port = port

    def name(self, data: Path) -> str:
        """The database of a folder."""
        return f"court_{hashlib.sha256(str(data).encode()).hexdigest()[:16]}"

    def url(self, data: Path) -> str:
        return self._server.url(self.name(data), self._port)

    async def open(self, data: Path) -> PostgresDatabase:
        name = self.name(data)
        known = await self._server.ask(f"SELECT 1 FROM pg_database WHERE datname = '{name}'")  # noqa: S608
        if known is None:
            await self._server.create_database(name)
            await upgrade_postgresql(self._server.url(name))
        return await PostgresDatabase.open(self.url(data))

    async def copy(self, former: Path, data: Path) -> None:
        await self._server.create_database(self.name(data), template=self.name(former))

    async def forget(self, data: Path) -> None:
        await self._server.drop_database(self.name(data))


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """One virtual host of a node, set up as in production."""

    server: RabbitServer
    vhost: str
    passwords: Mapping[str, str]

    @classmethod
    async def set_up(cls, server: RabbitServer, vhost: str, topology: Topology = TOPOLOGY) -> "Broker":
        passwords = {user.name: broker_password(BROKER_SECRET, user.name) for user in topology.users}
        async with BrokerAdmin(server.admin_url, vhost) as admin:
            await admin.set_up(topology, passwords)
        return cls(server=server, vhost=vhost, passwords=passwords)

    def url(self, user: str, port: int | None = None) -> str:
        """Where a user connects; `port`: of a proxy in between."""
        return self.server.url(user, self.passwords[user], self.vhost, port)

    def settings(self, user: str, port: int | None = None) -> RabbitSettings:
        """A user's connection, through a proxy if one is named."""
        return RabbitSettings(url=self.url(user, port))

    async def purge(self) -> None:
        """Nothing waits in any queue."""
        async with BrokerAdmin(self.server.admin_url, self.vhost) as admin:
            for queue in TOPOLOGY.queues:
                await admin.purge(queue.name)


class ProductionEngines:
    """Databases and a virtual host on running servers; for each further folder the queues are emptied."""

    def __init__(self, courts: Courts, broker: Broker, broker_ports: Mapping[str, int] | None = None) -> None:
        self._courts = courts
        self._broker = broker
        self._broker_ports = broker_ports or {}
        self._waiting: Counter[str] = Counter()
        self._in_use: Path | None = None

    @classmethod
    @asynccontextmanager
    async def started(cls, folder: Path) -> AsyncIterator["ProductionEngines"]:
        """With servers of their own, until the end of the block."""
        async with (
            PostgresServer.started(folder / "postgresql") as postgres,
            RabbitServer.started(folder / "rabbitmq") as rabbit,
        ):
            yield cls(PostgresCourts(postgres), await Broker.set_up(rabbit, "court"))

    async def open(self, data: Path, clock: Clock) -> Opened:
        if self._in_use not in (None, data):
            await self._broker.purge()
            self._waiting.clear()
        self._in_use = data
        users = (COURT, *(user_of(agency_id) for agency_id in AGENCIES))
        bus = WholeRabbitBus({user: self._connect(user, clock) for user in users}, self._waiting, clock)
        database = await self._courts.open(data)
        await bus.start()
        return Opened(database=database, bus=bus)

    async def copy(self, former: Path, data: Path) -> None:
        await asyncio.to_thread(shutil.copytree, former, data)
        await self._courts.copy(former, data)

    async def forget(self, data: Path) -> None:
        await self._courts.forget(data)

    def _connect(self, user: str, clock: Clock) -> RabbitBus:
        pause = clock.pause if isinstance(clock, JumpingClock) else asyncio.sleep
        settings = self._broker.settings(user, self._broker_ports.get(user))
        return RabbitBus(settings, clock.now, pause, agencies=AGENCIES)


class WholeRabbitBus:
    """Every user's connection in one process, and a step that waits until nothing is under way.

    `waiting` counts what was published and is not settled, by queue; it outlives this object, as messages do.
    """

    name = "bus"

    def __init__(self, users: Mapping[str, RabbitBus], waiting: Counter[str], clock: Clock) -> None:
        self._users = users
        self._waiting = waiting
        self._clock = clock
        self._counted: Counter[str] = Counter()
        self._settled = 0
        self._told = asyncio.Event()
        for bus in users.values():
            bus.on_change(self._count)

    @property
    def trouble(self) -> str | None:
        """What is wrong with any party's line to the broker."""
        found = {user: bus.trouble for user, bus in self._users.items()}
        return "; ".join(f"{user}: {trouble}" for user, trouble in found.items() if trouble) or None

    async def waiting(self, queue: str) -> int:
        """How many messages wait in a queue of an agency's or the court's."""
        return (await self._users[COURT].waiting([queue]))[queue]

    async def start(self) -> None:
        for bus in self._users.values():
            await bus.start()

    async def close(self) -> None:
        for bus in self._users.values():
            await bus.close()

    async def publish(self, queue: str, body: bytes, *, message_id: str, sender: str) -> None:
        await self._users[sender].publish(queue, body, message_id=message_id, sender=sender)

    def subscribe(self, queue: str, handler: Handler) -> None:
        self._users[_consumer_of(queue)].subscribe(queue, handler)

    def subscribe_to_sets(self, queue: str, handler: SetHandler) -> None:
        self._users[_consumer_of(queue)].subscribe_to_sets(queue, handler)

    async def dead_letters(self) -> Sequence[DeadLetter]:
        return await self._users[COURT].dead_letters()

    async def replay(self, message_ids: Collection[str]) -> Collection[str]:
        return await self._users[COURT].replay(message_ids)

    async def discard(self, mark: str) -> bool:
        return await self._users[COURT].discard(mark)

    def on_change(self, listener: Callable[[], None]) -> None:
        for bus in self._users.values():
            bus.on_change(listener)

    async def step(self) -> bool:
        before = self._settled
        try:
            async with asyncio.timeout(QUIET_WITHIN_S):
                while under_way := self._under_way():
                    self._told.clear()
                    await self._told.wait()
        except TimeoutError:
            raise RuntimeError(f"the bus does not get quiet: {under_way}") from None
        return self._settled != before

    async def next_due(self) -> datetime | None:
        due = [await bus.next_due() for bus in self._users.values()]
        return min((moment for moment in due if moment is not None), default=None)

    def _under_way(self) -> dict[str, int]:
        """What is on its way to a consumer of ours that is not resting."""
        at = self._clock.now()
        consumed = {queue for bus in self._users.values() for queue in bus.queues}
        resting = {queue for bus in self._users.values() for queue in bus.resting(at)}
        return {queue: n for queue, n in self._waiting.items() if n > 0 and queue in consumed - resting}

    def _count(self) -> None:
        published = sum((bus.published for bus in self._users.values()), Counter[str]())
        settled = sum((bus.settled for bus in self._users.values()), Counter[str]())
        now = Counter(published)
        now.subtract(settled)
        now.subtract(self._counted)
        self._waiting.update(now)
        self._counted.update(now)
        self._settled = settled.total()
        self._told.set()


def _consumer_of(queue: str) -> str:
    """The user whose queue it is: `from.` queues are the court's, the others name their agency."""
    lane, _, rest = queue.partition(".")
    return COURT if lane == "from" else user_of(rest.partition(".")[0])
