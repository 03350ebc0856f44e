"""The engines of a bench: as in production, with what is committed kept through a loss of power.

Nothing is counted and nobody waits for quiet, so that only the service is measured.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from adapters.bus.rabbitmq import RabbitBus
from adapters.bus.topology import COURT, user_of
from scripts.benches.edges import Premises
from scripts.engines.port import Clock, Opened
from scripts.engines.postgresql import PostgresServer
from scripts.engines.production import Broker, PostgresCourts
from scripts.engines.rabbitmq import RabbitServer
from scripts.partners import PARTNERS


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
    """For a court in one process, on a virtual host of its own, and its edges in another, or `apart`."""

    _broker: Broker

    def __init__(self, servers: Servers, vhost: str, *, apart: bool = False) -> None:
        self._servers = servers
        self._vhost = vhost
        self._apart = apart

    async def open(self, data: Path, clock: Clock) -> Opened:
        broker = await Broker.set_up(self._servers.rabbit, self._vhost)
        bus = CourtBus(broker.settings(COURT), clock.now)
        database = await PostgresCourts(self._servers.postgres).open(data)
        await bus.start()
        self._broker = broker
        return Opened(database=database, bus=bus)

    def premises(self, data: Path) -> Sequence[Premises]:
        """Of each process for the edges of the court that was opened in this folder."""
        agencies = [partner.agency_id for partner in PARTNERS]
        database = PostgresCourts(self._servers.postgres).url(data)
        return [
            Premises(
                data=str(data),
                database=database,
                brokers={agency: self._broker.url(user_of(agency)) for agency in together},
            )
            for together in ([[agency] for agency in agencies] if self._apart else [agencies])
        ]

    async def copy(self, former: Path, data: Path) -> None:
        raise ValueError("a bench begins anew each time: open a folder of its own")

    async def forget(self, data: Path) -> None:
        """Nothing: the servers end with the bench."""


class CourtBus(RabbitBus):
    """The court's connection as a loop among others: messages are handed over as they arrive."""

    async def step(self) -> bool:
        return False

    async def next_due(self) -> datetime | None:
        return None
