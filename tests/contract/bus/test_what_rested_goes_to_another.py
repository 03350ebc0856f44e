"""Two servers consume one queue, and one of them is in trouble of its own when its line is cut."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.bus.port import Accepted, Answer, Delivery, Later
from adapters.bus.rabbitmq import RabbitBus
from adapters.machine import SystemClock
from scripts.engines.production import Broker
from tests.awaited import awaited
from tests.contract.bus.test_dead_letters import line_of
from tests.engines import Servers
from tests.proxy import Proxy

QUEUE = "from.rail"


class Server:
    """Takes what comes, or has a database that is away."""

    def __init__(self, broker: Broker, port: int | None = None, *, is_in_trouble: bool = False) -> None:
        self._is_in_trouble = is_in_trouble
        self.taken: asyncio.Queue[str] = asyncio.Queue()
        self.bus = RabbitBus(broker.settings("court", port), SystemClock().now, agencies=["rail"])
        self.bus.subscribe(QUEUE, self._take)

    async def _take(self, delivery: Delivery) -> Answer:
        if self._is_in_trouble:
            return Later("database")
        self.taken.put_nowait(delivery.message_id)
        return Accepted()

    async def says(self, trouble: str | None) -> None:
        """Waits until this is what is wrong with its line."""
        async with awaited(f"the server says {trouble}"):
            while self.bus.trouble != trouble:  # noqa: ASYNC110 - it is asked, as by its readiness
                await asyncio.sleep(0.02)


@asynccontextmanager
async def serving(server: Server) -> AsyncIterator[Server]:
    await server.bus.start()
    try:
        yield server
    finally:
        await server.bus.close()


async def test_it_is_well_again_though_the_message_went_to_the_other(servers: Servers) -> None:
    broker = await Broker.set_up(await servers.rabbit(), "goes-to-another")
    async with (
        Proxy.before(broker.server.port) as line,
        line_of(broker, "agency.rail") as railway,
        serving(Server(broker, line.port, is_in_trouble=True)) as one,
        serving(Server(broker)) as other,
    ):
        await railway.publish(QUEUE, b"{}", message_id="a-hit", sender="agency.rail")
        await one.says("from.rail rests: database")
        await line.cut()
        async with awaited("the other has taken it"):
            taken = await other.taken.get()
        line.mend()
        await one.says(None)

    assert taken == "a-hit"
