"""What a consumer of the broker has in hand."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from adapters.bus.port import Accepted, Answer, Delivery, Later, Refused
from adapters.bus.rabbitmq import consumers
from scripts.clocks import JumpingClock
from tests.awaited import awaited
from tests.contract.bus.engines import Rabbit
from tests.contract.bus.test_bus import RAIL, START, publish
from tests.engines import Servers


@pytest.fixture
async def engine(tmp_path: Path, servers: Servers) -> AsyncIterator[Rabbit]:
    started = await Rabbit.start(tmp_path, JumpingClock(START), servers)
    yield started
    await started.close()


async def test_it_comes_as_one_set_and_one_refusal_costs_no_other(engine: Rabbit) -> None:
    sets: list[list[bytes]] = []
    has_begun, may_end = asyncio.Event(), asyncio.Event()

    async def take(deliveries: Sequence[Delivery]) -> Sequence[Answer]:
        sets.append([one.body for one in deliveries])
        has_begun.set()
        await may_end.wait()
        return [Refused("not-json") if one.body == b"3" else Accepted() for one in deliveries]

    engine.bus.subscribe_to_sets(RAIL, take)
    await engine.bus.publish(RAIL, b"0", message_id="first", sender="court")
    async with awaited("the consumer has begun"):
        await has_begun.wait()
    await publish(engine, RAIL, b"1", b"2", b"3", b"4")
    await engine.until_handed_over(RAIL)
    may_end.set()
    await engine.settle()

    assert [body for one in sets for body in one] == [b"0", b"1", b"2", b"3", b"4"]
    assert max(len(one) for one in sets) > 1
    assert [letter.message_id for letter in await engine.bus.dead_letters()] == [f"{RAIL}/2"]


async def test_who_rests_for_a_long_time_ends_at_once_when_it_is_to_end(
    engine: Rabbit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "FINISHES_WITHIN_S", 3600.0)

    async def is_in_trouble(_deliveries: Sequence[Delivery]) -> Sequence[Answer]:
        return [Later("database")]

    engine.bus.subscribe_to_sets(RAIL, is_in_trouble)
    await publish(engine, RAIL, b"1")
    await engine.settle()

    async with awaited("the consumer has ended, though its rest has not"):
        await engine.close()
