"""Opens the ways to people that the settings name."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass

from notifications.channels.port import Channel, ChannelKind
from notifications.channels.recorder import Recorder
from notifications.channels.twilio import TwilioSettings, TwilioSms
from tracker.commands.push import open_push
from tracker.settings import TrackerSettings
from tracker.web.providers import STATUS
from tracker.web.settings import PushWays


@dataclass(frozen=True, slots=True, kw_only=True)
class Channels:
    """Ways to people; a kind that is not there is absent. `twilio`: set where Twilio calls back."""

    by_kind: Mapping[ChannelKind, Channel]
    twilio: TwilioSettings | None
    push: PushWays


def open_channels(settings: TrackerSettings, opened: AsyncExitStack) -> Channels:
    """Twilio for SMS, or in a trial recorders for everything; push by the first provider that is named."""
    push = open_push(settings, opened)
    pushing: dict[ChannelKind, Channel] = {}
    for channel in push.channels.values():
        pushing.setdefault(channel.kind, channel)
    if settings.sms == "recorder":
        recorder = Recorder()
        recording: dict[ChannelKind, Channel] = {kind: recorder.channel(kind) for kind in ChannelKind}
        return Channels(by_kind=recording | pushing, twilio=None, push=push)
    former = settings.twilio_former_auth_token.get_secret_value()
    twilio = TwilioSettings(
        account_sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_token.get_secret_value(),
        former_auth_token=former or None,
        sender=settings.twilio_sender,
        callback_url=f"{settings.public_url}{STATUS}",
        base_url=settings.twilio_url,
    )
    sms = TwilioSms(twilio)
    opened.push_async_callback(sms.close)
    return Channels(by_kind={ChannelKind.SMS: sms, **pushing}, twilio=twilio, push=push)
