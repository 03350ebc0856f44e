"""The bus as court and edge know it: named queues, delivered at least once and in order, with dead letters.

What must not break: a message is dropped only after its handler accepted it, and dead-lettered only after its
handler refused it; everything else (an error, a crash, `Later`) leaves it where it is.
"""

import json
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Final, Protocol, TypeAlias

MARK_LENGTH: Final = 16


class BusAway(Exception):
    """Nothing durable has the message: the broker is away, or takes none. Publish it again later."""


class NoQueue(BusAway):
    """The broker has no such queue: it was never made, or taken away. The other queues go on."""


class QueueFull(BusAway):
    """The queue has no room: it takes more once what is in it is taken or discarded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message at its consumer; the engine vouches for `sender`, it is no claim inside the body."""

    queue: str
    message_id: str
    sender: str
    body: bytes = field(repr=False)
    redeliveries: int


@dataclass(frozen=True, slots=True)
class Accepted:
    """Done, or known already: the message may go."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A definite fault of the message (schema, signature, version): to the dead letters with this reason."""

    reason: str


@dataclass(frozen=True, slots=True)
class Later:
    """Trouble of the consumer's own: this queue stops, backs off and resumes; nothing is lost."""

    reason: str


Answer: TypeAlias = Accepted | Refused | Later
Handler: TypeAlias = Callable[[Delivery], Awaitable[Answer]]
SetHandler: TypeAlias = Callable[[Sequence[Delivery]], Awaitable[Sequence[Answer]]]
"""Answers for the first of the deliveries, at least for one; the others are handed over again."""


def one_by_one(handler: Handler) -> SetHandler:
    """A handler of single messages as one of sets."""

    async def take(deliveries: Sequence[Delivery]) -> Sequence[Answer]:
        return [await handler(deliveries[0])]

    return take


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """`queue` is empty where the letter is forged: it is shown, and never put back."""

    queue: str
    message_id: str
    sender: str
    reason: str
    died_at: datetime

    @property
    def mark(self) -> str:
        """Names this letter, for its sender chose the id, and may have chosen another's. Letters that agree
        in all that is shown of them bear the same.
        """
        shown = [self.queue, self.message_id, self.sender, self.reason, self.died_at.isoformat()]
        return sha256(json.dumps(shown).encode()).hexdigest()[:MARK_LENGTH]


class Bus(Protocol):
    async def publish(self, queue: str, body: bytes, *, message_id: str, sender: str) -> None:
        """Return once something durable has the message; raises `BusAway`. Equal message ids are not folded:
        at least once.
        """

    def subscribe(self, queue: str, handler: Handler) -> None:
        """Make `handler` the consumer of the queue; a later subscription takes the queue over."""

    def subscribe_to_sets(self, queue: str, handler: SetHandler) -> None:
        """The same for a handler that takes what waits together, in its order.

        After trouble the messages of that set are handed over one by one, so that each stands for itself.
        """

    async def dead_letters(self) -> Sequence[DeadLetter]:
        """Every refused message, oldest first, without its body."""

    async def replay(self, message_ids: Collection[str]) -> Collection[str]:
        """Put refused messages back into their queues, as they first came; the ids of those that were."""

    async def discard(self, mark: str) -> bool:
        """Drop the refused message of this mark, of several the oldest; False where there is none."""
