"""The consumers of a broker's queues, where the client itself fails in a way that nobody foresaw."""

import asyncio
from typing import Any

import pytest

from adapters.bus.port import Accepted
from adapters.bus.rabbitmq import consumers
from adapters.bus.rabbitmq.consumers import Consumers, Ways
from adapters.machine import SystemClock


class BrokenClient:
    """A connection that gives no channel."""

    is_closed = False

    def __init__(self) -> None:
        self.asked: asyncio.Queue[None] = asyncio.Queue()

    def channel(self, **_options: Any) -> Any:
        self.asked.put_nowait(None)
        raise ZeroDivisionError


async def nothing(*_given: Any) -> Any:
    return [Accepted()]


async def test_no_error_ends_a_consumer_in_silence(
    monkeypatch: pytest.MonkeyPatch, logged: list[dict[str, Any]]
) -> None:
    monkeypatch.setattr(consumers, "RECONNECT_AT_MOST_S", 0)
    ways = Ways(now=SystemClock().now, pause=nothing, bury=nothing, settled=print, told=print)
    court = Consumers(ways)
    court.subscribe("from.rail", nothing)
    client: Any = BrokenClient()
    serving = asyncio.create_task(court.serve(client))

    async with asyncio.timeout(10):
        await client.asked.get()
        await client.asked.get()
    serving.cancel()
    await asyncio.wait({serving})

    assert {(line["event"], line["queue"], line["error"]) for line in logged} == {
        ("consumer-ended", "from.rail", "ZeroDivisionError")
    }
