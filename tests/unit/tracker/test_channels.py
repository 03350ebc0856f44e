"""The providers that an operator names are opened in that order, and what they refuse of us is told."""

from contextlib import AsyncExitStack

from pydantic import SecretStr

from notifications.channels.port import ChannelKind
from schemas.settings import Environment
from tracker.commands.channels import SMS_OPENERS, VOICE_OPENERS, open_channels
from tracker.commands.doctor import judge_refusals
from tracker.settings import SMS_NEEDS, VOICE_NEEDS, TrackerSettings

AT_TWILIO = TrackerSettings(
    environment=Environment.TRIAL, twilio_account_sid="AC1", twilio_auth_token=SecretStr("token-1")
)


async def test_providers_are_opened_in_the_order_in_which_they_are_named() -> None:
    async with AsyncExitStack() as opened:
        channels = open_channels(AT_TWILIO.model_copy(update={"sms": ("recorder", "twilio")}), opened)

        by_sms = [one.name for one in channels.in_order if one.kind is ChannelKind.SMS]
    assert by_sms == ["recorder", "twilio"]
    assert channels.missing == ()


async def test_who_was_named_for_calls_goes_before_what_stands_in_for_everything() -> None:
    named = {"sms": ("recorder",), "voice": ("twilio",), "twilio_caller": "+12025550100"}
    async with AsyncExitStack() as opened:
        channels = open_channels(AT_TWILIO.model_copy(update=named), opened)

        by_voice = [one.name for one in channels.in_order if one.kind is ChannelKind.VOICE]
    assert by_voice == ["twilio", "recorder"]


async def test_callbacks_are_believed_only_where_there_is_a_secret_to_prove_them() -> None:
    named = {"kannel_url": "https://kannel.example", "twilio_auth_token": SecretStr("")}
    async with AsyncExitStack() as opened:
        channels = open_channels(AT_TWILIO.model_copy(update=named), opened)

    assert (channels.twilio, channels.kannel) == (None, None)


async def test_while_a_token_is_changed_the_former_one_is_believed_as_well() -> None:
    named = {
        "kannel_url": "https://kannel.example",
        "kannel_token": SecretStr("of-today"),
        "kannel_former_token": SecretStr("before"),
        "aliyun_token": SecretStr("of-today"),
        "aliyun_former_token": SecretStr("before"),
        "twilio_former_auth_token": SecretStr("token-0"),
    }
    async with AsyncExitStack() as opened:
        channels = open_channels(AT_TWILIO.model_copy(update=named), opened)

    assert channels.kannel is not None
    assert channels.kannel.tokens == channels.aliyun_tokens == ("of-today", "before")
    assert channels.twilio is not None
    assert channels.twilio.former_auth_token == "token-0"


async def test_kinds_that_nobody_brings_are_known() -> None:
    async with AsyncExitStack() as opened:
        channels = open_channels(AT_TWILIO.model_copy(update={"sms": ("twilio",)}), opened)

    assert channels.missing == (ChannelKind.PUSH, ChannelKind.VOICE)


def test_every_provider_that_may_be_named_can_be_opened() -> None:
    assert SMS_OPENERS.keys() == SMS_NEEDS.keys()
    assert VOICE_OPENERS.keys() == VOICE_NEEDS.keys()


def test_what_a_provider_refuses_of_our_account_is_told_with_its_code() -> None:
    (told,) = judge_refusals({("twilio", "20003"): 4})
    (nothing,) = judge_refusals({})

    assert str(told) == (
        "wrong  twilio: refused 4 messages within a day for our account or settings: look up its 20003"
    )
    assert str(nothing) == "ok     providers: none has refused our account or settings within a day"
