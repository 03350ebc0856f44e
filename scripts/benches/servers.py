"""The engines of a bench: as in production, with what is committed kept through a loss of power.

One process holds a connection for every user of the broker. Nothing is counted and nobody waits for quiet, so
that only the service is measured.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from adapters.bus.port import DeadLetter, Handler, SetHandler
from adapters.bus.rabbitmq import RabbitBus
from adapters.bus.topology import COURT, user_of
from schemas.measures import AgencyKind
from scripts.engines.port import Clock, Opened
from scripts.engines.postgresql import PostgresServer
from scripts.engines.production import Broker, PostgresCourts
from scripts.engines.rabbitmq import RabbitServer

USERS = (COURT, *(user_of(kind.value) for kind in AgencyKind))


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """A running PostgreSQL and RabbitMQ; each bench makes its own databases and virtual hosts in them."""

    postgres: PostgresServer
    rabbit: RabbitServer

    @classmethod
    @asynccontextmanager
    async def started(cls, folder: Path) -> AsyncIterator["Servers"]:
        """Until the end of the block."""
        async with (
            PostgresServer.started(folder / "postgresql", is_safe=True) as postgres,
            RabbitServer.started(folder / "rabbitmq") as rabbit,
        ):
            yield cls(postgres=postgres, rabbit=rabbit)

    async def versions(self) -> dict[str, str]:
        return {"postgresql": await self.postgres.version(), "rabbitmq": await self.rabbit.version()}


class ServerEngines:
    """For a whole system in one process, on a virtual host of its own."""

    def __init__(self, servers: Servers, vhost: str) -> None:
        self._servers = servers
        self._vhost = vhost

    async def open(self, data: Path, clock: Clock) -> Opened:
        broker = await Broker.set_up(self._servers.rabbit, self._vhost)
        buses = Buses({user: RabbitBus(broker.settings(user), clock.now) for user in USERS})
        database = await PostgresCourts(self._servers.postgres).open(data)
        await buses.start()
        return Opened(database=database, bus=buses)

    async def copy(self, former: Path, data: Path) -> None:
        raise ValueError("a bench begins anew each time: open a folder of its own")

    async def forget(self, data: Path) -> None:
        """Nothing: the servers end with the bench."""


class Buses:
    """Every user's connection in one process."""

    name = "bus"

    def __init__(self, users: Mapping[str, RabbitBus]) -> None:
        self._users = users

    async def start(self) -> None:
        for bus in self._users.values():
            await bus.start()

    async def close(self) -> None:
        for bus in self._users.values():
            await bus.close()

    async def publish(self, queue: str, body: bytes, *, message_id: str, sender: str) -> None:
        await self._users[sender].publish(queue, body, message_id=message_id, sender=sender)

    def subscribe(self, queue: str, handler: Handler) -> None:
        self._consumer_of(queue).subscribe(queue, handler)

    def subscribe_to_sets(self, queue: str, handler: SetHandler) -> None:
        self._consumer_of(queue).subscribe_to_sets(queue, handler)

    def _consumer_of(self, queue: str) -> RabbitBus:
        lane, _, rest = queue.partition(".")
        return self._users[COURT if lane == "from" else user_of(rest.partition(".")[0])]

    async def dead_letters(self) -> Sequence[DeadLetter]:
        return await self._users[COURT].dead_letters()

    async def replay(self, message_id: str) -> bool:
        return await self._users[COURT].replay(message_id)

    def on_change(self, listener: Callable[[], None]) -> None:
        for bus in self._users.values():
            bus.on_change(listener)

    async def step(self) -> bool:
        """Nothing: messages are handed over as they arrive."""
        return False

    async def next_due(self) -> datetime | None:
        return None
