"""Tells a watcher outside, minute by minute, that this process of the court is whole: when the word stays
away, the watcher calls somebody.

What must not break: a court that is not whole sends no word, and a watcher that is away hinders nothing here.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final, TypeAlias

import aiohttp
import structlog

from tracker.web.observability.health import Judgement

EVERY_S: Final = 60.0
ANSWER_WITHIN_S: Final = 10.0
_log = structlog.get_logger(__name__)

Call: TypeAlias = Callable[[], Awaitable[int]]
"""Calls the watcher; the status of its answer."""


class OutsideWatch:
    """A loop of the process: its first call goes out once the first look finds it whole."""

    name = "outside watch"

    def __init__(
        self,
        call: Call,
        judge: Callable[[], Awaitable[Judgement]],
        now: Callable[[], datetime],
        elapsed: Callable[[], float],
    ) -> None:
        self._call = call
        self._judge = judge
        self._now = now
        self._elapsed = elapsed
        self._looked_at_s: float | None = None
        self.trouble: str | None = None

    async def step(self) -> bool:
        """Call when it is time and the court is whole."""
        if self._looked_at_s is not None and self._elapsed() - self._looked_at_s < EVERY_S:
            return False
        self._looked_at_s = self._elapsed()
        judged = await self._judge()
        if judged.is_ready:
            self.trouble = await self._try_to_call()
        else:
            _log.warning("outside-watch-not-called", reason="this process is not ready")
        return False

    async def _try_to_call(self) -> str | None:
        """What went wrong, if anything did."""
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                status = await self._call()
        except (OSError, TimeoutError, aiohttp.ClientError) as error:
            # The kind only: the address in its text may hold a secret.
            why = type(error).__name__
        else:
            if status < HTTPStatus.MULTIPLE_CHOICES:
                return None
            why = f"status {status}"
        _log.warning("outside-watch-failed", why=why)
        return f"the watcher at TRACKER_HEARTBEAT_URL does not answer ({why})"

    async def next_due(self) -> datetime | None:
        """A minute after the last look."""
        if self._looked_at_s is None:
            return self._now()
        return self._now() + timedelta(seconds=EVERY_S - (self._elapsed() - self._looked_at_s))


@asynccontextmanager
async def calling(url: str) -> AsyncIterator[Call]:
    """Calls by GET to an address; redirections are not followed."""
    async with aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=ANSWER_WITHIN_S), cookie_jar=aiohttp.DummyCookieJar()
    ) as session:

        async def call() -> int:
            async with session.get(url, allow_redirects=False) as answer:
                return answer.status

        yield call
