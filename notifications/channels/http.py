"""How engines without a client library of their provider speak HTTP: one POST, never repeated, no redirect.

What matters of a failure is whether the request may have arrived. Addresses and bodies hold phone numbers and
credentials: nothing here logs.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp

from notifications.channels.retry_after import seconds_of


class NothingWasSent(Exception):
    """No connection came about, so the request cannot have arrived."""


class AnswerLost(Exception):
    """The request may have arrived, its answer did not; the text is the kind of the trouble."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    text: str
    retry_after_s: int | None


class HttpPost:
    """One per engine, shared by all who send. Opens its connections from within the running loop."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout = aiohttp.ClientTimeout(total=timeout_s, sock_connect=timeout_s / 2)
        self._session: aiohttp.ClientSession | None = None

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Raises NothingWasSent or AnswerLost."""
        if self._session is None:
            # None waits here for a free connection: who sends bounds how many requests are under way.
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),
                timeout=self._timeout,
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        try:
            async with self._session.post(
                url, data=body, headers=dict(headers), allow_redirects=False
            ) as answer:
                text = await answer.text(errors="replace")
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as unreachable:
            raise NothingWasSent from unreachable
        except (TimeoutError, aiohttp.ClientError, OSError) as lost:
            raise AnswerLost(type(lost).__name__) from lost
        retry_after_s = seconds_of(answer.headers.get("Retry-After"))
        return Answer(status=answer.status, text=text, retry_after_s=retry_after_s)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
