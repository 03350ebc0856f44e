"""The operator's commands for dead letters, on a real broker, and what is made of letters that are forged."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aio_pika
import pytest

from adapters.bus.port import Accepted, Answer, Delivery, Refused
from adapters.bus.rabbitmq import RabbitBus
from adapters.bus.rabbitmq.line import Line
from adapters.machine import SystemClock
from scripts.engines.production import Broker
from tests.engines import Servers
from tests.proxy import Proxy
from tracker.commands.dead_letters import NEEDED, list_dead_letters, replay_dead_letters
from tracker.commands.start import CannotRun
from tracker.settings import TrackerSettings

MANY = 12
SLOW_S = 0.25
"""An answer takes twice as long, and all of the many longer than one may."""


@pytest.fixture(scope="module")
async def broker(servers: Servers) -> Broker:
    return await Broker.set_up(await servers.rabbit(), "dead-letters")


@pytest.fixture(autouse=True)
async def _nothing_waits(broker: Broker) -> None:
    await broker.purge()


@asynccontextmanager
async def line_of(broker: Broker, user: str, port: int | None = None) -> AsyncIterator[RabbitBus]:
    bus = RabbitBus(broker.settings(user, port), SystemClock().now)
    await bus.start()
    yield bus
    await bus.close()


def settings_of(broker: Broker, port: int | None = None) -> TrackerSettings:
    return TrackerSettings.from_environment({"TRACKER_BROKER_URL": broker.url("court", port)}, NEEDED)


async def buries(broker: Broker, queue: str, *message_ids: str, **headers: str) -> None:
    """The railway writes letters for the dead, with whatever headers it likes."""
    named: dict[str, aio_pika.abc.FieldValue] = {
        name.replace("_", "-"): text for name, text in headers.items()
    }
    async with await aio_pika.connect(broker.url("agency.rail")) as connection:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        exchange = await channel.get_exchange("from.rail", ensure=False)
        for message_id in message_ids:
            letter = aio_pika.Message(
                b"{}", message_id=message_id, user_id="agency.rail", headers={"refused-from": queue, **named}
            )
            await exchange.publish(letter, "dead")


async def refuse(_delivery: Delivery) -> Answer:
    return Refused("not-an-envelope")


async def test_an_unsigned_message_is_listed_and_put_back(
    broker: Broker, capsys: pytest.CaptureFixture[str]
) -> None:
    is_settled = asyncio.Event()
    taken: asyncio.Queue[tuple[str, str, bytes]] = asyncio.Queue()

    async def take(delivery: Delivery) -> Answer:
        taken.put_nowait((delivery.message_id, delivery.sender, delivery.body))
        return Accepted()

    async with line_of(broker, "agency.rail") as railway, line_of(broker, "court") as court:
        court.on_change(is_settled.set)
        court.subscribe("from.rail", refuse)
        await railway.publish("from.rail", b"unsigned", message_id="m-1", sender="agency.rail")
        async with asyncio.timeout(30):
            await is_settled.wait()

    assert await list_dead_letters(settings_of(broker)) == 0
    listed = capsys.readouterr().out
    assert listed.startswith("m-1  ")
    assert listed.endswith("  from.rail  from agency.rail: not-an-envelope\n")
    assert await replay_dead_letters(settings_of(broker), ["m-1"], everything=False) == 0
    assert await replay_dead_letters(settings_of(broker), ["m-1"], everything=False) == 1
    said = capsys.readouterr()
    assert said.out == "1 put back\n0 put back\n"
    assert said.err.startswith("error: not put back")
    assert said.err.endswith(":\n  m-1\n")
    async with line_of(broker, "court") as court:
        court.subscribe("from.rail", take)
        async with asyncio.timeout(30):
            assert await taken.get() == ("m-1", "agency.rail", b"unsigned")


async def test_what_can_be_put_back_is_and_the_rest_stays(
    broker: Broker, capsys: pytest.CaptureFixture[str]
) -> None:
    await buries(broker, "express.police.one", "forged", first_sent_by="court", refused_at="nonsense")
    await buries(broker, "express.rail.gone", "of-a-queue-that-is-gone", first_sent_by="court")
    await buries(broker, "from.rail", "its-own", "its-own", "another")

    assert await replay_dead_letters(settings_of(broker), [], everything=True) == 1

    said = capsys.readouterr()
    assert said.out == "2 put back\n"
    assert said.err.endswith(":\n  forged\n  of-a-queue-that-is-gone\n")
    async with line_of(broker, "court") as court:
        assert [one.message_id for one in await court.dead_letters()] == ["forged", "of-a-queue-that-is-gone"]
        assert await court.waiting(["express.police.one", "from.rail"]) == {
            "express.police.one": 0,
            "from.rail": 3,
        }


async def test_many_are_listed_over_a_slow_line(broker: Broker) -> None:
    await buries(broker, "from.rail", *(f"m-{number}" for number in range(MANY)))

    async with Proxy.before(broker.server.port) as proxy, line_of(broker, "court", proxy.port) as court:
        proxy.delay_s = SLOW_S
        assert len(await court.dead_letters()) == MANY


async def test_a_broker_that_stops_answering_is_told_in_a_plain_sentence(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stops as soon as it is connected."""
    async with Proxy.before(broker.server.port) as proxy:
        connected = Line.start

        async def connect_and_stall(line: Line) -> None:
            await connected(line)
            proxy.stall()

        monkeypatch.setattr(Line, "start", connect_and_stall)
        with pytest.raises(CannotRun, match="the broker went away meanwhile, or takes nothing"):
            await list_dead_letters(settings_of(broker, proxy.port))
