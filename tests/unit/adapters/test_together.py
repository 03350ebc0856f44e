"""What is asked for while a round is under way goes into the next, and each asker hears of their own."""

import asyncio
from collections.abc import Callable, Sequence

import pytest

from adapters.together import Together
from tests.awaited import awaited


class Away(Exception):
    """The work cannot be done."""


class Bench:
    """Doubles numbers, a round at a time, once it is let."""

    def __init__(self) -> None:
        self.rounds: list[list[int]] = []
        self.may_go_on = asyncio.Event()
        self.is_away = False
        self.together = Together(self._double)

    async def _double(self, take: Callable[[], Sequence[int]]) -> Sequence[int]:
        if self.is_away:
            raise Away
        numbers = list(take())
        self.rounds.append(numbers)
        await self.may_go_on.wait()
        if 13 in numbers:
            raise Away
        return [2 * number for number in numbers]

    def asks(self, number: int) -> "asyncio.Task[int]":
        return asyncio.create_task(self.together.do(number))


async def under_way(bench: Bench, rounds: int) -> None:
    async with awaited(f"{rounds} rounds of the work"):
        while len(bench.rounds) < rounds:  # noqa: ASYNC110 - the bench tells nobody
            await asyncio.sleep(0)


async def test_what_comes_meanwhile_is_done_together() -> None:
    bench = Bench()
    first = bench.asks(1)
    await under_way(bench, 1)
    others = [bench.asks(number) for number in (2, 3)]
    await asyncio.sleep(0)
    bench.may_go_on.set()

    assert [await one for one in (first, *others)] == [2, 4, 6]
    assert bench.rounds == [[1], [2, 3]]


async def test_a_round_that_fails_fails_for_its_own() -> None:
    bench = Bench()
    first = bench.asks(1)
    await under_way(bench, 1)
    unlucky = [bench.asks(number) for number in (13, 4)]
    await asyncio.sleep(0)
    bench.may_go_on.set()

    assert await first == 2
    for one in unlucky:
        with pytest.raises(Away):
            await one
    assert await bench.together.do(5) == 10


async def test_what_fails_before_it_takes_anything_fails_for_those_who_asked() -> None:
    bench = Bench()
    bench.is_away = True

    with pytest.raises(Away):
        await bench.together.do(1)

    bench.is_away = False
    bench.may_go_on.set()
    assert await bench.together.do(2) == 4


async def test_who_leaves_does_not_end_the_work_of_the_others() -> None:
    bench = Bench()
    leaves, stays = bench.asks(1), bench.asks(2)
    await under_way(bench, 1)
    leaves.cancel()
    await asyncio.sleep(0)
    bench.may_go_on.set()

    assert await stays == 4
    assert leaves.cancelled()


async def test_who_asked_while_a_round_failed_is_not_failed_with_it() -> None:
    bench = Bench()
    unlucky = bench.asks(13)
    await under_way(bench, 1)
    other = bench.asks(4)
    await asyncio.sleep(0)
    bench.may_go_on.set()

    with pytest.raises(Away):
        await unlucky
    assert await other == 8


async def test_closing_waits_for_the_round_under_way() -> None:
    bench = Bench()
    leaves = bench.asks(1)
    await under_way(bench, 1)
    leaves.cancel()
    closing = asyncio.create_task(bench.together.close())
    await asyncio.sleep(0)
    assert not closing.done()

    bench.may_go_on.set()
    await closing
    assert bench.rounds == [[1]]


async def test_what_was_never_asked_is_closed_at_once() -> None:
    await Bench().together.close()
