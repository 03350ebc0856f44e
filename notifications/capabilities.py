"""What each provider can do in each country: data with its source, read by routing and by the count of
independent channels. A provider without a row for a country reaches nobody there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from notifications.channels.port import ChannelKind

ANYWHERE = "*"
"""Stands for every country without a row of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    two_way: bool
    """An answer can come back the same way: an SMS, a key in a call, a button."""
    daily_cap: int | None
    """How many messages to one receiver within 24 hours the provider lets through; None: none is known."""
    source: str


_EVERYTHING = Capability(two_way=True, daily_cap=None, source="the embedded recorder")

CAPABILITIES: Mapping[tuple[str, ChannelKind, str], Capability] = MappingProxyType(
    {
        **{("recorder", kind, ANYWHERE): _EVERYTHING for kind in ChannelKind},
        ("twilio", ChannelKind.SMS, "CN"): Capability(
            two_way=False,
            daily_cap=5,
            source="Twilio's SMS guidelines for China (pages of 2018-2024): five different texts to one "
            "number in 24 hours are held for review; its templates are approved in advance",
        ),
        ("twilio", ChannelKind.SMS, ANYWHERE): Capability(
            two_way=True,
            daily_cap=None,
            source="https://www.twilio.com/docs/messaging (remembered)",
        ),
        ("kannel", ChannelKind.SMS, ANYWHERE): Capability(
            two_way=True,
            daily_cap=None,
            source="a gateway of the court's own: its operator's contract says how far it reaches",
        ),
        ("aliyun", ChannelKind.SMS, "CN"): Capability(
            two_way=True,
            daily_cap=50,
            source="Aliyun's rules for SMS (read 2026-11): no links in variables, and 50 texts of one "
            "signature and template to one number a day",
        ),
        ("aliyun", ChannelKind.VOICE, "CN"): Capability(
            two_way=True,
            daily_cap=20,
            source="help.aliyun.com document 114036 (read 2026-11): to one number 1 call a minute, 5 an "
            "hour, 20 a day",
        ),
        ("twilio", ChannelKind.VOICE, ANYWHERE): Capability(
            two_way=True,
            daily_cap=None,
            source="https://www.twilio.com/docs/voice (remembered)",
        ),
        ("web-push", ChannelKind.PUSH, ANYWHERE): Capability(
            two_way=False,
            daily_cap=None,
            source="RFC 8030; Chrome's push service does not reach phones in mainland China: whether a "
            "device is reached, its test notice tells",
        ),
        ("app-webhook", ChannelKind.PUSH, ANYWHERE): Capability(
            two_way=True, daily_cap=None, source="the court's own app"
        ),
        ("wecom", ChannelKind.PUSH, ANYWHERE): Capability(
            two_way=True,
            daily_cap=None,
            source="https://developer.work.weixin.qq.com/document/path/90236 (remembered)",
        ),
    }
)


def capability_of(provider: str, kind: ChannelKind, country: str) -> Capability | None:
    """What a provider can do on a kind of channel in a country (ISO 3166); None: it reaches nobody there."""
    known = CAPABILITIES.get((provider, kind, country))
    return known or CAPABILITIES.get((provider, kind, ANYWHERE))
