"""One user's line to the broker: kept connected, and published on with a confirm for each message."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote, urlsplit

import aio_pika
import structlog
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractExchange
from aio_pika.exceptions import AMQPError, DeliveryError, PublishError

from adapters.bus.port import BusAway, NoQueue, QueueFull
from adapters.bus.rabbitmq.frames import read_whatever_comes
from adapters.bus.topology import exchange_of

CONNECT_S: Final = 5.0
ANSWER_S: Final = 5.0
WHILE_BLOCKED_S: Final = 1.0
"""How long one more message waits for its confirm while the broker takes none."""
RECONNECT_AFTER_S: Final = 0.5
RECONNECT_AT_MOST_S: Final = 5.0
HEARTBEAT_S: Final = 5
"""A broker that is cut off without a word is noticed after two of them."""

_log = structlog.get_logger(__name__)


TROUBLE: Final = (AMQPError, OSError, TimeoutError, asyncio.InvalidStateError, RuntimeError, BusAway)
"""What a broken line shows itself as; the client raises plain RuntimeErrors on closed channels, too."""


@contextmanager
def ended_by_us_alone() -> Iterator[None]:
    """The client cancels what waits on a line on which nothing has come for too long, as only we should; and
    where the line ends as we cancel, it raises that instead. Unnoticed, a task ends, or goes on, for ever.
    """
    try:
        yield
    except BaseException as error:
        task = asyncio.current_task()
        is_to_end = task is not None and task.cancelling() > 0
        if is_to_end and isinstance(error, Exception):
            raise asyncio.CancelledError from error
        if not is_to_end and isinstance(error, asyncio.CancelledError):
            raise BusAway("nothing has come from the broker for too long") from None
        raise


@dataclass(frozen=True, slots=True, kw_only=True)
class RabbitSettings:
    """`url`: amqp://user:password@host:port/vhost; the user is the sender of all that is published."""

    url: str = field(repr=False)

    @property
    def user(self) -> str:
        return unquote(urlsplit(self.url).username or "")


class Line:
    """`serve` is given each new connection, and cancelled when the connection has ended."""

    def __init__(
        self, settings: RabbitSettings, serve: Callable[[AbstractConnection], Awaitable[None]]
    ) -> None:
        self._settings = settings
        self._serve = serve
        self._connection: AbstractConnection | None = None
        self._exchange: AbstractExchange | None = None
        self._is_ready = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._away = "the broker was not reached yet"
        self._takes_none = ""

    @property
    def trouble(self) -> str:
        """Why nothing can be published, in plain words; empty while it can."""
        return self._away or self._takes_none

    async def start(self) -> None:
        """Connect and go on connecting. Returns after the first connection, or without one after a while."""
        read_whatever_comes()
        self._keeper = asyncio.create_task(self._keep_connected(), name="broker connection")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CONNECT_S):
                await self._is_ready.wait()

    async def close(self) -> None:
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)

    async def publish(self, queue: str, message: aio_pika.Message) -> None:
        """Return once the broker has confirmed the message; raises `BusAway`."""
        if self._exchange is None:
            raise BusAway(self._away)
        with ended_by_us_alone():
            await self._publish(self._exchange, queue, message)
        self._takes_none = ""

    @asynccontextmanager
    async def channel(self) -> AsyncIterator[AbstractChannel]:
        """A channel of its own; what was only looked at is put back at its end. Each answer that is asked for
        on it is to be waited for `ANSWER_S` at most.
        """
        if self._connection is None:
            raise BusAway(self._away)
        async with asyncio.timeout(ANSWER_S):
            channel = await self._connection.channel(publisher_confirms=False)
        try:
            yield channel
        finally:
            async with asyncio.timeout(ANSWER_S):
                await channel.close()

    async def _publish(self, exchange: AbstractExchange, queue: str, message: aio_pika.Message) -> None:
        try:
            async with asyncio.timeout(WHILE_BLOCKED_S if self._takes_none else ANSWER_S):
                await exchange.publish(message, routing_key=queue, mandatory=True)
        except TimeoutError:
            self._takes_none = "the broker takes no messages: look at its disk and memory alarms"
            raise BusAway(self._takes_none) from None
        except PublishError as unroutable:
            raise NoQueue(f"no queue {queue} takes it: run `tracker broker setup`") from unroutable
        except DeliveryError as refused:
            raise QueueFull(f"{queue} has no room") from refused
        except TROUBLE as error:
            raise BusAway(type(error).__name__) from error

    async def _keep_connected(self) -> None:
        failures = 0
        while True:
            try:
                with ended_by_us_alone():
                    async with asyncio.timeout(CONNECT_S):
                        connection = await aio_pika.connect(self._settings.url, heartbeat=HEARTBEAT_S)
                    failures = 0
                    await self._use(connection)
                self._away = "the broker closed the connection"
            except Exception as error:
                # Of any kind: the client has none of its own for some ends, and nobody else connects again.
                failures += 1
                self._away = f"the broker cannot be reached ({type(error).__name__})"
            finally:
                self._is_ready.clear()
            _log.warning("broker-away", user=self._settings.user, reason=self._away)
            await asyncio.sleep(min(RECONNECT_AFTER_S * 2 ** min(failures, 8), RECONNECT_AT_MOST_S))

    async def _use(self, connection: AbstractConnection) -> None:
        """Publish and serve on a connection until it ends."""
        ended = asyncio.Event()
        connection.close_callbacks.add(lambda *_: ended.set())
        serving: asyncio.Future[None] | None = None
        try:
            async with asyncio.timeout(CONNECT_S):
                channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
                channel.close_callbacks.add(lambda *_: ended.set())
                exchange = exchange_of(self._settings.user)
                self._exchange = await channel.get_exchange(exchange, ensure=False)
            self._connection, self._away = connection, ""
            self._is_ready.set()
            _log.info("broker-connected", user=self._settings.user)
            serving = asyncio.ensure_future(self._serve(connection))
            await ended.wait()
        finally:
            self._is_ready.clear()
            if self._exchange is not None:
                self._away = "the broker closed the connection"
            self._connection = self._exchange = None
            if serving is not None:
                serving.cancel()
                await asyncio.gather(serving, return_exceptions=True)
            await self._leave(connection)

    async def _leave(self, connection: AbstractConnection) -> None:
        with contextlib.suppress(*TROUBLE):
            async with asyncio.timeout(CONNECT_S):
                await connection.close()
