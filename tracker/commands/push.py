"""Opens the providers by which the court's people get push messages."""

from contextlib import AsyncExitStack
from urllib.parse import urlsplit

from notifications.channels.outbound import Outbound
from notifications.channels.port import Channel
from notifications.channels.web_push import WebPush, WebPushSettings
from tracker.key_files import load_or_make_web_push_key
from tracker.settings import TrackerSettings
from tracker.web.settings import PushWays


def open_push(settings: TrackerSettings, opened: AsyncExitStack) -> PushWays:
    """Those that the settings name, in their order."""
    if not settings.push:
        return PushWays()
    outbound = Outbound(settings.outbound_private_allowed)
    opened.push_async_callback(outbound.close)
    web_push = open_web_push(settings, outbound) if "web-push" in settings.push else None
    channels: dict[str, Channel] = {}
    if web_push is not None:
        channels[web_push.name] = web_push
    return PushWays(channels=channels, web_push=web_push, outbound=outbound)


def open_web_push(settings: TrackerSettings, outbound: Outbound) -> WebPush:
    """Browsers are told the key, and push services where the court's console is."""
    assert settings.keys_file is not None
    key = load_or_make_web_push_key(settings.keys_file)
    contact = f"https://{urlsplit(settings.public_url).hostname}"
    return WebPush(WebPushSettings(private_key=key, contact=contact), outbound)
