"""Hits under way at any time, and what is counted of them."""

import asyncio

from scripts.benches.hits import Window


async def test_hits_that_come_out_all_at_once_are_counted_from_their_first() -> None:
    over = asyncio.Event()
    taken: list[int] = []

    async def hit(position: int) -> None:
        taken.append(position)
        if position == 19:
            over.set()

    async def reach(count: int) -> None:
        if count > 0:
            await over.wait()

    window = Window(hit=hit, done=lambda: len(taken), reach=reach, under_way=256)
    rate, cost_s = await window.run(20)

    assert len(taken) == 20
    assert (rate > 0, cost_s >= 0) == (True, True)
