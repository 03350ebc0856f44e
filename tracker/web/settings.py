"""What the web edge is told once, at its start, and where every handler finds it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol, TypeAlias

from aiohttp import web

from notifications.channels.kannel import KannelSettings
from notifications.channels.outbound import Outbound
from notifications.channels.port import Channel
from notifications.channels.twilio import TwilioSettings
from notifications.channels.twilio_voice import TwilioVoiceSettings
from notifications.channels.web_push import WebPush
from notifications.channels.wecom_callback import CallbackKeys
from notifications.providers import Providers
from notifications.reachability import SetUp
from schemas.webhooks import SymmetricKey
from tracker.domain.ids import CourtId
from tracker.storage.registry import Registry
from tracker.web.live import Live
from tracker.web.rendering import Pages

Language: TypeAlias = Literal["zh", "en"]


class Wake(Protocol):
    """Whatever knows that something was committed; open pages look again then."""

    def on_commit(self, listener: Callable[[], None]) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PushWays:
    """The providers by which people of the court may get push messages, by their names."""

    channels: Mapping[str, Channel] = field(default_factory=dict)
    web_push: WebPush | None = None
    outbound: Outbound | None = None
    """Checks the addresses that browsers bring; set where Web Push is."""
    app_keys: tuple[SymmetricKey, ...] = ()
    """By which the court's own app reports, the former one while it is changed; empty where there is none."""
    wecom_keys: tuple[CallbackKeys, ...] = ()
    """By which WeCom calls back, likewise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """`public_url` is the console's address as browsers and providers see it, without a path.

    `language`: of the console until somebody switches. `twilio`, `twilio_voice`, `kannel`, `aliyun_tokens`:
    set where these call back; `providers`: where messages go out.
    """

    court_id: CourtId
    public_url: str
    language: Language = "zh"
    wake: Wake | None = None
    twilio: TwilioSettings | None = None
    kannel: KannelSettings | None = None
    twilio_voice: TwilioVoiceSettings | None = None
    aliyun_tokens: tuple[str, ...] = field(default=(), repr=False)
    push: PushWays = field(default_factory=PushWays)
    providers: Providers = field(default_factory=Providers)

    @property
    def set_up(self) -> SetUp:
        """Which providers the court has set up."""
        return self.providers.set_up

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
