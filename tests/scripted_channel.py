"""A provider that does as its script says: takes, refuses, loses its answer, or is away."""

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime

from notifications.channels.port import (
    ChannelKind,
    FindResult,
    NotFound,
    Outgoing,
    Rejected,
    SendResult,
    Submitted,
    Unknown,
)
from notifications.delivery import AttemptState

LOST = Unknown(reason="taken, and the answer was lost")
AWAY = Unknown(reason="no answer in time")


class ScriptedChannel:
    """`script`: one answer for each message in turn; after them it takes every message and reports nothing.
    A message with the answer LOST has been taken, one with AWAY has not.
    """

    kind = ChannelKind.SMS

    def __init__(self, name: str, *script: SendResult) -> None:
        self.name = name
        self.arrived: list[Outgoing] = []
        self.is_away = False
        """It answers nothing at all, look-ups among it."""
        self.before_answer: Callable[[Outgoing], Awaitable[None]] | None = None
        self._script = list(script)

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.arrived]

    async def send(self, message: Outgoing) -> SendResult:
        answer = AWAY if self.is_away else self._next()
        if answer != AWAY and not isinstance(answer, Rejected):
            self.arrived.append(message)
        if self.before_answer is not None:
            await self.before_answer(message)
        return self._taken(message) if isinstance(answer, Submitted) else answer

    async def find_sent(self, message: Outgoing, *, since: datetime, but: Collection[str] = ()) -> FindResult:
        if self.is_away:
            return AWAY
        was_taken = any(one.attempt_id == message.attempt_id for one in self.arrived)
        return self._taken(message) if was_taken else NotFound()

    async def close(self) -> None:
        """Nothing is held open."""

    def _next(self) -> SendResult:
        return self._script.pop(0) if self._script else Submitted(provider_id="")

    def _taken(self, message: Outgoing) -> Submitted:
        return Submitted(provider_id=f"{self.name}-{message.attempt_id}", state=AttemptState.SENT)
