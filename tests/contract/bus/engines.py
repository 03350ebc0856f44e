"""The engines of the suite: each is settled, killed and started again in its own way."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from typing import Protocol

from adapters.bus.embedded import EmbeddedBus
from adapters.bus.port import Bus
from adapters.bus.rabbitmq import RabbitBus
from adapters.bus.topology import COURT
from adapters.sqlite import SqliteDatabase
from scripts.clocks import JumpingClock
from scripts.engines.production import AGENCIES, Broker, WholeRabbitBus
from tests.awaited import awaited
from tests.contract.bus.folder_lines import FolderLine, LinesTogether
from tests.contract.bus.guarded import GuardedBus
from tests.engines import Servers
from tests.proxy import Proxy


class Engine(Protocol):
    """What the suite needs of an engine under test beside the port."""

    bus: Bus

    async def settle(self) -> None:
        """Until nothing is under way but what waits for its consumer's trouble to pass."""

    async def next_due(self) -> datetime | None: ...

    async def die(self) -> None:
        """As a process that is killed: whatever is in a consumer's hand is neither accepted nor refused."""

    async def restart(self) -> None: ...

    async def close(self) -> None: ...


class Embedded:
    bus: Bus

    def __init__(self, folder: Path, clock: JumpingClock) -> None:
        self._file = folder / "bus.sqlite"
        self._clock = clock
        self._working: asyncio.Task[None] | None = None

    @classmethod
    async def start(cls, folder: Path, clock: JumpingClock, _servers: Servers) -> "Embedded":
        engine = cls(folder, clock)
        await engine._open()
        return engine

    async def _open(self) -> None:
        self._database = await SqliteDatabase.open(self._file)
        self._engine = EmbeddedBus(self._database, self._clock.now)
        self.bus = self._engine

    async def settle(self) -> None:
        self._working = asyncio.create_task(self._work())
        async with awaited("nothing moves on the bus any more"):
            await self._working

    async def _work(self) -> None:
        while await self._engine.step():
            pass

    async def next_due(self) -> datetime | None:
        return await self._engine.next_due()

    async def die(self) -> None:
        if self._working is not None:
            self._working.cancel()
            await asyncio.wait({self._working})
        await self._database.close()

    async def restart(self) -> None:
        await self._database.close()
        await self._open()

    async def close(self) -> None:
        await self._database.close()


class EmbeddedGuarded(Embedded):
    """The same as other suites wire it."""

    async def _open(self) -> None:
        await super()._open()
        self.bus = GuardedBus(self._engine)


class ByFolder:
    """Court and agencies with an end each, and a gateway that carries as soon as there is anything."""

    bus: Bus

    def __init__(self, folder: Path, clock: JumpingClock) -> None:
        self._folder = folder
        self._clock = clock
        self._working: asyncio.Task[None] | None = None

    @classmethod
    async def start(cls, folder: Path, clock: JumpingClock, _servers: Servers) -> "ByFolder":
        engine = cls(folder, clock)
        await engine._open()
        return engine

    async def _open(self) -> None:
        self._lines = [await FolderLine.open(self._folder, name, self._clock) for name in ("rail", "police")]
        self.bus = LinesTogether(self._lines)

    async def settle(self) -> None:
        self._working = asyncio.create_task(self._work())
        async with awaited("nothing moves on the bus any more"):
            await self._working

    async def _work(self) -> None:
        while any([await line.step() for line in self._lines]):
            pass

    async def next_due(self) -> datetime | None:
        """Of the consumers: the folders are looked at all the time."""
        due = [await inner.next_due() for line in self._lines for inner in line.inner]
        return min((moment for moment in due if moment is not None), default=None)

    async def die(self) -> None:
        if self._working is not None:
            self._working.cancel()
            await asyncio.wait({self._working})
        await self.close()

    async def restart(self) -> None:
        await self.close()
        await self._open()

    async def close(self) -> None:
        for line in self._lines:
            await line.close()


class Rabbit:
    """Court and agencies with a connection each, on one virtual host."""

    bus: Bus

    def __init__(self, broker: Broker, clock: JumpingClock, stack: AsyncExitStack, line: Proxy) -> None:
        self._broker = broker
        self._clock = clock
        self._stack = stack
        self._line = line
        self._waiting: Counter[str] = Counter()

    @classmethod
    async def start(cls, _folder: Path, clock: JumpingClock, servers: Servers) -> "Rabbit":
        broker = await Broker.set_up(await servers.rabbit(), "bus-contract")
        await broker.purge()
        stack = AsyncExitStack()
        line = await stack.enter_async_context(Proxy.before(broker.server.port))
        engine = cls(broker, clock, stack, line)
        await engine._open()
        return engine

    async def _open(self) -> None:
        users = {user: self._connection(user) for user in (COURT, "agency.rail", "agency.police")}
        self._engine = WholeRabbitBus(users, self._waiting, self._clock)
        self.bus = self._engine
        await self._engine.start()

    def _connection(self, user: str) -> RabbitBus:
        settings = self._broker.settings(user, self._line.port)
        return RabbitBus(settings, self._clock.now, self._clock.pause, AGENCIES)

    async def settle(self) -> None:
        await self._engine.step()

    async def next_due(self) -> datetime | None:
        return await self._engine.next_due()

    async def until_handed_over(self, queue: str) -> None:
        """Nothing waits at the broker any more: its consumer has it in hand."""
        async with awaited(f"the consumer has all of {queue} in hand"):
            while await self._engine.waiting(queue):  # noqa: ASYNC110 - the broker tells nobody
                await asyncio.sleep(0.05)
        await asyncio.sleep(0.1)

    async def die(self) -> None:
        await self._line.cut()

    async def restart(self) -> None:
        await self._engine.close()
        self._line.mend()
        await self._open()

    async def close(self) -> None:
        await self._engine.close()
        await self._stack.aclose()
