"""Opens the ways to people that the settings name, in their order."""

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import Final, TypeAlias

from adapters.machine import SystemClock
from notifications.channels.aliyun_api import AliyunAccount
from notifications.channels.aliyun_sms import AliyunSms, AliyunSmsSettings
from notifications.channels.aliyun_voice import AliyunVoice, AliyunVoiceSettings
from notifications.channels.kannel import KannelSettings, KannelSms
from notifications.channels.port import Channel, ChannelKind
from notifications.channels.recorder import Recorder
from notifications.channels.twilio import TwilioSettings, TwilioSms
from notifications.channels.twilio_voice import TwilioVoice, TwilioVoiceSettings
from notifications.providers import Probes
from tracker.commands.push import open_push
from tracker.entropy import SystemEntropy
from tracker.settings import TrackerSettings
from tracker.web.callbacks import calls as call_callbacks
from tracker.web.callbacks import kannel as kannel_callbacks
from tracker.web.callbacks.providers import STATUS
from tracker.web.settings import PushWays

Opener: TypeAlias = Callable[[TrackerSettings], tuple[Channel, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Channels:
    """Ways to people, of each kind the preferred one first. What is set beside them says where providers call
    back.
    """

    in_order: tuple[Channel, ...]
    push: PushWays
    twilio: TwilioSettings | None = None
    twilio_voice: TwilioVoiceSettings | None = None
    kannel: KannelSettings | None = None
    aliyun_tokens: tuple[str, ...] = field(default=(), repr=False)

    @property
    def missing(self) -> tuple[ChannelKind, ...]:
        """The kinds of which there is none."""
        return tuple(sorted(set(ChannelKind) - {channel.kind for channel in self.in_order}))


def open_channels(settings: TrackerSettings, opened: AsyncExitStack) -> Channels:
    """They are closed with the stack."""
    push = open_push(settings, opened)
    openers = [VOICE_OPENERS[provider] for provider in settings.voice]
    openers += [SMS_OPENERS[provider] for provider in settings.sms]
    calling_and_texting = tuple(channel for opener in openers for channel in opener(settings))
    for channel in calling_and_texting:
        opened.push_async_callback(channel.close)
    return Channels(
        # A recorder, which stands in for every kind, does not go before what was named for one.
        in_order=(*push.channels.values(), *calling_and_texting),
        push=push,
        twilio=twilio_settings(settings),
        twilio_voice=twilio_voice_settings(settings),
        kannel=kannel_settings(settings),
        aliyun_tokens=aliyun_tokens(settings),
    )


def probes_of(settings: TrackerSettings) -> Probes:
    """Each provider of SMS that has a test number in the settings."""
    numbers = {
        "twilio": settings.twilio_test_number,
        "kannel": settings.kannel_test_number,
        "aliyun": settings.aliyun_test_number,
    }
    set_up = {name: number for name, number in numbers.items() if number and name in settings.sms}
    return Probes(numbers=set_up, every=timedelta(minutes=settings.probe_every_min))


def _open_twilio(settings: TrackerSettings) -> tuple[Channel, ...]:
    twilio = twilio_settings(settings)
    assert twilio is not None
    return (TwilioSms(twilio),)


def _open_twilio_voice(settings: TrackerSettings) -> tuple[Channel, ...]:
    voice = twilio_voice_settings(settings)
    assert voice is not None
    return (TwilioVoice(voice),)


def _open_kannel(settings: TrackerSettings) -> tuple[Channel, ...]:
    kannel = kannel_settings(settings)
    assert kannel is not None
    return (KannelSms(kannel),)


def _open_aliyun(settings: TrackerSettings) -> tuple[Channel, ...]:
    texts = AliyunSmsSettings(
        account=_aliyun_account(settings),
        sign_name=settings.aliyun_sign_name,
        template_code=settings.aliyun_sms_template,
        longest_text=settings.aliyun_longest_text,
        base_url=settings.aliyun_sms_url,
    )
    return (AliyunSms(texts),)


def _open_aliyun_voice(settings: TrackerSettings) -> tuple[Channel, ...]:
    calls = AliyunVoiceSettings(
        account=_aliyun_account(settings),
        caller=settings.aliyun_caller,
        template_code=settings.aliyun_voice_template,
        noted_code=settings.aliyun_voice_noted,
        base_url=settings.aliyun_voice_url,
    )
    return (AliyunVoice(calls),)


def _open_recorder(_settings: TrackerSettings) -> tuple[Channel, ...]:
    """In a trial: for everything."""
    recorder = Recorder()
    return tuple(recorder.channel(kind) for kind in ChannelKind)


SMS_OPENERS: Final[Mapping[str, Opener]] = MappingProxyType(
    {"twilio": _open_twilio, "kannel": _open_kannel, "aliyun": _open_aliyun, "recorder": _open_recorder}
)
"""What opens each provider that TRACKER_SMS may name; the settings have been asked for what it needs."""
VOICE_OPENERS: Final[Mapping[str, Opener]] = MappingProxyType(
    {"twilio": _open_twilio_voice, "aliyun": _open_aliyun_voice}
)
"""And TRACKER_VOICE."""


def twilio_settings(settings: TrackerSettings) -> TwilioSettings | None:
    """None: the court has no account there."""
    if not (settings.twilio_account_sid and settings.twilio_auth_token):
        return None
    former = settings.twilio_former_auth_token.get_secret_value()
    return TwilioSettings(
        account_sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_token.get_secret_value(),
        former_auth_token=former or None,
        sender=settings.twilio_sender,
        callback_url=f"{settings.public_url}{STATUS}",
        base_url=settings.twilio_url,
    )


def twilio_voice_settings(settings: TrackerSettings) -> TwilioVoiceSettings | None:
    """None: the court has no number there that calls."""
    account = twilio_settings(settings)
    if account is None or not settings.twilio_caller:
        return None
    return TwilioVoiceSettings(
        account=account,
        caller=settings.twilio_caller,
        status_url=f"{settings.public_url}{call_callbacks.STATUS}",
        key_url=f"{settings.public_url}{call_callbacks.KEY}",
    )


def kannel_settings(settings: TrackerSettings) -> KannelSettings | None:
    """None: the court has no such gateway."""
    if not (settings.kannel_url and settings.kannel_token):
        return None
    return KannelSettings(
        url=settings.kannel_url,
        username=settings.kannel_username,
        password=settings.kannel_password.get_secret_value(),
        token=settings.kannel_token.get_secret_value(),
        former_token=settings.kannel_former_token.get_secret_value() or None,
        callback_url=f"{settings.public_url}{kannel_callbacks.REPORT}",
        sender=settings.kannel_sender,
    )


def aliyun_tokens(settings: TrackerSettings) -> tuple[str, ...]:
    """That of today and the former one, where there are any: none, and Aliyun does not call back."""
    tokens = (settings.aliyun_token, settings.aliyun_former_token)
    return tuple(one.get_secret_value() for one in tokens if one) if settings.aliyun_token else ()


def _aliyun_account(settings: TrackerSettings) -> AliyunAccount:
    return AliyunAccount(
        access_key_id=settings.aliyun_key_id,
        access_key_secret=settings.aliyun_key.get_secret_value(),
        now=SystemClock().now,
        nonce=SystemEntropy().new_id,
    )
