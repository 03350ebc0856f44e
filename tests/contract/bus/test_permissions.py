"""What the broker lets an agency do, and each thing that it must not be able to do: see, forge or block what
is another's, or reach a queue that is not its own.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime

import aio_pika
import aiohttp
import pytest
from aio_pika.abc import AbstractChannel, AbstractExchange, AbstractIncomingMessage, HeadersType
from aio_pika.exceptions import AMQPError, ChannelClosed, ConnectionClosed, DeliveryError
from aiormq.exceptions import AMQPConnectionError
from pamqp import encode as encoding

from adapters.bus.port import Accepted, Answer, Delivery
from adapters.bus.rabbitmq import RabbitBus
from adapters.bus.topology import topology_of
from adapters.machine import SystemClock
from scripts.engines.production import TOPOLOGY, Broker
from tests.engines import Servers

ODD: tuple[datetime, str, HeadersType] = (datetime(2026, 2, 25, 4, 0, tzinfo=UTC), "odd", {"h": "odd"})
"""What is written in another way than it can be read."""

Attempt = Callable[[AbstractChannel], Awaitable[object]]


@pytest.fixture(scope="module")
async def broker(servers: Servers) -> Broker:
    return await Broker.set_up(await servers.rabbit(), "permissions")


@pytest.fixture
async def railway(broker: Broker) -> AsyncIterator[AbstractChannel]:
    """A channel of the railway's own user, without any code of ours in between."""
    connection = await aio_pika.connect(broker.url("agency.rail"))
    async with connection:
        yield await connection.channel(publisher_confirms=True, on_return_raises=True)


def publishing(exchange: str, queue: str, user: str = "agency.rail") -> Attempt:
    async def publish(channel: AbstractChannel) -> None:
        to = (
            channel.default_exchange
            if exchange == "amq.default"
            else await channel.get_exchange(exchange, ensure=False)
        )
        await to.publish(aio_pika.Message(b"forged", user_id=user), routing_key=queue)

    return publish


def reading(queue: str) -> Attempt:
    async def read(channel: AbstractChannel) -> None:
        await (await channel.get_queue(queue, ensure=False)).get(fail=False)

    return read


def consuming(queue: str) -> Attempt:
    async def consume(channel: AbstractChannel) -> None:
        source = await channel.get_queue(queue, ensure=False)
        await source.cancel(await source.consume(ignore))

    return consume


async def ignore(_message: AbstractIncomingMessage) -> None:
    """Leave it where it is."""


def emptying(queue: str) -> Attempt:
    async def purge(channel: AbstractChannel) -> None:
        await (await channel.get_queue(queue, ensure=False)).purge()

    return purge


def deleting(queue: str) -> Attempt:
    async def delete(channel: AbstractChannel) -> None:
        await channel.queue_delete(queue)

    return delete


def binding(queue: str, exchange: str) -> Attempt:
    async def bind(channel: AbstractChannel) -> None:
        await (await channel.get_queue(queue, ensure=False)).bind(exchange, routing_key="feed.police.one")

    return bind


def deleting_the_exchange(name: str) -> Attempt:
    async def delete(channel: AbstractChannel) -> None:
        await channel.exchange_delete(name)

    return delete


def unbinding(queue: str, exchange: str) -> Attempt:
    async def unbind(channel: AbstractChannel) -> None:
        await (await channel.get_queue(queue, ensure=False)).unbind(exchange, routing_key=queue)

    return unbind


FORBIDDEN: dict[str, Attempt] = {
    "speak in the name of the court": publishing("from.rail", "from.rail", user="court"),
    "speak in the name of another agency": publishing("from.rail", "from.rail", user="agency.police"),
    "write to another agency's way to the court": publishing("from.police", "from.police"),
    "write what the court writes": publishing("from.court", "express.police.one"),
    "write to any queue by the default exchange": publishing("amq.default", "express.police.one"),
    "write to its own queue by the default exchange": publishing("amq.default", "feed.rail.one"),
    "write to an exchange of the broker's": publishing("amq.direct", "from.rail"),
    "read another agency's list": reading("feed.police.one"),
    "read another agency's withdrawals": reading("express.police.one"),
    "read another agency's orders": reading("orders.police.one"),
    "read what another agency reports": reading("from.police"),
    "take back what it has reported itself": reading("from.rail"),
    "read what the broker has buried": reading("dead"),
    "read its own dead letters": reading("dead.rail"),
    "read another agency's dead letters": reading("dead.police"),
    "empty its own dead letters": emptying("dead.rail"),
    "bend another agency's dead letters into its own queue": binding("feed.rail.one", "from.police"),
    "empty another agency's queue": emptying("express.police.one"),
    "delete its own queue": deleting("express.rail.one"),
    "delete another agency's queue": deleting("express.police.one"),
    "make a queue": lambda channel: channel.declare_queue("mine"),
    "make a queue that looks like its own": lambda channel: channel.declare_queue("feed.rail.two"),
    "make a queue without a name": lambda channel: channel.declare_queue(exclusive=True),
    "make an exchange": lambda channel: channel.declare_exchange("from.rail.two"),
    "bend another agency's list into its own queue": binding("feed.rail.one", "from.court"),
    "delete its own exchange": deleting_the_exchange("from.rail"),
    "delete another agency's exchange": deleting_the_exchange("from.police"),
    "unbind its own queue": unbinding("express.rail.one", "from.court"),
    "unbind another agency's queue": unbinding("express.police.one", "from.court"),
    "take another agency's way to the court away": unbinding("from.police", "from.police"),
}


@pytest.mark.parametrize("what", sorted(FORBIDDEN))
async def test_an_agency_cannot(railway: AbstractChannel, what: str) -> None:
    with pytest.raises((ChannelClosed, ConnectionClosed), match=r"ACCESS_REFUSED|PRECONDITION_FAILED"):
        await FORBIDDEN[what](railway)


async def test_an_agency_cannot_ask_the_management_interface(broker: Broker) -> None:
    address = broker.server.admin_url.rpartition("@")[2]
    login = aiohttp.encode_basic_auth("agency.rail", broker.passwords["agency.rail"])

    async with (
        aiohttp.ClientSession(headers={"Authorization": login}) as client,
        client.get(f"http://{address}/api/queues/{broker.vhost}") as answer,
    ):
        assert answer.status == 401


@pytest.fixture(scope="module")
async def narrow(servers: Servers) -> Broker:
    """A court with two agencies, which may have one connection each and little room."""
    usual = topology_of({"harbour": ["one"], "airport": ["one"]})
    rooms = tuple(replace(room, most_bytes=1_000) for room in usual.rooms)
    limits = {"max-connections": 1, "max-channels": 2}
    users = tuple(replace(user, limits=limits) if user.limits else user for user in usual.users)
    return await Broker.set_up(await servers.rabbit(), "narrow", replace(usual, rooms=rooms, users=users))


async def fills(exchange: AbstractExchange, queue: str, letter: aio_pika.Message) -> None:
    """A thousand letters, one after the other: the broker takes a limit up, and tells of a full queue, in its
    own time.
    """
    for _ in range(1_000):
        await exchange.publish(letter, queue)


@pytest.mark.parametrize("queue", ["from.harbour", "dead"])
async def test_an_agency_cannot_fill_the_disk(narrow: Broker, queue: str) -> None:
    letter = aio_pika.Message(b"." * 600, user_id="agency.harbour")
    async with await aio_pika.connect(narrow.url("agency.harbour")) as connection:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        exchange = await channel.get_exchange("from.harbour", ensure=False)
        with pytest.raises(DeliveryError, match="Nack"):
            await fills(exchange, queue, letter)


async def test_an_agency_that_fills_its_dead_letters_crowds_out_no_other(narrow: Broker) -> None:
    letter = aio_pika.Message(b"." * 600, user_id="agency.harbour")
    async with await aio_pika.connect(narrow.url("agency.harbour")) as connection:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        exchange = await channel.get_exchange("from.harbour", ensure=False)
        with pytest.raises(DeliveryError, match="Nack"):
            await fills(exchange, "dead", letter)

    async with await aio_pika.connect(narrow.url("agency.airport")) as connection:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        await publishing("from.airport", "dead", user="agency.airport")(channel)
    async with await aio_pika.connect(narrow.url("court")) as connection:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        await publishing("from.court", "dead.airport", user="court")(channel)


async def test_an_agency_reaches_no_dead_letters_but_its_own(
    broker: Broker, railway: AbstractChannel
) -> None:
    await publishing("from.rail", "dead")(railway)

    court = RabbitBus(broker.settings("court"), SystemClock().now)
    await court.start()
    waiting = await court.waiting(["dead", "dead.police", "dead.rail"])
    await court.close()
    assert waiting == {"dead": 0, "dead.police": 0, "dead.rail": 1}


async def test_an_agency_cannot_take_all_connections_or_channels(narrow: Broker) -> None:
    async with await aio_pika.connect(narrow.url("agency.harbour")) as connection:
        with pytest.raises(AMQPError):
            await aio_pika.connect(narrow.url("agency.harbour"))
        await connection.channel()
        await connection.channel()
        with pytest.raises((AMQPError, ConnectionClosed), match="limit"):
            await connection.channel()


def test_every_agency_has_limits_and_every_queue_of_theirs_a_room() -> None:
    users = topology_of({"rail": ["one"], "police": ["one"]}).users

    assert {user.name: set(user.limits) for user in users} == {
        "court": set(),
        "agency.police": {"max-connections", "max-channels"},
        "agency.rail": {"max-connections", "max-channels"},
    }
    assert [room.queues for room in TOPOLOGY.rooms] == [r"^from\.", r"^dead(\.|$)"]


async def test_an_agency_cannot_enter_another_courts_host(broker: Broker) -> None:
    await broker.server.create_vhost("another-court")

    # The client takes the broker's "no" for a frame out of turn.
    with pytest.raises(AMQPError):
        await aio_pika.connect(broker.url("agency.rail").replace("/permissions", "/another-court"))


async def test_nobody_gets_in_with_a_wrong_password(broker: Broker) -> None:
    with pytest.raises(AMQPConnectionError):
        await aio_pika.connect(broker.server.url("agency.rail", "guessed", broker.vhost))


async def test_an_agency_reports_and_reads_what_is_its_own(railway: AbstractChannel) -> None:
    await publishing("from.rail", "from.rail")(railway)

    await consuming("feed.rail.one")(railway)
    await consuming("express.rail.one")(railway)
    await consuming("orders.rail.one")(railway)


@pytest.mark.parametrize(
    ("kind", "odd"),
    [("timestamp", b"\xff" * 8), ("shortstr", b"\x02\xff\xfe"), ("table", b"\0\0\0\x04\x01\xfft\x01")],
)
async def test_no_odd_property_of_one_agency_costs_the_court_its_line(
    broker: Broker, railway: AbstractChannel, monkeypatch: pytest.MonkeyPatch, kind: str, odd: bytes
) -> None:
    """Or nothing more of any agency would be heard."""
    heard: asyncio.Queue[str] = asyncio.Queue()

    async def take(delivery: Delivery) -> Answer:
        heard.put_nowait(delivery.sender)
        return Accepted()

    exchange = await railway.get_exchange("from.rail", ensure=False)
    encode = encoding.METHODS[kind]
    monkeypatch.setitem(encoding.METHODS, kind, lambda value: odd if value in ODD else encode(value))
    await exchange.publish(
        aio_pika.Message(b"", user_id="agency.rail", timestamp=ODD[0], type=ODD[1], headers=ODD[2]),
        "from.rail",
    )
    court = RabbitBus(broker.settings("court"), SystemClock().now)
    court.subscribe("from.rail", take)
    await court.start()

    async with asyncio.timeout(30):
        assert await heard.get() == "agency.rail"
    await court.close()


async def test_setting_up_again_keeps_what_waits_and_narrows_what_was_widened(broker: Broker) -> None:
    async with await aio_pika.connect(broker.url("court")) as connection:
        channel = await connection.channel()
        await publishing("from.court", "express.rail.one", user="court")(channel)
    everything = {"configure": ".*", "write": ".*", "read": ".*"}
    await broker.server.manage("PUT", f"permissions/{broker.vhost}/agency.rail", everything)

    await Broker.set_up(broker.server, broker.vhost)

    async with await aio_pika.connect(broker.url("agency.rail")) as connection:
        channel = await connection.channel()
        own = await channel.get_queue("express.rail.one", ensure=False)
        async with own.iterator(timeout=10) as messages:
            waiting = await anext(messages)
            await waiting.ack()
        assert waiting.body == b"forged"
        with pytest.raises(ChannelClosed, match="ACCESS_REFUSED"):
            await reading("feed.police.one")(channel)


async def test_another_virtual_host_of_the_node_leaves_the_users_their_passwords(broker: Broker) -> None:
    await Broker.set_up(broker.server, "another-suite")

    async with await aio_pika.connect(broker.url("agency.rail")) as connection:
        assert not connection.is_closed


async def test_every_queue_keeps_its_messages_and_buries_none_in_silence() -> None:
    hints = [queue for queue in TOPOLOGY.queues if queue.name.startswith("feed.")]
    dead = [queue for queue in TOPOLOGY.queues if queue.name.startswith("dead")]
    work = [queue for queue in TOPOLOGY.queues if queue not in (*dead, *hints)]

    assert {queue.arguments["x-queue-type"] for queue in (*work, *hints)} == {"quorum"}
    assert {queue.arguments["x-delivery-limit"] for queue in (*work, *hints)} == {1_000}
    assert {queue.arguments["x-dead-letter-strategy"] for queue in work} == {"at-least-once"}
    assert {queue.arguments["x-overflow"] for queue in work} == {"reject-publish"}
    assert not any("x-dead-letter-exchange" in queue.arguments for queue in hints)


async def test_the_feed_of_an_adapter_asleep_drops_its_oldest_and_blocks_nobody(servers: Servers) -> None:
    short = topology_of({"rail": ["one"]})
    queues = tuple(
        replace(queue, arguments={**queue.arguments, "x-max-length": 2})
        if queue.name == "feed.rail.one"
        else queue
        for queue in short.queues
    )
    broker = await Broker.set_up(await servers.rabbit(), "asleep", replace(short, queues=queues))
    async with await aio_pika.connect(broker.url("court")) as connection:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        exchange = await channel.get_exchange("from.court", ensure=False)
        for number in range(5):
            letter = aio_pika.Message(str(number).encode(), user_id="court", delivery_mode=2)
            await exchange.publish(letter, "feed.rail.one")
    async with await aio_pika.connect(broker.url("agency.rail")) as connection:
        queue = await (await connection.channel()).get_queue("feed.rail.one", ensure=False)
        async with queue.iterator(timeout=10) as messages:
            kept = [(await anext(messages)).body for _ in range(2)]
    async with await aio_pika.connect(broker.server.admin_amqp_url(broker.vhost)) as connection:
        channel = await connection.channel()
        dead = [await channel.declare_queue(name, passive=True) for name in ("dead", "dead.rail")]

    assert kept == [b"3", b"4"]
    assert [queue.declaration_result.message_count for queue in dead] == [0, 0]


async def test_the_queue_of_a_feed_that_was_made_otherwise_is_made_anew(servers: Servers) -> None:
    rabbit = await servers.rabbit()
    topology = topology_of({"rail": ["one"]})
    older = tuple(
        replace(queue, arguments={"x-queue-type": "quorum"}) if queue.name == "feed.rail.one" else queue
        for queue in topology.queues
    )
    await Broker.set_up(rabbit, "older", replace(topology, queues=older))

    await Broker.set_up(rabbit, "older", topology)

    made = await rabbit.manage("GET", "queues/older/feed.rail.one")
    assert made["arguments"]["x-overflow"] == "drop-head"


async def test_an_adapter_that_is_no_longer_let_in_loses_all_queues_but_dead_letters(
    servers: Servers,
) -> None:
    rabbit = await servers.rabbit()
    two = topology_of({"rail": ["one", "two"], "police": ["one"]})
    broker = await Broker.set_up(rabbit, "sweeping", two)

    await Broker.set_up(rabbit, "sweeping", topology_of({"rail": ["one"]}))

    left = {queue["name"] for queue in await rabbit.manage("GET", "queues/sweeping")}
    assert left == {
        *("dead", "dead.rail", "feed.rail.one", "express.rail.one", "orders.rail.one", "from.rail"),
        "dead.police",
    }
    with pytest.raises(AMQPError):
        await aio_pika.connect(broker.url("agency.police"))
