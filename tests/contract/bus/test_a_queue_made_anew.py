"""A queue is taken away and made again, as a set-up does with an older one: who consumed it goes on."""

import asyncio
from collections.abc import AsyncIterator

import aio_pika
import pytest

from adapters.bus.port import Accepted, Answer, Delivery
from adapters.bus.rabbitmq import RabbitBus
from adapters.machine import SystemClock
from scripts.engines.production import Broker
from tests.engines import Servers

QUEUE = "feed.rail.one"
HEARS_WITHIN_S = 30.0


@pytest.fixture
async def broker(servers: Servers) -> Broker:
    return await Broker.set_up(await servers.rabbit(), "made-anew")


class Railway:
    """Takes whatever comes on its feed."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[bytes] = asyncio.Queue()

    async def take(self, delivery: Delivery) -> Answer:
        self.heard.put_nowait(delivery.body)
        return Accepted()


@pytest.fixture
async def railway(broker: Broker) -> AsyncIterator[Railway]:
    railway = Railway()
    bus = RabbitBus(broker.settings("agency.rail"), SystemClock().now)
    bus.subscribe(QUEUE, railway.take)
    await bus.start()
    yield railway
    await bus.close()


async def says(broker: Broker, body: bytes) -> None:
    async with await aio_pika.connect(broker.url("court")) as connection:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        exchange = await channel.get_exchange("from.court", ensure=False)
        await exchange.publish(aio_pika.Message(body, user_id="court"), QUEUE)


async def test_it_is_consumed_again(broker: Broker, railway: Railway) -> None:
    await says(broker, b"before")
    async with asyncio.timeout(HEARS_WITHIN_S):
        before = await railway.heard.get()
    await broker.server.manage("DELETE", f"queues/{broker.vhost}/{QUEUE}")
    await Broker.set_up(broker.server, broker.vhost)
    await says(broker, b"after")
    async with asyncio.timeout(HEARS_WITHIN_S):
        after = await railway.heard.get()

    assert (before, after) == (b"before", b"after")
