"""Work that is done together: what is asked for while one round is under way goes into the next.

What must not break: who asks hears what became of their own; nobody who leaves ends the work of the others.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")

Round = Callable[[Callable[[], Sequence[T]]], Awaitable[Sequence[R]]]
"""Calls what it is given once, for everything asked for by then; returns what became of each, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked(Generic[T, R]):
    item: T
    outcome: asyncio.Future[R]


class Together(Generic[T, R]):
    """Who asks alone waits for nobody."""

    def __init__(self, work: Round[T, R]) -> None:
        self._work = work
        self._asked: list[_Asked[T, R]] = []
        self._rounds: asyncio.Task[None] | None = None

    async def do(self, item: T) -> R:
        """What became of it; raises what ended its round."""
        asked: _Asked[T, R] = _Asked(item=item, outcome=asyncio.get_running_loop().create_future())
        self._asked.append(asked)
        if self._rounds is None or self._rounds.done():
            self._rounds = asyncio.create_task(self._keep_working())
        return await asked.outcome

    async def close(self) -> None:
        """Return once the rounds under way have ended."""
        if self._rounds is not None:
            await asyncio.wait({self._rounds})

    async def _keep_working(self) -> None:
        while self._asked:
            await self._do_round()

    async def _do_round(self) -> None:
        taken: list[_Asked[T, R]] = []

        def take() -> Sequence[T]:
            taken.extend(self._asked)
            self._asked.clear()
            return [one.item for one in taken]

        try:
            results = await self._work(take)
            if len(results) != len(taken):
                raise ValueError(f"{len(results)} outcomes of a round of {len(taken)}")
        except Exception as error:
            if not taken:
                # Before it took anything, it failed for everybody.
                take()
            failure = error
            _tell(taken, lambda outcome, _: outcome.set_exception(failure))
        except BaseException:
            take()
            _tell(taken, lambda outcome, _: outcome.cancel())
            raise
        else:
            _tell(taken, lambda outcome, place: outcome.set_result(results[place]))


def _tell(taken: Sequence[_Asked[T, R]], word: Callable[[asyncio.Future[R], int], object]) -> None:
    """To those who still wait."""
    for place, one in enumerate(taken):
        if not one.outcome.done():
            word(one.outcome, place)
