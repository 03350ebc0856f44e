"""What one consumer holds of its queue, in order: handed over by the broker and not settled yet."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Sequence
from itertools import islice

from aio_pika.abc import AbstractIncomingMessage

from adapters.bus.port import Delivery
from adapters.bus.rabbitmq.letters import delivery_of


class Hand:
    """Messages on one channel. Once it is closed they are the broker's again."""

    def __init__(self) -> None:
        self.messages: deque[AbstractIncomingMessage] = deque()
        self._changed = asyncio.Event()
        self._is_closed = False
        self._is_roused = asyncio.Event()
        self._tries = 0
        self._one_by_one = 0

    async def take(self, message: AbstractIncomingMessage) -> None:
        self.messages.append(message)
        self._changed.set()

    def close(self) -> None:
        self._is_closed = True
        self._changed.set()
        self.rouse()

    def rouse(self) -> None:
        """Whoever is handed what is in hand from now on need not wait out a rest of the former."""
        self._is_roused.set()

    async def rest(self, pause: Awaitable[None]) -> None:
        """Until the pause is over, or something else than time has changed since the last hand-over."""
        pausing, rousing = asyncio.ensure_future(pause), asyncio.ensure_future(self._is_roused.wait())
        try:
            await asyncio.wait((pausing, rousing), return_when=asyncio.FIRST_COMPLETED)
        finally:
            pausing.cancel()
            rousing.cancel()
            await asyncio.gather(pausing, rousing, return_exceptions=True)

    async def is_filled(self) -> bool:
        """Wait for a message; False: there will be none any more."""
        while not (self.messages or self._is_closed):
            self._changed.clear()
            await self._changed.wait()
        return not self._is_closed

    def deliveries(self, queue: str, at_once: int) -> Sequence[Delivery]:
        """The oldest, one alone while a set was in trouble; the first with how often it was tried here."""
        if not self._is_closed:
            self._is_roused.clear()
        count = 1 if self._one_by_one else at_once
        return [
            delivery_of(queue, message, 0 if position else self._tries)
            for position, message in enumerate(islice(self.messages, count))
        ]

    def drop(self) -> None:
        """The oldest is settled."""
        self.messages.popleft()
        self._tries = 0
        self._one_by_one = max(0, self._one_by_one - 1)

    def trouble(self, messages: int) -> None:
        """The oldest was not settled; those that were handed over with it go one by one from now on."""
        self._tries += 1
        self._one_by_one = max(self._one_by_one, messages if messages > 1 else 0)
