"""What every bus engine promises: nothing lost, order, redelivery with a count, dead letters, fair turns."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.bus.port import Accepted, Answer, DeadLetter, Delivery, Later, Refused
from adapters.sqlite import SqliteDatabase
from scripts.clocks import JumpingClock
from tests.awaited import awaited
from tests.contract.bus.engines import ByFolder, Embedded, EmbeddedGuarded, Engine, Rabbit
from tests.contract.bus.guarded import GuardedBus
from tests.engines import Servers

RAIL = "orders.rail.one"
POLICE = "orders.police.one"
START = datetime(2026, 2, 24, 1, 0, tzinfo=UTC)


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


@dataclass
class SetConsumer:
    """Answers as many of a set as the script says, then all; remembers the bodies of each set."""

    script: list[Sequence[Answer] | Exception] = field(default_factory=list)
    sets: list[list[bytes]] = field(default_factory=list)
    accepted: list[bytes] = field(default_factory=list)

    async def __call__(self, deliveries: Sequence[Delivery]) -> Sequence[Answer]:
        bodies = [delivery.body for delivery in deliveries]
        self.sets.append(bodies)
        answers = self.script.pop(0) if self.script else [Accepted()] * len(deliveries)
        if isinstance(answers, Exception):
            raise answers
        self.accepted += [body for body, one in zip(bodies, answers, strict=False) if one == Accepted()]
        return answers


Start = Callable[[Path, JumpingClock, Servers], Awaitable[Engine]]


@pytest.fixture
def clock() -> JumpingClock:
    return JumpingClock(START)


@pytest.fixture(params=[Embedded.start, EmbeddedGuarded.start, ByFolder.start, Rabbit.start])
async def engine(
    request: pytest.FixtureRequest, tmp_path: Path, clock: JumpingClock, servers: Servers
) -> AsyncIterator[Engine]:
    start: Start = request.param
    started = await start(tmp_path, clock, servers)
    yield started
    await started.close()


def jump(clock: JumpingClock, *, seconds: float) -> None:
    clock.move_to(clock.now() + timedelta(seconds=seconds))


async def publish(engine: Engine, queue: str, *bodies: bytes) -> None:
    for number, body in enumerate(bodies):
        await engine.bus.publish(queue, body, message_id=f"{queue}/{number}", sender="court")


async def settle_each_minute(engine: Engine, clock: JumpingClock, *, minutes: int) -> None:
    for _ in range(minutes):
        await engine.settle()
        jump(clock, seconds=60)


async def test_a_message_reaches_its_consumer_with_the_sender_the_engine_knows(engine: Engine) -> None:
    consumer = Consumer()
    engine.bus.subscribe("from.rail", consumer)

    await engine.bus.publish("from.rail", b"sighting", message_id="m-1", sender="agency.rail")
    await engine.settle()

    assert consumer.seen == [
        Delivery(queue="from.rail", message_id="m-1", sender="agency.rail", body=b"sighting", redeliveries=0)
    ]


async def test_an_accepted_message_is_gone(engine: Engine) -> None:
    engine.bus.subscribe(RAIL, Consumer())
    await publish(engine, RAIL, b"1")
    await engine.settle()

    successor = Consumer()
    await engine.restart()
    engine.bus.subscribe(RAIL, successor)
    await engine.settle()

    assert successor.seen == []


async def test_what_was_published_survives_a_restart_and_waits_for_its_consumer(engine: Engine) -> None:
    await publish(engine, RAIL, b"1", b"2")
    await engine.restart()

    consumer = Consumer()
    engine.bus.subscribe(RAIL, consumer)
    await engine.settle()

    assert consumer.bodies == [b"1", b"2"]


async def test_a_queue_keeps_its_order(engine: Engine) -> None:
    consumer = Consumer()
    engine.bus.subscribe(RAIL, consumer)

    await publish(engine, RAIL, b"1", b"2", b"3", b"4")
    await engine.settle()

    assert consumer.bodies == [b"1", b"2", b"3", b"4"]


async def test_a_crash_between_the_work_and_its_acknowledgement_redelivers_with_a_count(
    engine: Engine,
) -> None:
    begun = asyncio.Event()

    async def work_and_never_end(_delivery: Delivery) -> Answer:
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError

    engine.bus.subscribe(RAIL, work_and_never_end)
    await publish(engine, RAIL, b"1", b"2")
    working = asyncio.create_task(engine.settle())
    async with awaited("the consumer has begun"):
        await begun.wait()
    await engine.die()
    working.cancel()
    await engine.restart()

    consumer = Consumer()
    engine.bus.subscribe(RAIL, consumer)
    await engine.settle()

    assert consumer.bodies == [b"1", b"2"]
    assert consumer.seen[0].redeliveries == 1


async def test_the_same_message_id_twice_is_delivered_twice(engine: Engine) -> None:
    consumer = Consumer()
    engine.bus.subscribe(RAIL, consumer)

    await engine.bus.publish(RAIL, b"packet", message_id="same", sender="court")
    await engine.bus.publish(RAIL, b"packet", message_id="same", sender="court")
    await engine.settle()

    assert consumer.bodies == [b"packet", b"packet"]


async def test_a_poison_message_dies_with_its_reason_and_the_queue_goes_on(engine: Engine) -> None:
    consumer = Consumer(script=[Refused("bad-signature")])
    engine.bus.subscribe(RAIL, consumer)

    await publish(engine, RAIL, b"poison", b"good")
    await engine.settle()

    assert consumer.bodies == [b"poison", b"good"]
    assert await engine.bus.dead_letters() == [
        DeadLetter(
            queue=RAIL, message_id="orders.rail.one/0", sender="court", reason="bad-signature", died_at=START
        )
    ]


async def test_dead_letters_survive_a_restart(engine: Engine) -> None:
    engine.bus.subscribe(RAIL, Consumer(script=[Refused("not-json")]))
    await publish(engine, RAIL, b"poison")
    await engine.settle()
    await engine.restart()

    assert reasons(await engine.bus.dead_letters()) == ["not-json"]


async def test_one_letter_is_discarded_by_its_mark_and_another_of_the_same_id_stays(engine: Engine) -> None:
    engine.bus.subscribe(RAIL, Consumer(script=[Refused("not-json"), Refused("bad-signature")]))
    await engine.bus.publish(RAIL, b"poison", message_id="same", sender="court")
    await engine.bus.publish(RAIL, b"forged", message_id="same", sender="court")
    await engine.settle()
    _, forged = await engine.bus.dead_letters()
    assert await engine.bus.discard(forged.mark)
    assert not await engine.bus.discard(forged.mark)
    assert reasons(await engine.bus.dead_letters()) == ["not-json"]


async def test_trouble_of_the_consumer_stops_its_queue_until_it_is_over_and_loses_nothing(
    engine: Engine, clock: JumpingClock
) -> None:
    consumer = Consumer(script=[Later("database"), Later("database")])
    engine.bus.subscribe(RAIL, consumer)
    await publish(engine, RAIL, b"1", b"2")

    await engine.settle()
    first_due = await engine.next_due()
    jump(clock, seconds=1)
    await engine.settle()
    second_due = await engine.next_due()
    jump(clock, seconds=2)
    await engine.settle()

    assert consumer.bodies == [b"1", b"1", b"1", b"2"]
    assert (first_due, second_due) == (START + timedelta(seconds=1), START + timedelta(seconds=3))
    assert (await engine.next_due(), await engine.bus.dead_letters()) == (None, [])


async def test_trouble_that_lasts_never_kills_a_message(engine: Engine, clock: JumpingClock) -> None:
    consumer = Consumer(script=[Later("key")] * 30)
    engine.bus.subscribe(RAIL, consumer)
    await publish(engine, RAIL, b"1")

    await settle_each_minute(engine, clock, minutes=31)

    assert len(consumer.seen) == 31
    assert consumer.seen[-1].redeliveries == 30
    assert await engine.bus.dead_letters() == []


async def test_a_consumer_that_fails_is_in_trouble_and_the_message_waits(
    engine: Engine, clock: JumpingClock
) -> None:
    async def fail(_delivery: Delivery) -> Answer:
        raise ZeroDivisionError

    engine.bus.subscribe(RAIL, fail)
    await publish(engine, RAIL, b"1")
    await engine.settle()
    jump(clock, seconds=60)

    mended = Consumer()
    engine.bus.subscribe(RAIL, mended)
    await engine.settle()

    assert [(d.body, d.redeliveries) for d in mended.seen] == [(b"1", 1)]
    assert await engine.bus.dead_letters() == []


async def test_whoever_takes_a_resting_queue_over_need_not_wait_out_its_rest(engine: Engine) -> None:
    engine.bus.subscribe(RAIL, Consumer(script=[Later("database")]))
    await publish(engine, RAIL, b"1", b"2")
    await engine.settle()

    successor = Consumer()
    engine.bus.subscribe(RAIL, successor)
    await engine.settle()

    assert successor.bodies == [b"1", b"2"]


async def test_a_flooded_queue_delays_no_other(engine: Engine) -> None:
    handled: list[bytes] = []

    async def work(delivery: Delivery) -> Answer:
        handled.append(delivery.body)
        await asyncio.sleep(0.01)
        return Accepted()

    engine.bus.subscribe(RAIL, work)
    engine.bus.subscribe(POLICE, work)
    await publish(engine, RAIL, *[b"flood"] * 50)
    await publish(engine, POLICE, b"stand-down")

    await engine.settle()

    assert len(handled) == 51
    assert handled[-1] == b"flood", "what came last to another queue did not wait for the flood to be over"


async def test_a_stopped_queue_delays_no_other(engine: Engine) -> None:
    rail, police = Consumer(script=[Later("lock")]), Consumer()
    engine.bus.subscribe(RAIL, rail)
    engine.bus.subscribe(POLICE, police)
    await publish(engine, RAIL, b"1")
    await publish(engine, POLICE, b"1", b"2", b"3")

    await engine.settle()

    assert (police.bodies, rail.bodies) == ([b"1", b"2", b"3"], [b"1"])


async def test_a_refused_message_is_replayed_as_it_first_came(engine: Engine) -> None:
    consumer = Consumer(script=[Refused("unknown version"), Accepted()])
    engine.bus.subscribe("from.rail", consumer)
    await engine.bus.publish("from.rail", b"sighting", message_id="m-1", sender="agency.rail")
    await engine.settle()

    replayed = await engine.bus.replay(["m-1"])
    await engine.settle()

    assert set(replayed) == {"m-1"}
    assert [(d.message_id, d.sender, d.body) for d in consumer.seen] == [
        ("m-1", "agency.rail", b"sighting"),
        ("m-1", "agency.rail", b"sighting"),
    ]
    assert await engine.bus.dead_letters() == []


async def test_what_nobody_refused_cannot_be_replayed(engine: Engine) -> None:
    assert not await engine.bus.replay(["m-1"])


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


async def test_a_set_is_what_waits_in_its_order(engine: Engine) -> None:
    await publish(engine, RAIL, b"1", b"2", b"3")
    consumer = SetConsumer()
    engine.bus.subscribe_to_sets(RAIL, consumer)
    await engine.settle()

    assert [body for one in consumer.sets for body in one] == [b"1", b"2", b"3"]
    assert consumer.accepted == [b"1", b"2", b"3"]


async def test_what_a_set_leaves_unanswered_is_handed_over_again(engine: Engine) -> None:
    await publish(engine, RAIL, b"1", b"2", b"3")
    consumer = SetConsumer(script=[[Accepted()]])
    engine.bus.subscribe_to_sets(RAIL, consumer)
    await engine.settle()

    assert consumer.accepted == [b"1", b"2", b"3"]
    assert len(consumer.sets) >= 2


async def test_a_refusal_inside_a_set_is_of_that_message_alone(engine: Engine) -> None:
    await publish(engine, RAIL, b"1", b"2", b"3")

    async def refuse_the_second(deliveries: Sequence[Delivery]) -> Sequence[Answer]:
        return [Refused("not-json") if one.body == b"2" else Accepted() for one in deliveries]

    engine.bus.subscribe_to_sets(RAIL, refuse_the_second)
    await engine.settle()

    assert [letter.message_id for letter in await engine.bus.dead_letters()] == [f"{RAIL}/1"]


@pytest.mark.parametrize("trouble", [[Later("away")], RuntimeError("away")])
async def test_after_trouble_the_messages_of_the_set_come_one_by_one(
    engine: Engine, clock: JumpingClock, trouble: Sequence[Answer] | Exception
) -> None:
    await publish(engine, RAIL, b"1", b"2", b"3")
    consumer = SetConsumer(script=[trouble])
    engine.bus.subscribe_to_sets(RAIL, consumer)
    await settle_each_minute(engine, clock, minutes=2)

    first, *others = consumer.sets
    assert first[0] == b"1"
    assert others[: len(first)] == [[body] for body in (b"1", b"2", b"3")[: len(first)]]
    assert consumer.accepted == [b"1", b"2", b"3"]
