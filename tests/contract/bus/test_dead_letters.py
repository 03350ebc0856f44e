"""The operator's commands for dead letters, on a real broker, and what is made of letters that are forged."""

import asyncio
import getpass
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import aio_pika
import pytest
from aio_pika.exceptions import DeliveryError

from adapters.bus.port import Accepted, Answer, Delivery, Refused
from adapters.bus.rabbitmq import RabbitBus
from adapters.bus.rabbitmq.line import Line
from adapters.bus.topology import topology_of
from adapters.machine import SystemClock
from scripts.engines.production import TOPOLOGY, Broker
from tests.engines import Servers
from tests.proxy import Proxy
from tracker.commands.dead_letters import (
    NEEDED,
    discard_dead_letter,
    list_dead_letters,
    replay_dead_letters,
)
from tracker.commands.engines import open_registry
from tracker.commands.found import found
from tracker.commands.keys import make_keys
from tracker.commands.migrate import migrate
from tracker.commands.start import CannotRun
from tracker.domain.dead_letters import DiscardReason
from tracker.domain.ids import CourtId
from tracker.settings import TrackerSettings
from tracker.storage.audit import AuditEvent, EventSearch, search_events

COURT: Final = """
[court]
id = "yunhe"
code = "京0199"
name = "云河区人民法院"
sms_name = "云河法院"
desk_phone = "010-00000000"
language = "zh"

[[person]]
login = "admin"
name = "钟正行"
phone = "+8610000000016"
role = "administrator"

[[agency]]
id = "rail"
kind = "rail"
name = "铁路"
name_en = "Railway"
profile = "tokens"
hold_for_hours = 2
channel_basis = "协作协议（示例）第1号"
"""
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
    """It knows of an agency that the broker was never set up for, too."""
    bus = RabbitBus(broker.settings(user, port), SystemClock().now, agencies=["harbour", "rail"])
    await bus.start()
    yield bus
    await bus.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """Where an operator types commands."""

    broker: Broker
    folder: Path

    def settings(self, port: int | None = None) -> TrackerSettings:
        """`port`: of a proxy before the broker."""
        named = {
            "TRACKER_ENVIRONMENT": "trial",
            "TRACKER_COURT_ID": "yunhe",
            "TRACKER_DATABASE_URL": f"sqlite:///{self.folder}/court.sqlite",
            "TRACKER_KEYS_FILE": f"{self.folder}/keys.json",
            "TRACKER_BROKER_URL": self.broker.url("court", port),
        }
        return TrackerSettings.from_environment(named, NEEDED)

    async def audited(self) -> Sequence[AuditEvent]:
        """The newest of the audit log, latest first."""
        async with AsyncExitStack() as opened:
            registry = await open_registry(self.settings(), opened)
            async with registry.reading() as tx:
                return await search_events(tx, EventSearch(court_id=CourtId("yunhe")), 10)


@pytest.fixture(scope="module")
async def office(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Office:
    office = Office(broker=broker, folder=tmp_path_factory.mktemp("court"))
    plan = office.folder / "court.toml"
    plan.write_text(COURT)
    await make_keys(office.settings())
    await migrate(office.settings())
    assert await found(office.settings(), plan) == 0
    return office


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


async def fills_its_dead_letters(broker: Broker) -> None:
    """Until the broker takes no more."""
    letters = (str(number) for number in range(1_000))
    with pytest.raises(DeliveryError, match="Nack"):
        await buries(broker, "from.rail", *letters)


async def discards_all(court: RabbitBus) -> None:
    for letter in await court.dead_letters():
        await court.discard(letter.mark)


async def refuse(_delivery: Delivery) -> Answer:
    return Refused("not-an-envelope")


async def test_an_unsigned_message_is_listed_and_put_back(
    broker: Broker, office: Office, capsys: pytest.CaptureFixture[str]
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

    assert await list_dead_letters(office.settings()) == 0
    listed = capsys.readouterr().out
    assert "  m-1  " in listed
    assert listed.endswith("  from.rail  from agency.rail: not-an-envelope\n")
    assert await replay_dead_letters(office.settings(), ["m-1"], everything=False) == 0
    assert await replay_dead_letters(office.settings(), ["m-1"], everything=False) == 1
    said = capsys.readouterr()
    assert said.out == "1 put back\n0 put back\n"
    assert said.err.startswith("error: not put back")
    assert said.err.endswith(":\n  m-1\n")
    async with line_of(broker, "court") as court:
        court.subscribe("from.rail", take)
        async with asyncio.timeout(30):
            assert await taken.get() == ("m-1", "agency.rail", b"unsigned")


async def test_what_can_be_put_back_is_and_the_rest_stays(
    broker: Broker, office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    await buries(broker, "express.police.one", "forged", first_sent_by="court", refused_at="nonsense")
    await buries(broker, "express.rail.gone", "of-a-queue-that-is-gone", first_sent_by="court")
    await buries(broker, "from.rail", "its-own", "its-own", "another")

    assert await replay_dead_letters(office.settings(), [], everything=True) == 1

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
    broker: Broker, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stops as soon as it is connected."""
    async with Proxy.before(broker.server.port) as proxy:
        connected = Line.start

        async def connect_and_stall(line: Line) -> None:
            await connected(line)
            proxy.stall()

        monkeypatch.setattr(Line, "start", connect_and_stall)
        with pytest.raises(CannotRun, match="the broker went away meanwhile, or takes nothing"):
            await list_dead_letters(office.settings(proxy.port))


async def test_a_forged_letter_is_discarded_and_the_audit_log_keeps_why(
    broker: Broker, office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    await buries(broker, "express.police.one", "m-1", first_sent_by="court")
    await buries(broker, "from.rail", "m-1")
    async with line_of(broker, "court") as court:
        forged = next(letter for letter in await court.dead_letters() if not letter.queue)

    assert await discard_dead_letter(office.settings(), forged.mark, DiscardReason.FORGED) == 0

    assert capsys.readouterr().out.startswith(f"discarded as forged: {forged.mark}  m-1  ")
    async with line_of(broker, "court") as court:
        assert [one.queue for one in await court.dead_letters()] == ["from.rail"]
    kept = (await office.audited())[0]
    assert (kept.action, kept.about, kept.detail) == (
        "dead letter discarded",
        forged.mark,
        {
            "queue": "",
            "sender": "agency.rail",
            "died_at": "1970-01-01T00:00:00+00:00",
            "reason": "forged",
            "operator": getpass.getuser(),
        },
    )


async def test_nothing_is_discarded_or_audited_by_a_mark_that_no_letter_bears(
    broker: Broker, office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    await buries(broker, "from.rail", "m-1")
    before = await office.audited()

    assert await discard_dead_letter(office.settings(), "m-1", DiscardReason.HOPELESS) == 1

    assert capsys.readouterr().err.startswith("error: no dead letter has this mark")
    assert await office.audited() == before


async def test_a_broker_with_one_place_for_all_dead_letters_is_taken_over_with_them(servers: Servers) -> None:
    """As set up before each agency had its own."""
    names = [queue.name for queue in TOPOLOGY.queues if not queue.name.startswith("dead.")]
    shared = dict.fromkeys(TOPOLOGY.exchanges, "dead")
    queues = {queue.name: queue for queue in TOPOLOGY.queues}
    queues["dead"] = replace(queues["dead"], bound_to=shared)
    older = replace(TOPOLOGY, queues=tuple(queues[name] for name in names))
    broker = await Broker.set_up(await servers.rabbit(), "one-place", older)
    await buries(broker, "from.rail", "of-then")

    await Broker.set_up(broker.server, broker.vhost)
    await Broker.set_up(broker.server, broker.vhost)

    await buries(broker, "from.rail", "of-now")
    async with line_of(broker, "court") as court:
        assert await court.waiting(["dead", "dead.rail"]) == {"dead": 1, "dead.rail": 1}
        assert {one.message_id for one in await court.dead_letters()} == {"of-then", "of-now"}
        assert set(await court.replay(["of-then", "of-now"])) == {"of-then", "of-now"}
        assert await court.waiting(["dead", "dead.rail"]) == {"dead": 0, "dead.rail": 0}


async def test_while_its_dead_letters_are_full_an_agencys_messages_wait_and_none_is_lost(
    servers: Servers,
) -> None:
    usual = topology_of({"rail": ["one"]})
    rooms = tuple(replace(room, most_bytes=3) for room in usual.rooms if room.name == "dead-letters")
    broker = await Broker.set_up(await servers.rabbit(), "full", replace(usual, rooms=rooms))
    await fills_its_dead_letters(broker)
    taken: asyncio.Queue[str] = asyncio.Queue()
    rests = asyncio.Event()

    async def rest(_wait_s: float) -> None:
        rests.set()
        await asyncio.sleep(0.05)

    async def take(delivery: Delivery) -> Answer:
        if delivery.message_id == "poison":
            return Refused("not-json")
        taken.put_nowait(delivery.message_id)
        return Accepted()

    court = RabbitBus(broker.settings("court"), SystemClock().now, rest, ["rail"])
    court.subscribe("from.rail", take)
    async with line_of(broker, "agency.rail") as railway:
        await court.start()
        await railway.publish("from.rail", b"{}", message_id="poison", sender="agency.rail")
        await railway.publish("from.rail", b"{}", message_id="good", sender="agency.rail")
        async with asyncio.timeout(30):
            await rests.wait()
            told = (court.full, court.trouble_of_all)
            await discards_all(court)
            assert await taken.get() == "good"
        left = [one.message_id for one in await court.dead_letters()]
    await court.close()

    assert told == (("from.rail rests: a refused message has no grave: dead.rail has no room",), None)
    assert left == ["poison"]
