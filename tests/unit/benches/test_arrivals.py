"""Hits by the clock, and how their latencies are read."""

import asyncio

from scripts.benches.arrivals import offer, percentile


async def test_a_hit_that_waits_delays_no_other_and_counts_its_wait() -> None:
    answered = asyncio.Event()
    begun: list[int] = []

    async def hit(position: int) -> str:
        begun.append(position)
        if position == 2:
            answered.set()
        await answered.wait()
        return f"use-{position}"

    offered = await asyncio.wait_for(offer(hit, rate=1000, count=3), timeout=10)

    assert begun == [0, 1, 2]
    assert [event for _, event in offered] == ["use-0", "use-1", "use-2"]
    first, second, third = [due for due, _ in offered]
    assert (round(1000 * (second - first)), round(1000 * (third - first))) == (1, 2)


def test_a_percentile_is_a_value_that_was_measured() -> None:
    hundred = [float(value) for value in range(1, 101)]

    assert [percentile(hundred, share) for share in (0.5, 0.99, 1.0)] == [50.0, 99.0, 100.0]
    assert percentile([7.0], 0.99) == 7.0
