"""The consumers of one user: each queue has a channel of its own and is handled in order.

What must not break: a message in trouble stays in hand, unacknowledged, until its consumer is well again; a
refused one is acknowledged only after the broker has confirmed it among the dead letters.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime
from traceback import format_tb
from typing import Final, TypeVar

import structlog
from aio_pika.abc import AbstractConnection, AbstractIncomingMessage

from adapters.bus.backoff import Backoff, next_backoff
from adapters.bus.port import Answer, Delivery, Later, NoQueue, QueueFull, Refused, SetHandler
from adapters.bus.rabbitmq.hand import Hand
from adapters.bus.rabbitmq.line import RECONNECT_AT_MOST_S, TROUBLE, ended_by_us_alone

PREFETCH: Final = 50
FINISHES_WITHIN_S: Final = 3.0
"""How long a handler under way may go on when the connection ends."""

T = TypeVar("T")
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
        self._hands: dict[str, Hand] = {}
        self.handlers: dict[str, SetHandler] = {}
        self._at_once: dict[str, int] = {}
        self.backoffs: dict[str, Backoff] = {}
        self.full: set[str] = set()

    def subscribe(self, queue: str, handler: SetHandler, at_once: int = PREFETCH) -> None:
        """Hand over what waits in the queue, at most so many messages at once."""
        self.handlers[queue], self._at_once[queue] = handler, at_once
        self._is_well(queue)
        if queue in self._hands:
            self._hands[queue].rouse()
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
        """Take the messages of a queue in their order; a queue that is not there yet is asked again, and no
        error ends a queue's consumer in silence.
        """
        while True:
            try:
                with ended_by_us_alone():
                    await self._take_all(connection, queue)
            except TROUBLE as error:
                reason = f"{type(error).__name__}: is the queue there? run `tracker broker setup`"
                _log.warning("queue-not-consumed", queue=queue, reason=reason)
            except Exception as error:
                _log.error("consumer-ended", queue=queue, **_fault(error))
            if self._connection is not connection:
                # It was told to end, and has not heard it: the line ended just then.
                return
            await asyncio.sleep(RECONNECT_AT_MOST_S)

    async def _take_all(self, connection: AbstractConnection, queue: str) -> None:
        """On a channel of its own, which a fault of this queue may cost."""
        hand = self._hands[queue] = Hand()
        # What rested was in the former hand, and may be another consumer's by now.
        self._is_well(queue)
        async with connection.channel(publisher_confirms=False) as channel:
            channel.close_callbacks.add(lambda *_: hand.close())
            # The broker says so, and leaves the channel open, when the queue is taken away.
            underlay = await channel.get_underlay_channel()
            underlay.on_consumer_cancel_callbacks.add(lambda *_: hand.close())
            await channel.set_qos(prefetch_count=PREFETCH)
            source = await channel.get_queue(queue, ensure=False)
            await source.consume(hand.take)
            while await hand.is_filled():
                backoff = await _let_finish(self._take(queue, hand))
                if backoff is not None:
                    await hand.rest(self._wait_for(backoff))

    async def _take(self, queue: str, hand: Hand) -> Backoff | None:
        """Hand over what is in hand; what is neither accepted nor refused stays there, and the consumer is to
        rest.
        """
        deliveries = hand.deliveries(queue, self._at_once[queue])
        accepted = 0
        trouble: Later | None = None
        for delivery, answer in zip(deliveries, await self._ask(queue, deliveries), strict=False):
            if isinstance(answer, Later):
                trouble = answer
                break
            if isinstance(answer, Refused):
                await self._acknowledge(queue, hand, accepted)
                accepted = 0
                trouble = await self._bury(hand.messages[0], delivery, answer.reason)
                if trouble is not None:
                    break
                await self._acknowledge(queue, hand, 1)
            else:
                accepted += 1
        await self._acknowledge(queue, hand, accepted)
        if trouble is None:
            return None
        hand.trouble(len(deliveries))
        return self._back_off(queue, trouble.reason)

    async def _bury(self, message: AbstractIncomingMessage, delivery: Delivery, reason: str) -> Later | None:
        """Kept in hand where the dead letters take no more: what is given back and fetched again and again
        would in the end be buried by the broker, with the good ones behind it.
        """
        try:
            await self._ways.bury(message, delivery, reason)
        except (NoQueue, QueueFull) as no_room:
            if isinstance(no_room, QueueFull):
                self.full.add(delivery.queue)
            return Later(f"a refused message has no grave: {no_room}")
        _log.warning("dead-letter", queue=delivery.queue, message_id=delivery.message_id, reason=reason)
        return None

    async def _acknowledge(self, queue: str, hand: Hand, count: int) -> None:
        """The oldest so many in hand are settled; one acknowledgement speaks for all of them."""
        if not count:
            return
        await hand.messages[count - 1].ack(multiple=True)
        self._is_well(queue)
        for _ in range(count):
            hand.drop()
            self._ways.settled(queue)

    async def _ask(self, queue: str, deliveries: Sequence[Delivery]) -> Sequence[Answer]:
        try:
            return await self.handlers[queue](deliveries) or [Later("the consumer answered nothing")]
        except Exception as error:
            _log.error(
                "consumer-failed",
                queue=queue,
                message_id=deliveries[0].message_id,
                messages=len(deliveries),
                **_fault(error),
            )
            return [Later("the consumer failed")]

    def _is_well(self, queue: str) -> None:
        self.backoffs.pop(queue, None)
        self.full.discard(queue)

    def _back_off(self, queue: str, reason: str) -> Backoff:
        backoff = next_backoff(self.backoffs.get(queue), self._ways.now(), reason)
        self.backoffs[queue] = backoff
        _log.warning("consumer-backs-off", queue=queue, reason=reason, wait_s=backoff.wait_s)
        self._ways.told()
        return backoff

    async def _wait_for(self, backoff: Backoff) -> None:
        # Not beyond its own length, where somebody sets the clock back.
        left_s = (backoff.until - self._ways.now()).total_seconds()
        await self._ways.pause(min(left_s, backoff.wait_s))


def _fault(error: Exception) -> dict[str, str]:
    """Where and which kind only: the error's own text may repeat what the message said of a person."""
    where = "".join(format_tb(error.__traceback__, limit=-1)).strip()
    return {"error": type(error).__name__, "where": where}


async def _let_finish(work: Coroutine[None, None, T]) -> T:
    """Do `work`, and let it end when we are cancelled meanwhile: half of it would be done again."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        with contextlib.suppress(*TROUBLE):
            await asyncio.wait_for(task, FINISHES_WITHIN_S)
        raise
