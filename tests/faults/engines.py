"""The engines under a life. The servers stay up while the process dies: that is the point.

An address is all that a life gets of them, so that it can be told to a process of its own.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aio_pika
from aio_pika.abc import AbstractChannel
from pamqp.commands import Queue

from adapters.bus.rabbitmq import RabbitBus, RabbitSettings
from adapters.bus.topology import COURT, Topology, topology_of, user_of
from scripts.engines.embedded import EmbeddedEngines
from scripts.engines.port import Clock, Engines, Opened, WholeBus
from scripts.engines.production import WholeRabbitBus
from scripts.partners import INSTANCE
from tests.faults.life import AGENCIES
from tracker.migrations.upgrade import upgrade_postgresql
from tracker.storage.engine.postgresql import PostgresDatabase

USERS: Final = (COURT, *(user_of(kind.value) for kind in AGENCIES))
TOPOLOGY: Final[Topology] = topology_of({kind.value: [INSTANCE] for kind in AGENCIES})
LET_GO_WITHIN_S: Final = 10.0
LOOK_EVERY_S: Final = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """`brokers`: where each user connects; `admin`: the same virtual host for whoever may look everywhere."""

    database: str
    brokers: Mapping[str, str]
    admin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LivingEngines:
    """PostgreSQL and RabbitMQ as they are found, with what former lives have left on them."""

    addresses: Addresses
    is_first_start: bool

    async def open(self, data: Path, clock: Clock) -> Opened:
        if self.is_first_start:
            await upgrade_postgresql(self.addresses.database)
        database = await PostgresDatabase.open(self.addresses.database)
        waiting = Counter(await count_messages(self.addresses.admin))
        connections = {user: self._connect(user, clock) for user in USERS}
        bus = WholeRabbitBus(connections, waiting, clock)
        await bus.start()
        return Opened(database=database, bus=bus)

    async def copy(self, former: Path, data: Path) -> None:
        raise AssertionError("the ground copies worlds, a life never does")

    async def forget(self, data: Path) -> None:
        raise AssertionError("the ground ends worlds, a life never does")

    def _connect(self, user: str, clock: Clock) -> RabbitBus:
        return RabbitBus(RabbitSettings(url=self.addresses.brokers[user]), clock.now)


def engines_at(addresses: Addresses | None, *, is_first_start: bool) -> Engines:
    """The embedded ones where there are no servers."""
    if addresses is None:
        return EmbeddedEngines()
    return LivingEngines(addresses=addresses, is_first_start=is_first_start)


async def count_messages(admin: str) -> dict[str, int]:
    """What waits in each queue, once the broker has noticed that all former consumers are gone."""
    async with _administering(admin) as channel, asyncio.timeout(LET_GO_WITHIN_S):
        found = await _look(channel)
        while any(one.consumer_count for one in found.values()):
            await asyncio.sleep(LOOK_EVERY_S)
            found = await _look(channel)
    return {name: one.message_count or 0 for name, one in found.items()}


async def list_left(bus: WholeBus, addresses: Addresses | None) -> list[str]:
    """What is still on the bus, dead letters among it, as queue and reason or number."""
    if addresses is None:
        return [f"{dead.queue}: {dead.reason}" for dead in await bus.dead_letters()]
    async with _administering(addresses.admin) as channel:
        found = await _look(channel)
    return [f"{name}: {one.message_count}" for name, one in found.items() if one.message_count]


async def _look(channel: AbstractChannel) -> dict[str, Queue.DeclareOk]:
    names = [queue.name for queue in TOPOLOGY.queues]
    return {name: (await channel.declare_queue(name, passive=True)).declaration_result for name in names}


async def purge(admin: str) -> None:
    """Nothing waits in any queue: for the beginning of another world."""
    async with _administering(admin) as channel:
        for queue in TOPOLOGY.queues:
            await (await channel.get_queue(queue.name, ensure=False)).purge()


@asynccontextmanager
async def _administering(admin: str) -> AsyncIterator[AbstractChannel]:
    connection = await aio_pika.connect(admin, timeout=LET_GO_WITHIN_S)
    async with connection, connection.channel() as channel:
        yield channel
