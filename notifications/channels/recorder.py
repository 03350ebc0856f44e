"""The embedded channel: keeps what would have been sent, and shows it to whoever listens.

Nothing leaves the process. One record holds the messages of all kinds in the order in which they were sent.
"""

from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from notifications.channels.port import ChannelKind, FindResult, NotFound, Outgoing, SendResult, Submitted
from notifications.delivery import AttemptState

KEPT_MESSAGES = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedMessage:
    number: int
    """Counts from 1 over all kinds."""
    kind: ChannelKind
    message: Outgoing
    provider_id: str


Listener = Callable[[RecordedMessage], None]


class Recorder:
    """The record, and the channels that write to it. `guard` is asked before each send and raises to forbid
    it.
    """

    def __init__(self, guard: Callable[[], None] = lambda: None) -> None:
        self._guard = guard
        self._messages: deque[RecordedMessage] = deque(maxlen=KEPT_MESSAGES)
        self._listeners: list[Listener] = []
        self._count = 0

    def channel(self, kind: ChannelKind) -> "RecorderChannel":
        return RecorderChannel(self, kind)

    @property
    def messages(self) -> tuple[RecordedMessage, ...]:
        return tuple(self._messages)

    def sent_to(self, to: str) -> tuple[RecordedMessage, ...]:
        return tuple(recorded for recorded in self._messages if recorded.message.to == to)

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` for every message from now on; what comes back ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def record(self, kind: ChannelKind, message: Outgoing) -> RecordedMessage:
        self._guard()
        self._count += 1
        recorded = RecordedMessage(
            number=self._count, kind=kind, message=message, provider_id=f"recorded-{self._count}"
        )
        self._messages.append(recorded)
        for listener in tuple(self._listeners):
            listener(recorded)
        return recorded


class RecorderChannel:
    name = "recorder"

    def __init__(self, recorder: Recorder, kind: ChannelKind) -> None:
        self._recorder = recorder
        self.kind = kind

    async def send(self, message: Outgoing) -> SendResult:
        recorded = self._recorder.record(self.kind, message)
        return Submitted(provider_id=recorded.provider_id, state=AttemptState.DELIVERED)

    async def find_sent(self, message: Outgoing, *, since: datetime, but: Collection[str] = ()) -> FindResult:
        for recorded in self._recorder.sent_to(message.to):
            if recorded.kind is self.kind and recorded.message.attempt_id == message.attempt_id:
                return Submitted(provider_id=recorded.provider_id, state=AttemptState.DELIVERED)
        return NotFound()

    async def close(self) -> None:
        """Nothing is held open; the record stays readable."""
