"""Which ways of push messages the settings open."""

from contextlib import AsyncExitStack
from pathlib import Path

from notifications.channels.port import ChannelKind
from tracker.commands.channels import open_channels
from tracker.key_files import load_or_make_keys
from tracker.settings import TrackerSettings

TRIAL = {
    "TRACKER_ENVIRONMENT": "trial",
    "TRACKER_PUBLIC_URL": "http://127.0.0.1:8080",
    "TRACKER_SMS": "recorder",
}
EVERY_WAY = {
    "TRACKER_PUSH": "wecom,web-push,app-webhook",
    "TRACKER_APP_WEBHOOK_URL": "https://app.example/notices",
    "TRACKER_APP_WEBHOOK_SECRET": "whsec_a2tra2tra2tra2tra2tra2tra2tra2tra2s=",
    "TRACKER_WECOM_CORP_ID": "ww0000000000000001",
    "TRACKER_WECOM_AGENT_ID": "1000002",
    "TRACKER_WECOM_SECRET": "secret",
    "TRACKER_WECOM_CALLBACK_TOKEN": "token",
    "TRACKER_WECOM_CALLBACK_KEY": "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG",
}


async def test_the_ways_that_are_named_are_opened_in_their_order(tmp_path: Path) -> None:
    keys = {"TRACKER_KEYS_FILE": str(tmp_path / "keys.json")}
    load_or_make_keys(tmp_path / "keys.json", "yunhe")
    settings = TrackerSettings.from_environment(TRIAL | EVERY_WAY | keys)

    async with AsyncExitStack() as opened:
        channels = open_channels(settings, opened)

        assert list(channels.push.channels) == ["wecom", "web-push", "app-webhook"]
        by_push = [one.name for one in channels.in_order if one.kind is ChannelKind.PUSH]
        assert by_push == ["wecom", "web-push", "app-webhook", "recorder"]
        assert channels.push.web_push is not None
        assert len(channels.push.app_keys) == 1
        assert [keys.token for keys in channels.push.wecom_keys] == ["token"]


async def test_while_secrets_are_changed_the_former_ones_are_believed_as_well(tmp_path: Path) -> None:
    former = {
        "TRACKER_PUSH": "wecom,app-webhook",
        "TRACKER_APP_WEBHOOK_FORMER_SECRET": "whsec_bGxsbGxsbGxsbGxsbGxsbGxsbGxsbGxsbGw=",
        "TRACKER_WECOM_FORMER_CALLBACK_TOKEN": "before",
    }
    settings = TrackerSettings.from_environment(TRIAL | EVERY_WAY | former)

    async with AsyncExitStack() as opened:
        push = open_channels(settings, opened).push

    assert [(keys.token, keys.aes[:3]) for keys in push.wecom_keys] == [("token", "012"), ("before", "012")]
    assert [key.secret[:1] for key in push.app_keys] == [b"k", b"l"]


async def test_none_is_opened_unless_it_is_named() -> None:
    async with AsyncExitStack() as opened:
        channels = open_channels(TrackerSettings.from_environment(TRIAL), opened)

    assert dict(channels.push.channels) == {}
    assert [one.name for one in channels.in_order if one.kind is ChannelKind.PUSH] == ["recorder"]
