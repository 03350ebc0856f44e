"""Opens the ways to people that the settings name, in their order."""

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final

from notifications.channels.port import Channel, ChannelKind
from notifications.channels.recorder import Recorder
from notifications.channels.twilio import TwilioSettings, TwilioSms
from tracker.settings import TrackerSettings
from tracker.web.providers import STATUS


@dataclass(frozen=True, slots=True, kw_only=True)
class Channels:
    """Ways to people, of each kind the preferred one first. `twilio`: set where Twilio calls back."""

    in_order: tuple[Channel, ...]
    twilio: TwilioSettings | None

    @property
    def missing(self) -> tuple[ChannelKind, ...]:
        """The kinds of which there is none."""
        return tuple(sorted(set(ChannelKind) - {channel.kind for channel in self.in_order}))


def open_channels(settings: TrackerSettings, opened: AsyncExitStack) -> Channels:
    """They are closed with the stack."""
    in_order = [channel for provider in settings.sms for channel in OPENERS[provider](settings)]
    for channel in in_order:
        opened.push_async_callback(channel.close)
    twilio = _twilio_settings(settings) if "twilio" in settings.sms else None
    return Channels(in_order=tuple(in_order), twilio=twilio)


def _open_twilio(settings: TrackerSettings) -> tuple[Channel, ...]:
    return (TwilioSms(_twilio_settings(settings)),)


def _twilio_settings(settings: TrackerSettings) -> TwilioSettings:
    former = settings.twilio_former_auth_token.get_secret_value()
    return TwilioSettings(
        account_sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_token.get_secret_value(),
        former_auth_token=former or None,
        sender=settings.twilio_sender,
        callback_url=f"{settings.public_url}{STATUS}",
        base_url=settings.twilio_url,
    )


def _open_recorder(_settings: TrackerSettings) -> tuple[Channel, ...]:
    """In a trial: for everything."""
    recorder = Recorder()
    return tuple(recorder.channel(kind) for kind in ChannelKind)


OPENERS: Final[Mapping[str, Callable[[TrackerSettings], tuple[Channel, ...]]]] = {
    "twilio": _open_twilio,
    "recorder": _open_recorder,
}
"""What opens each provider that TRACKER_SMS may name."""
