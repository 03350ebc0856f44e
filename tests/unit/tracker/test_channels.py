"""The providers that an operator names are opened in that order, and what they refuse of us is told."""

from contextlib import AsyncExitStack

from notifications.channels.port import ChannelKind
from schemas.settings import Environment
from tracker.commands.channels import OPENERS, open_channels
from tracker.commands.doctor import judge_refusals
from tracker.settings import SMS_NEEDS, TrackerSettings


async def test_providers_are_opened_in_the_order_in_which_they_are_named() -> None:
    settings = TrackerSettings(environment=Environment.TRIAL, sms=("recorder", "twilio"))

    async with AsyncExitStack() as opened:
        channels = open_channels(settings, opened)

        by_sms = [one.name for one in channels.in_order if one.kind is ChannelKind.SMS]
    assert by_sms == ["recorder", "twilio"]
    assert channels.missing == ()


async def test_kinds_that_nobody_brings_are_known() -> None:
    async with AsyncExitStack() as opened:
        channels = open_channels(TrackerSettings(sms=("twilio",)), opened)

    assert channels.missing == (ChannelKind.PUSH, ChannelKind.VOICE)


def test_every_provider_that_may_be_named_can_be_opened() -> None:
    assert OPENERS.keys() == SMS_NEEDS.keys()


def test_what_a_provider_refuses_of_our_account_is_told_with_its_code() -> None:
    (told,) = judge_refusals({("twilio", "20003"): 4})

    assert str(told) == (
        "wrong  twilio: refused 4 messages within a day for our account or settings: look up its 20003"
    )
    assert all(finding.is_ok for finding in judge_refusals({}))
