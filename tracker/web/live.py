"""Open pages learn that something changed. They are told nothing else, and look again by themselves.

What must not break: a stream ends at once when the server shuts down, instead of holding it up.
"""

import asyncio
from typing import Final

from aiohttp import web

KEEP_ALIVE_S: Final = 15.0
COALESCE_S: Final = 0.2
"""Several commits within this time are one change to a reader."""
STREAM_LASTS: Final = 40
"""Signals and keep-alives of one stream; the browser then comes back, and its session is asked again."""

CHANGED: Final = b"event: changed\ndata:\n\n"
STILL_HERE: Final = b": still here\n\n"


class Live:
    """Wakes every open stream; `wake` may be called from anywhere in the loop and returns at once."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Event] = set()
        self._is_closing = False

    def wake(self) -> None:
        for event in self._waiting:
            event.set()

    async def close(self, _app: web.Application) -> None:
        """End every stream; none begins after it."""
        self._is_closing = True
        self.wake()

    async def follow(self, stream: web.StreamResponse) -> None:
        """Write to a prepared stream until it has lasted long enough or the server shuts down."""
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            for _ in range(STREAM_LASTS):
                signal = STILL_HERE if self._is_closing else await self._next(event)
                if self._is_closing:
                    return
                await stream.write(signal)
        except ConnectionResetError:
            return
        finally:
            self._waiting.discard(event)

    async def _next(self, event: asyncio.Event) -> bytes:
        try:
            await asyncio.wait_for(event.wait(), KEEP_ALIVE_S)
        except TimeoutError:
            return STILL_HERE
        if not self._is_closing:
            await asyncio.sleep(COALESCE_S)
        event.clear()
        return CHANGED
