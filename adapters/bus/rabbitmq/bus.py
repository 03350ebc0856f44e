"""The bus of one user on RabbitMQ: publish, consume, and look after what was refused."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from datetime import datetime

from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from aio_pika.exceptions import ChannelClosed

from adapters.bus.port import DeadLetter, Delivery, Handler, NoQueue, SetHandler, one_by_one
from adapters.bus.rabbitmq.consumers import Consumers, Ways
from adapters.bus.rabbitmq.letters import buried, dead_letter_of, letter, repeated
from adapters.bus.rabbitmq.line import ANSWER_S, Line, RabbitSettings
from adapters.bus.topology import DEAD_LETTERS, burial_key, dead_letters_of


class RabbitBus:
    """`published` and `settled` count messages by queue since this object was made.

    `agencies`: whose dead letters the court looks after here.
    """

    name = "bus"

    def __init__(
        self,
        settings: RabbitSettings,
        now: Callable[[], datetime],
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        agencies: Iterable[str] = (),
    ) -> None:
        self._now = now
        self._graves = (DEAD_LETTERS, *(dead_letters_of(agency_id) for agency_id in agencies))
        self._user = settings.user
        ways = Ways(now=now, pause=pause, bury=self._bury, settled=self._count_settled, told=self._tell)
        self._consumers = Consumers(ways)
        self._line = Line(settings, self._consumers.serve)
        self._listeners: list[Callable[[], None]] = []
        self.published: Counter[str] = Counter()
        self.settled: Counter[str] = Counter()

    @property
    def trouble(self) -> str | None:
        """What is wrong with the line to the broker, in plain words; None while nothing is."""
        return self.trouble_of_all or "; ".join(self.full) or None

    @property
    def trouble_of_all(self) -> str | None:
        """The same but for what concerns one agency alone."""
        return self._line.trouble or "; ".join(self._rests(is_full=False)) or None

    @property
    def full(self) -> tuple[str, ...]:
        """Which queues rest since their dead letters are full, in plain words; each is one agency's."""
        return self._rests(is_full=True)

    def _rests(self, *, is_full: bool) -> tuple[str, ...]:
        resting = sorted(self._consumers.backoffs.items())
        chosen = [one for one in resting if (one[0] in self._consumers.full) == is_full]
        return tuple(f"{queue} rests: {backoff.reason}" for queue, backoff in chosen)

    @property
    def queues(self) -> frozenset[str]:
        """What is consumed here."""
        return frozenset(self._consumers.handlers)

    def resting(self, at: datetime) -> frozenset[str]:
        """The queues whose consumer is in trouble of its own and waits."""
        return frozenset(q for q, backoff in self._consumers.backoffs.items() if backoff.until > at)

    async def next_due(self) -> datetime | None:
        """When the first stopped queue resumes."""
        return min((backoff.until for backoff in self._consumers.backoffs.values()), default=None)

    async def start(self) -> None:
        """Connect and go on connecting. Returns after the first connection, or without one after a while."""
        await self._line.start()

    async def close(self) -> None:
        """Let the handlers under way finish, give back what is only in hand, and leave."""
        await self._line.close()

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call `listener` after every message that was published or settled."""
        self._listeners.append(listener)

    async def publish(self, queue: str, body: bytes, *, message_id: str, sender: str) -> None:
        if sender != self._user:
            raise ValueError(f"this connection publishes as {self._user}, not as {sender}")
        await self._line.publish(queue, letter(body, message_id, self._user))
        self.published[queue] += 1
        self._tell()

    def subscribe(self, queue: str, handler: Handler) -> None:
        self._consumers.subscribe(queue, one_by_one(handler), at_once=1)

    def subscribe_to_sets(self, queue: str, handler: SetHandler) -> None:
        self._consumers.subscribe(queue, handler)

    async def dead_letters(self) -> Sequence[DeadLetter]:
        """Only for the court: what it refused itself, what agencies did, and what the broker buried."""
        letters: list[DeadLetter] = []

        async def look(message: AbstractIncomingMessage) -> bool:
            letters.append(dead_letter_of(message))
            return False

        await self._look_through_the_dead(look)
        return sorted(letters, key=lambda one: one.died_at)

    async def replay(self, message_ids: Collection[str]) -> Collection[str]:
        put_back: set[str] = set()

        async def look(message: AbstractIncomingMessage) -> bool:
            letter, message_id = dead_letter_of(message), message.message_id or ""
            if message_id not in message_ids or not letter.queue:
                return False
            try:
                await self._line.publish(letter.queue, repeated(message, self._user))
            except NoQueue:
                return False
            self.published[letter.queue] += 1
            put_back.add(message_id)
            return True

        await self._look_through_the_dead(look)
        self._tell()
        return put_back

    async def discard(self, mark: str) -> bool:
        is_found = False

        async def look(message: AbstractIncomingMessage) -> bool:
            nonlocal is_found
            is_it = not is_found and dead_letter_of(message).mark == mark
            is_found = is_found or is_it
            return is_it

        await self._look_through_the_dead(look)
        return is_found

    async def waiting(self, queues: Iterable[str]) -> dict[str, int]:
        """How many messages wait in each queue, those in a consumer's hand not counted."""
        async with self._line.channel() as channel:
            return {queue: await _waiting(channel, queue) for queue in queues}

    async def missing_queues(self, names: Iterable[str]) -> Sequence[str]:
        """Those of the queues that the broker does not have, or has without our right to look."""
        missing = []
        for name in names:
            try:
                await self.waiting([name])
            except ChannelClosed:
                missing.append(name)
        return missing

    async def _bury(self, message: AbstractIncomingMessage, dead: Delivery, reason: str) -> None:
        key = burial_key(self._user, dead.queue)
        await self._line.publish(key, buried(message, dead, reason, self._user, self._now()))

    async def _look_through_the_dead(
        self, look: Callable[[AbstractIncomingMessage], Awaitable[bool]]
    ) -> None:
        """Every dead letter in its order; those that `look` answers with True are gone afterwards."""
        for grave in self._graves:
            await self._look_through(grave, look)

    async def _look_through(
        self, grave: str, look: Callable[[AbstractIncomingMessage], Awaitable[bool]]
    ) -> None:
        async with self._line.channel() as channel:
            try:
                waiting = await _waiting(channel, grave)
            except ChannelClosed:
                # No set-up has made it yet, so it holds nothing.
                return
            queue = await channel.get_queue(grave, ensure=False)
            # No further: what is put back may be refused again at once, and come behind the others.
            for _ in range(waiting):
                message = await queue.get(fail=False, timeout=ANSWER_S)
                if message is not None and await look(message):
                    await message.ack()

    def _count_settled(self, queue: str) -> None:
        self.settled[queue] += 1
        self._tell()

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()


async def _waiting(channel: AbstractChannel, name: str) -> int:
    queue = await channel.declare_queue(name, passive=True, timeout=ANSWER_S)
    return queue.declaration_result.message_count or 0
