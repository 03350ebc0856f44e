"""Opens the providers by which the court's people get push messages."""

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from adapters.machine import SystemClock
from notifications.channels.app_webhook import AppWebhook, AppWebhookSettings
from notifications.channels.outbound import Outbound
from notifications.channels.port import Channel
from notifications.channels.web_push import WebPush, WebPushSettings
from notifications.channels.wecom import WeCom, WeComSettings
from notifications.channels.wecom_callback import CallbackKeys
from schemas.webhooks import SymmetricKey, sign_webhook
from tracker.commands.engines import load_web_push_key
from tracker.settings import TrackerSettings, webhook_secret
from tracker.web.settings import PushWays

APP_KEY: Final = "app-1"


def open_push(settings: TrackerSettings, opened: AsyncExitStack) -> PushWays:
    """Those that the settings name, in their order."""
    if not settings.push:
        return PushWays()
    outbound = Outbound(settings.outbound_private_allowed)
    opened.push_async_callback(outbound.close)
    channels: dict[str, Channel] = {}
    web_push: WebPush | None = None
    app_keys: tuple[SymmetricKey, ...] = ()
    for name in settings.push:
        if name == "web-push":
            channels[name] = web_push = open_web_push(settings, outbound)
        elif name == "app-webhook":
            app_keys = app_keys_of(settings)
            channels[name] = open_app_webhook(settings, outbound)
        else:
            channels[name] = wecom = open_wecom(settings)
            opened.push_async_callback(wecom.close)
    return PushWays(
        channels=channels,
        web_push=web_push,
        outbound=outbound,
        app_keys=app_keys,
        wecom_keys=wecom_keys(settings) if "wecom" in channels else (),
    )


def open_web_push(settings: TrackerSettings, outbound: Outbound) -> WebPush:
    """Browsers are told the key, and push services where the court's console is."""
    key = load_web_push_key(settings)
    contact = f"https://{urlsplit(settings.public_url).hostname}"
    return WebPush(WebPushSettings(private_key=key, contact=contact), outbound)


def open_app_webhook(settings: TrackerSettings, outbound: Outbound) -> AppWebhook:
    """The court's own app; posts are signed with the present secret."""
    sign = signer(app_keys_of(settings)[0], SystemClock().now)
    return AppWebhook(AppWebhookSettings(url=settings.app_webhook_url, sign=sign), outbound)


def open_wecom(settings: TrackerSettings) -> WeCom:
    """The court's agent at WeCom; cards lead to the console."""
    wecom = WeComSettings(
        corp_id=settings.wecom_corp_id,
        agent_id=settings.wecom_agent_id,
        secret=settings.wecom_secret.get_secret_value(),
        console_url=settings.public_url,
        base_url=settings.wecom_url,
    )
    return WeCom(wecom, SystemClock().elapsed)


def wecom_keys(settings: TrackerSettings) -> tuple[CallbackKeys, ...]:
    """The present pair, and while either part is changed the one before."""
    token, key = settings.wecom_callback_token, settings.wecom_callback_key
    former = (settings.wecom_former_callback_token or token, settings.wecom_former_callback_key or key)
    return tuple(
        CallbackKeys(corp_id=settings.wecom_corp_id, token=by.get_secret_value(), aes=aes.get_secret_value())
        for by, aes in dict.fromkeys(((token, key), former))
    )


def app_keys_of(settings: TrackerSettings) -> tuple[SymmetricKey, ...]:
    """The present one, by which posts are signed, and while it is changed the one before."""
    secrets = (settings.app_webhook_secret, settings.app_webhook_former_secret)
    return tuple(
        SymmetricKey(key_id=APP_KEY, secret=webhook_secret(secret.get_secret_value()))
        for secret in secrets
        if secret
    )


def signer(key: SymmetricKey, now: Callable[[], datetime]) -> Callable[[str, bytes], Mapping[str, str]]:
    """Signs posts as Standard Webhooks has it, each with the time of its sending."""

    def sign(message_id: str, body: bytes) -> Mapping[str, str]:
        at = now()
        return {
            "webhook-id": message_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": sign_webhook(message_id, at, body, key),
        }

    return sign
