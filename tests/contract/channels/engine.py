"""What the suite of all channels knows of an engine."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from notifications.channels.port import Channel, ChannelKind
from tests.engines import Servers

OPENED_AT = datetime(2026, 2, 25, 11, 42, 7, tzinfo=UTC)


@dataclass(slots=True, kw_only=True)
class Clock:
    at: datetime = OPENED_AT

    def now(self) -> datetime:
        return self.at

    def passes(self, seconds: int) -> None:
        self.at += timedelta(seconds=seconds)


async def _at_once() -> None:
    """Of a provider that is a part of the test."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """A channel, and what came out at its far end. `settles`: once what was taken has come out there."""

    channel: Channel
    kind: ChannelKind
    arrived: Callable[[str], list[str]]
    clock: Clock = field(default_factory=Clock)
    settles: Callable[[], Awaitable[None]] = _at_once


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How an engine is opened. `keeps_a_list`: its provider can be asked what became of a message;
    `lists_texts`: and tells what each of them said.
    """

    opens: Callable[[Servers], AbstractAsyncContextManager[Engine]]
    keeps_a_list: bool = True
    lists_texts: bool = True
