"""What every bus engine promises: nothing lost, order, redelivery with a count, dead letters, fair turns."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import pytest

from adapters.bus.embedded import EmbeddedBus
from adapters.bus.port import Accepted, Answer, Bus, DeadLetter, Delivery, Later, Refused
from adapters.sqlite import SqliteDatabase
from tests.contract.bus.guarded import GuardedBus

RAIL = "orders.rail.1"
POLICE = "orders.police.1"
START = datetime(2026, 2, 24, 1, 0, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at

    def jump(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class Engine(Protocol):
    """What the suite needs of an engine under test beside the port."""

    bus: Bus

    async def deliver_one_round(self) -> bool: ...
    async def next_due(self) -> datetime | None: ...
    async def restart(self) -> None: ...
    async def close(self) -> None: ...


class Embedded:
    bus: Bus

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._file = folder / "bus.sqlite"
        self._clock = clock

    @classmethod
    async def start(cls, folder: Path, clock: Clock) -> "Embedded":
        engine = cls(folder, clock)
        await engine._open()
        return engine

    async def _open(self) -> None:
        self._database = await SqliteDatabase.open(self._file)
        self._engine = EmbeddedBus(self._database, self._clock)
        self.bus = self._engine

    async def deliver_one_round(self) -> bool:
        return await self._engine.step()

    async def next_due(self) -> datetime | None:
        return await self._engine.next_due()

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


@dataclass
class Consumer:
    """Answers by script, then accepts; remembers what it was given."""

    script: list[Answer] = field(default_factory=list)
    seen: list[Delivery] = field(default_factory=list)

    async def __call__(self, delivery: Delivery) -> Answer:
        self.seen.append(delivery)
        return self.script.pop(0) if self.script else Accepted()

    @property
    def bodies(self) -> list[bytes]:
        return [delivery.body for delivery in self.seen]


class Crash(BaseException):
    """The process dies: no handler of errors sees it."""


Start = Callable[[Path, Clock], Awaitable[Engine]]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=[Embedded.start, EmbeddedGuarded.start])
async def engine(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> AsyncIterator[Engine]:
    start: Start = request.param
    started = await start(tmp_path, clock)
    yield started
    await started.close()


async def publish(engine: Engine, queue: str, *bodies: bytes) -> None:
    for number, body in enumerate(bodies):
        await engine.bus.publish(queue, body, message_id=f"{queue}/{number}", sender="court")


async def settle(engine: Engine) -> None:
    while await engine.deliver_one_round():
        pass


async def settle_each_minute(engine: Engine, clock: Clock, *, minutes: int) -> None:
    for _ in range(minutes):
        await settle(engine)
        clock.jump(60)


async def test_a_message_reaches_its_consumer_with_the_sender_the_engine_knows(engine: Engine) -> None:
    consumer = Consumer()
    engine.bus.subscribe("from.rail", consumer)

    await engine.bus.publish("from.rail", b"sighting", message_id="m-1", sender="agency.rail")
    await settle(engine)

    assert consumer.seen == [
        Delivery(queue="from.rail", message_id="m-1", sender="agency.rail", body=b"sighting", redeliveries=0)
    ]


async def test_an_accepted_message_is_gone(engine: Engine) -> None:
    engine.bus.subscribe(RAIL, Consumer())
    await publish(engine, RAIL, b"1")
    await settle(engine)

    successor = Consumer()
    await engine.restart()
    engine.bus.subscribe(RAIL, successor)
    await settle(engine)

    assert successor.seen == []


async def test_what_was_published_survives_a_restart_and_waits_for_its_consumer(engine: Engine) -> None:
    await publish(engine, RAIL, b"1", b"2")
    await engine.restart()

    consumer = Consumer()
    engine.bus.subscribe(RAIL, consumer)
    await settle(engine)

    assert consumer.bodies == [b"1", b"2"]


async def test_a_queue_keeps_its_order(engine: Engine) -> None:
    consumer = Consumer()
    engine.bus.subscribe(RAIL, consumer)

    await publish(engine, RAIL, b"1", b"2", b"3", b"4")
    await settle(engine)

    assert consumer.bodies == [b"1", b"2", b"3", b"4"]


async def test_a_crash_between_the_work_and_its_acknowledgement_redelivers_with_a_count(
    engine: Engine,
) -> None:
    async def crash(_delivery: Delivery) -> Answer:
        raise Crash

    engine.bus.subscribe(RAIL, crash)
    await publish(engine, RAIL, b"1", b"2")
    with pytest.raises(Crash):
        await engine.deliver_one_round()
    await engine.restart()

    consumer = Consumer()
    engine.bus.subscribe(RAIL, consumer)
    await settle(engine)

    assert [(d.body, d.redeliveries) for d in consumer.seen] == [(b"1", 1), (b"2", 0)]


async def test_the_same_message_id_twice_is_delivered_twice(engine: Engine) -> None:
    consumer = Consumer()
    engine.bus.subscribe(RAIL, consumer)

    await engine.bus.publish(RAIL, b"packet", message_id="same", sender="court")
    await engine.bus.publish(RAIL, b"packet", message_id="same", sender="court")
    await settle(engine)

    assert consumer.bodies == [b"packet", b"packet"]


async def test_a_poison_message_dies_with_its_reason_and_the_queue_goes_on(engine: Engine) -> None:
    consumer = Consumer(script=[Refused("bad-signature")])
    engine.bus.subscribe(RAIL, consumer)

    await publish(engine, RAIL, b"poison", b"good")
    await settle(engine)

    assert consumer.bodies == [b"poison", b"good"]
    assert await engine.bus.dead_letters() == [
        DeadLetter(
            queue=RAIL, message_id="orders.rail.1/0", sender="court", reason="bad-signature", died_at=START
        )
    ]


async def test_dead_letters_survive_a_restart(engine: Engine) -> None:
    engine.bus.subscribe(RAIL, Consumer(script=[Refused("not-json")]))
    await publish(engine, RAIL, b"poison")
    await settle(engine)
    await engine.restart()

    assert reasons(await engine.bus.dead_letters()) == ["not-json"]


async def test_trouble_of_the_consumer_stops_its_queue_until_it_is_over_and_loses_nothing(
    engine: Engine, clock: Clock
) -> None:
    consumer = Consumer(script=[Later("database"), Later("database")])
    engine.bus.subscribe(RAIL, consumer)
    await publish(engine, RAIL, b"1", b"2")

    await settle(engine)
    first_due = await engine.next_due()
    clock.jump(1)
    await settle(engine)
    second_due = await engine.next_due()
    clock.jump(2)
    await settle(engine)

    assert consumer.bodies == [b"1", b"1", b"1", b"2"]
    assert (first_due, second_due) == (START + timedelta(seconds=1), START + timedelta(seconds=3))
    assert (await engine.next_due(), await engine.bus.dead_letters()) == (None, [])


async def test_trouble_that_lasts_never_kills_a_message(engine: Engine, clock: Clock) -> None:
    consumer = Consumer(script=[Later("key")] * 30)
    engine.bus.subscribe(RAIL, consumer)
    await publish(engine, RAIL, b"1")

    await settle_each_minute(engine, clock, minutes=31)

    assert len(consumer.seen) == 31
    assert consumer.seen[-1].redeliveries == 30
    assert await engine.bus.dead_letters() == []


async def test_a_consumer_that_fails_is_in_trouble_and_the_message_waits(
    engine: Engine, clock: Clock
) -> None:
    async def fail(_delivery: Delivery) -> Answer:
        raise ZeroDivisionError

    engine.bus.subscribe(RAIL, fail)
    await publish(engine, RAIL, b"1")
    await settle(engine)
    clock.jump(60)

    mended = Consumer()
    engine.bus.subscribe(RAIL, mended)
    await settle(engine)

    assert [(d.body, d.redeliveries) for d in mended.seen] == [(b"1", 1)]
    assert await engine.bus.dead_letters() == []


async def test_a_flooded_queue_delays_no_other(engine: Engine) -> None:
    rail, police = Consumer(), Consumer()
    engine.bus.subscribe(RAIL, rail)
    engine.bus.subscribe(POLICE, police)
    await publish(engine, RAIL, *[b"flood"] * 50)
    await publish(engine, POLICE, b"stand-down")

    await engine.deliver_one_round()

    assert (police.bodies, len(rail.seen)) == ([b"stand-down"], 1)


async def test_a_stopped_queue_delays_no_other(engine: Engine) -> None:
    rail, police = Consumer(script=[Later("lock")]), Consumer()
    engine.bus.subscribe(RAIL, rail)
    engine.bus.subscribe(POLICE, police)
    await publish(engine, RAIL, b"1")
    await publish(engine, POLICE, b"1", b"2", b"3")

    await settle(engine)

    assert (police.bodies, rail.bodies) == ([b"1", b"2", b"3"], [b"1"])


async def test_nothing_waits_nothing_is_done(engine: Engine) -> None:
    engine.bus.subscribe(RAIL, Consumer())

    assert await engine.deliver_one_round() is False


async def test_the_wiring_of_tests_refuses_a_publish_inside_a_transaction(
    engine: Engine, tmp_path: Path
) -> None:
    guarded = GuardedBus(engine.bus)
    court = await SqliteDatabase.open(tmp_path / "court.sqlite")

    async with court.transaction():
        with pytest.raises(AssertionError, match="while holding a transaction"):
            await guarded.publish(RAIL, b"1", message_id="m-1", sender="court")
    await guarded.publish(RAIL, b"1", message_id="m-1", sender="court")

    await court.close()


def reasons(letters: Sequence[DeadLetter]) -> list[str]:
    return [letter.reason for letter in letters]
