"""What the web edge is told once, at its start, and where every handler finds it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol, TypeAlias

from aiohttp import web

from notifications.channels.port import ChannelKind
from notifications.channels.recorder import RecorderChannel
from notifications.channels.twilio import TwilioSettings
from notifications.reachability import Providers
from tracker.domain.ids import CourtId
from tracker.storage.registry import Registry
from tracker.web.live import Live
from tracker.web.pages import Pages

Language: TypeAlias = Literal["zh", "en"]


class Wake(Protocol):
    """Whatever knows that something was committed; open pages look again then."""

    def on_commit(self, listener: Callable[[], None]) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """`public_url` is the console's address as browsers and providers see it, without a path.

    `language`: of the console until somebody switches. `twilio`: set where Twilio calls back. `providers`:
    those that the court has set up, by kind of channel.
    """

    court_id: CourtId
    public_url: str
    language: Language = "zh"
    wake: Wake | None = None
    twilio: TwilioSettings | None = None
    providers: Providers = field(default_factory=lambda: dict.fromkeys(ChannelKind, (RecorderChannel.name,)))

    @property
    def is_https(self) -> bool:
        return self.public_url.startswith("https://")


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """The court's books and everything a handler needs beside them."""

    registry: Registry
    settings: WebSettings
    pages: Pages
    live: Live


EDGE: Final = web.AppKey("edge", Edge)
