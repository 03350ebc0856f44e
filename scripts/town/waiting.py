"""Waiting for what other processes do: asked again until it is so, or until the patience is at its end."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

PATIENCE_S: Final = 90.0
"""Nothing takes so long on a machine that others share; who waits longer waits for ever."""
ASK_EVERY_S: Final = 0.1

Answer = Callable[[], Awaitable[str | None]]


class NeverCame(Exception):
    """What was waited for did not come about; the text says what was still missing."""


async def until(missing: Answer, *, within_s: float = PATIENCE_S, every_s: float = ASK_EVERY_S) -> None:
    """Returns once `missing` answers None; raises NeverCame with its last answer."""
    last = "no answer"
    try:
        async with asyncio.timeout(within_s):
            while (answer := await missing()) is not None:
                last = answer
                await asyncio.sleep(every_s)
    except TimeoutError:
        raise NeverCame(f"after {within_s:.0f} s: {last}") from None
