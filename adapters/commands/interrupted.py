"""How a program of the adapter's goes on until it is told to end."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Coroutine
from typing import Any


async def until_interrupted(work: Coroutine[Any, Any, None], ending: Callable[[], None]) -> None:
    """Do the work, and cancel it at SIGINT or SIGTERM, after `ending` was called."""
    interrupted = asyncio.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(one, interrupted.set)
    working = asyncio.create_task(work, name="work")
    interruption = asyncio.create_task(interrupted.wait(), name="interruption")
    await asyncio.wait({working, interruption}, return_when=asyncio.FIRST_COMPLETED)
    interruption.cancel()
    if not working.done():
        ending()
    working.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await working
