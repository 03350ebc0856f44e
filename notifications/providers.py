"""The channels of a court, of each kind in the order in which they are preferred, and how each works."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from notifications.channels.port import Channel, ChannelKind, SendResult
from notifications.health import Circuit, Health
from notifications.reachability import SetUp


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How one provider of one kind stands: the share of good answers of late, and its circuit."""

    kind: ChannelKind
    provider: str
    score: float
    circuit: Circuit


@dataclass(frozen=True, slots=True, kw_only=True)
class Probes:
    """`numbers`: the court's own numbers (E.164) to which providers of SMS are tried, by provider. `every`:
    how often; a minute at least.
    """

    numbers: Mapping[str, str] = field(default_factory=dict, repr=False)
    every: timedelta = timedelta(minutes=30)


NO_PROBES: Final = Probes()


class Providers:
    """One for each process: what it has seen of a provider, no other process knows."""

    def __init__(self, channels: Iterable[Channel] = (), probes: Probes = NO_PROBES) -> None:
        self.probes = probes
        self._channels = {(channel.kind, channel.name): channel for channel in channels}
        self._health = dict.fromkeys(self._channels, Health())

    def names(self, kind: ChannelKind) -> tuple[str, ...]:
        """The providers of a kind, the preferred one first."""
        return tuple(name for of_kind, name in self._channels if of_kind is kind)

    @property
    def set_up(self) -> SetUp:
        """The providers by kind."""
        return {kind: self.names(kind) for kind in ChannelKind}

    def find(self, kind: ChannelKind, provider: str) -> Channel | None:
        """None: it sent once, and is not there any more."""
        return self._channels.get((kind, provider))

    def circuit(self, kind: ChannelKind, provider: str, at: datetime) -> Circuit:
        return self._health[kind, provider].circuit(at)

    def ready_at(self, kind: ChannelKind, provider: str, at: datetime) -> datetime:
        """Until when it has asked to be left alone; `at` where it has not."""
        return max(at, self._health[kind, provider].busy_until or at)

    def chosen(self, kind: ChannelKind, provider: str, at: datetime) -> None:
        """A message goes out by it."""
        health = self._health[kind, provider]
        if health.circuit(at) is Circuit.HALF_OPEN:
            self._health[kind, provider] = health.tried(at)

    def answered(self, channel: Channel, message: str, result: SendResult, at: datetime) -> None:
        """It has answered a send, or has not. `message`: our id of what was sent."""
        key = channel.kind, channel.name
        self._health[key] = self._health[key].after(message, result, at)

    def standings(self, at: datetime) -> Iterator[Standing]:
        """Of each, in the order in which they are preferred."""
        for (kind, provider), health in self._health.items():
            yield Standing(kind=kind, provider=provider, score=health.score(at), circuit=health.circuit(at))
