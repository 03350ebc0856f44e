"""The consumers of one user: each queue has a channel of its own and is handled in order.

What must not break: a message in trouble stays in hand, unacknowledged, until its consumer is well again; a
refused one is acknowledged only after the broker has confirmed it among the dead letters.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from traceback import format_tb
from typing import Final, assert_never

import structlog
from aio_pika.abc import AbstractConnection, AbstractIncomingMessage

from adapters.bus.backoff import Backoff, next_backoff
from adapters.bus.port import Accepted, Answer, Delivery, Handler, Later, Refused
from adapters.bus.rabbitmq.letters import delivery_of
from adapters.bus.rabbitmq.line import RECONNECT_AT_MOST_S, TROUBLE

PREFETCH: Final = 50
FINISHES_WITHIN_S: Final = 3.0
"""How long a handler under way may go on when the connection ends."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """What the consumers are given. `pause` waits by the same clock as `now`; `bury` returns once a refused
    message is safe among the dead; `told` hears of every message that is settled or rests.
    """

    now: Callable[[], datetime]
    pause: Callable[[float], Awaitable[None]]
    bury: Callable[[AbstractIncomingMessage, Delivery, str], Awaitable[None]]
    settled: Callable[[str], None]
    told: Callable[[], None]


class Consumers:
    def __init__(self, ways: Ways) -> None:
        self._ways = ways
        self._connection: AbstractConnection | None = None
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self.handlers: dict[str, Handler] = {}
        self.backoffs: dict[str, Backoff] = {}

    def subscribe(self, queue: str, handler: Handler) -> None:
        self.handlers[queue] = handler
        self.backoffs.pop(queue, None)
        if self._connection is not None:
            self._begin(self._connection, queue)

    async def serve(self, connection: AbstractConnection) -> None:
        """Consume every queue on a connection, until cancelled."""
        self._connection = connection
        try:
            for queue in self.handlers:
                self._begin(connection, queue)
            await asyncio.Event().wait()
        finally:
            self._connection = None
            tasks, self._tasks = list(self._tasks.values()), {}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, connection: AbstractConnection, queue: str) -> None:
        former = self._tasks.get(queue)
        if former is None or former.done():
            consuming = self._keep_consuming(connection, queue)
            self._tasks[queue] = asyncio.create_task(consuming, name=f"consumer of {queue}")

    async def _keep_consuming(self, connection: AbstractConnection, queue: str) -> None:
        """Take the messages of a queue one after the other; a queue that is not there yet is asked again."""
        while not connection.is_closed:
            try:
                await self._take_all(connection, queue)
            except TROUBLE as error:
                reason = f"{type(error).__name__}: is the queue there? run `tracker broker setup`"
                _log.warning("queue-not-consumed", queue=queue, reason=reason)
            await asyncio.sleep(RECONNECT_AT_MOST_S)

    async def _take_all(self, connection: AbstractConnection, queue: str) -> None:
        """On a channel of its own, which a fault of this queue may cost."""
        waiting: asyncio.Queue[AbstractIncomingMessage | None] = asyncio.Queue()

        async def arrive(message: AbstractIncomingMessage) -> None:
            waiting.put_nowait(message)

        async with connection.channel(publisher_confirms=False) as channel:
            channel.close_callbacks.add(lambda *_: waiting.put_nowait(None))
            await channel.set_qos(prefetch_count=PREFETCH)
            source = await channel.get_queue(queue, ensure=False)
            await source.consume(arrive)
            while (message := await waiting.get()) is not None:
                await _let_finish(self._take(queue, message))

    async def _take(self, queue: str, message: AbstractIncomingMessage) -> None:
        """Hand a message over until it is accepted or refused."""
        tries = 0
        while True:
            delivery = delivery_of(queue, message, tries)
            answer = await self._ask(delivery)
            match answer:
                case Accepted():
                    await message.ack()
                case Refused(reason=reason):
                    await self._ways.bury(message, delivery, reason)
                    await message.ack()
                    _log.warning("dead-letter", queue=queue, message_id=delivery.message_id, reason=reason)
                case Later(reason=reason):
                    tries += 1
                    await self._back_off(queue, reason)
                    continue
                case _:
                    assert_never(answer)
            self.backoffs.pop(queue, None)
            self._ways.settled(queue)
            return

    async def _ask(self, delivery: Delivery) -> Answer:
        try:
            return await self.handlers[delivery.queue](delivery)
        except Exception as error:
            # Where and which kind only: the error's own text may repeat what the message said of a person.
            _log.error(
                "consumer-failed",
                queue=delivery.queue,
                message_id=delivery.message_id,
                error=type(error).__name__,
                where="".join(format_tb(error.__traceback__, limit=-1)).strip(),
            )
            return Later("the consumer failed")

    async def _back_off(self, queue: str, reason: str) -> None:
        backoff = next_backoff(self.backoffs.get(queue), self._ways.now(), reason)
        self.backoffs[queue] = backoff
        _log.warning("consumer-backs-off", queue=queue, reason=reason, wait_s=backoff.wait_s)
        self._ways.told()
        await self._ways.pause(backoff.wait_s)


async def _let_finish(work: Coroutine[None, None, None]) -> None:
    """Do `work`, and let it end when we are cancelled meanwhile: half of it would be done again."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        with contextlib.suppress(*TROUBLE):
            await asyncio.wait_for(task, FINISHES_WITHIN_S)
        raise
