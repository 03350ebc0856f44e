"""The bare client of `notice-throughput`: Twilio's own library as it comes, but for the address it asks."""

from typing import Any, Final

from twilio.http.async_http_client import AsyncTwilioHttpClient  # type: ignore[import-untyped]
from twilio.http.response import Response  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from notifications.channels.twilio import LIVE_URL, TwilioSettings, status_callback_url

VALID_FOR_S: Final = 1800


class BareTwilio:
    """Opened from within the running loop."""

    def __init__(self, settings: TwilioSettings) -> None:
        self._settings = settings
        self._http = _Elsewhere(settings.base_url)
        self._messages = Client(settings.account_sid, settings.auth_token, http_client=self._http).messages

    async def send(self, to: str, text: str, attempt_id: str) -> str:
        """What the provider calls the message."""
        sent = await self._messages.create_async(
            to=to,
            body=text,
            from_=self._settings.sender,
            validity_period=VALID_FOR_S,
            status_callback=status_callback_url(self._settings, attempt_id),
        )
        return str(sent.sid)

    async def close(self) -> None:
        await self._http.close()


class _Elsewhere(AsyncTwilioHttpClient):  # type: ignore[misc]
    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = address

    async def request(self, method: str, url: str, **sent: Any) -> Response:
        return await super().request(method, url.replace(LIVE_URL, self._address), **sent)
