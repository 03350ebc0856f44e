"""The bus as court and edge know it: named queues, delivered at least once and in order, with dead letters.

What must not break: a message is dropped only after its handler accepted it, and dead-lettered only after its
handler refused it; everything else (an error, a crash, `Later`) leaves it where it is.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeAlias


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


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    queue: str
    message_id: str
    sender: str
    reason: str
    died_at: datetime


class Bus(Protocol):
    async def publish(self, queue: str, body: bytes, *, message_id: str, sender: str) -> None:
        """Return once something durable has the message. Equal message ids are not folded: at least once."""

    def subscribe(self, queue: str, handler: Handler) -> None:
        """Make `handler` the consumer of the queue; a later subscription takes the queue over."""

    async def dead_letters(self) -> Sequence[DeadLetter]:
        """Every refused message, oldest first, without its body."""

    async def replay(self, message_id: str) -> bool:
        """Put a refused message back into its queue, as it first came; False when none has this id."""
