"""A line that ends at the worst moment: whoever waits on it hears of it, and it is there again by itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
from aio_pika.abc import AbstractConnection
from aiormq.connection import Connection

from adapters.bus.port import Accepted, Answer, BusAway
from adapters.bus.rabbitmq import RabbitBus, line
from adapters.bus.rabbitmq.consumers import Consumers, Ways
from adapters.machine import SystemClock
from scripts.engines.production import Broker
from tests.awaited import awaited
from tests.engines import Servers
from tests.proxy import Proxy

THE_CONNECTION_IS_OPEN = b"\x00\x0a\x00\x29\x00\xce"
"""Class, method and field of the broker's word, and the end of its frame."""


@pytest.fixture
async def broker(servers: Servers) -> Broker:
    return await Broker.set_up(await servers.rabbit(), "lines-that-end-badly")


@pytest.fixture
async def proxy(broker: Broker) -> AsyncIterator[Proxy]:
    async with Proxy.before(broker.server.port) as proxy:
        yield proxy


@pytest.fixture
async def railway(broker: Broker, proxy: Proxy) -> AsyncIterator[RabbitBus]:
    bus = RabbitBus(broker.settings("agency.rail", proxy.port), SystemClock().now)
    yield bus
    await bus.close()


async def test_a_line_that_is_given_up_does_not_end_who_publishes_on_it(
    proxy: Proxy, railway: RabbitBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "HEARTBEAT_S", 1)
    monkeypatch.setattr(Connection, "HEARTBEAT_GRACE_MULTIPLIER", 1)
    await railway.start()

    proxy.stall()
    with pytest.raises(BusAway, match="nothing has come from the broker for too long"):
        await railway.publish("from.rail", b"{}", message_id="a-receipt", sender="agency.rail")


async def test_a_broker_that_ends_right_behind_its_welcome_is_connected_to_again(
    proxy: Proxy, railway: RabbitBus
) -> None:
    proxy.end_behind(THE_CONNECTION_IS_OPEN)

    await railway.start()
    async with awaited("the line is there"):
        while railway.trouble is not None:  # noqa: ASYNC110 - it is asked, as by the adapter's readiness
            await asyncio.sleep(0.02)


class EndsJustThen:
    """A connection as the client shows it when it ends at the moment at which its consumers are told to: what
    they wait for raises that instead.
    """

    def __init__(self, error: Exception) -> None:
        self._error = error
        self.is_asked = asyncio.Event()

    @asynccontextmanager
    async def channel(self, **_options: Any) -> AsyncIterator[Any]:
        self.is_asked.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise self._error from None
        yield None


async def take(_deliveries: object) -> list[Answer]:
    return [Accepted()]


async def bury(*_refused: object) -> None:
    """Nothing is refused here."""


@pytest.mark.parametrize("error", [ConnectionResetError(), ValueError()])
async def test_a_consumer_that_did_not_hear_that_it_is_to_end_keeps_no_line_from_coming_back(
    error: Exception,
) -> None:
    ways = Ways(
        now=SystemClock().now, pause=asyncio.sleep, bury=bury, settled=lambda _queue: None, told=lambda: None
    )
    consumers = Consumers(ways)
    consumers.subscribe("feed.rail.one", take)
    connection = EndsJustThen(error)

    serving = asyncio.create_task(consumers.serve(cast(AbstractConnection, connection)))
    await connection.is_asked.wait()
    serving.cancel()
    async with awaited("the consumers have ended", longest_s=3):
        await asyncio.wait([serving])

    assert serving.cancelled()
