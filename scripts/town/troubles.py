"""Strikes a town at random: programs and servers are killed and started again, the provider has its moods.

What must not break: every strike is mended, also when the troubles are called off in its midst; the same seed
strikes in the same order.
"""

import asyncio
import random
import signal
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from typing import Final

from scripts.clocks import Stopwatch
from scripts.engines.processes import EngineFailed
from scripts.town.program import Program
from scripts.town.provider import TROUBLES
from scripts.town.town import Town

SHORTEST_PEACE_S: Final = 1.0
LONGEST_PEACE_S: Final = 4.0
SHORTEST_DEATH_S: Final = 0.1
LONGEST_DEATH_S: Final = 2.0
SHORTEST_MOOD_S: Final = 1.0
LONGEST_MOOD_S: Final = 5.0
TRIES_TO_START: Final = 20
LOSES_NOTHING: Final = "takes and does not answer"
LOSES_AGAIN_AFTER_S: Final = 60.0
"""What a provider has lost is sent once more, half a minute later at the latest, and never a third time: it
must not be lost again.
"""
DECK: Final = (
    *("serve-one", "serve-two", "postgresql") * 2,
    *("adapter-rail", "adapter-police", "adapter-border", "adapter-exit-entry"),
    *("rabbitmq", "provider", "provider"),
)
"""What is struck how often, in random order, before it all begins anew."""


class Troubles:
    def __init__(self, town: Town, chance: random.Random, say: Callable[[str], None]) -> None:
        self._town = town
        self._chance = chance
        self._say = say
        self._programs = {program.name: program for program in town.programs}
        self._watch = Stopwatch()
        self._lost_at_s: float | None = None
        self._down: set[str] = set()
        self._are_over = asyncio.Event()
        self.struck: Counter[str] = Counter()

    def call_off(self) -> None:
        """No further strike; what is down is mended."""
        self._are_over.set()

    async def go_on(self) -> None:
        """Strike until called off; returns once everything is mended."""
        deck: deque[str] = deque()
        self._watch = Stopwatch()
        async with asyncio.TaskGroup() as group:
            while not self._are_over.is_set():
                if not deck:
                    deck.extend(self._chance.sample(DECK, len(DECK)))
                target = deck.popleft()
                if target not in self._down:
                    self._down.add(target)
                    group.create_task(self._strike(target))
                await self._rest(self._chance.uniform(SHORTEST_PEACE_S, LONGEST_PEACE_S))

    async def _strike(self, target: str) -> None:
        pause_s = self._chance.uniform(SHORTEST_DEATH_S, LONGEST_DEATH_S)
        if target == "provider":
            await self._mood()
        elif target == "postgresql":
            self._tell(target)
            await self._town.ground.postgres.stop(signal.SIGKILL)
            await self._rest(pause_s)
            await _start_again(self._town.ground.postgres.start)
        elif target == "rabbitmq":
            self._tell(target)
            await self._town.ground.rabbit.stop(signal.SIGKILL)
            await self._rest(pause_s)
            await _start_again(self._town.ground.rabbit.start)
        else:
            await self._kill(self._programs[target], pause_s)
        self._down.discard(target)

    async def _kill(self, program: Program, pause_s: float) -> None:
        self._tell(program.name)
        await program.end(signal.SIGKILL)
        await self._rest(pause_s)
        await program.start()

    async def _mood(self) -> None:
        mood = self._chance.choice(sorted(TROUBLES))
        lasts_s = self._chance.uniform(SHORTEST_MOOD_S, LONGEST_MOOD_S)
        if self._lost_at_s is not None and self._watch.seconds - self._lost_at_s < LOSES_AGAIN_AFTER_S:
            mood = LOSES_NOTHING
        self._tell(f"provider {mood}")
        self._town.provider.has_trouble(mood)
        await self._rest(lasts_s)
        self._town.provider.recovers()
        if mood != LOSES_NOTHING:
            self._lost_at_s = self._watch.seconds

    async def _rest(self, seconds: float) -> None:
        """So long, or until it is all called off."""
        waiting = asyncio.ensure_future(self._are_over.wait())
        await asyncio.wait({waiting}, timeout=seconds)
        waiting.cancel()

    def _tell(self, what: str) -> None:
        self.struck[what] += 1
        self._say(f"{self._watch.seconds:7.1f} s  {what}")


async def _start_again(start: Callable[[], Awaitable[None]]) -> None:
    """A server whose former life still lets go of its memory and ports refuses at first."""
    for _ in range(TRIES_TO_START):
        try:
            await start()
        except EngineFailed:
            await asyncio.sleep(SHORTEST_DEATH_S)
        else:
            return
    await start()
