"""What a process asks of the machine it runs on: an event loop, time of several kinds, and chance."""

import asyncio
import gc
import resource
import secrets
import time
import uuid
from datetime import UTC, datetime
from typing import Final

import uvloop

COLLECTED_EVERY: Final = (50_000, 20, 20)
"""How many new objects, and rounds over the young ones, before the collector looks. A hit makes thousands
that are gone with it: looking more often finds nothing and costs a tenth of the processor.
"""


def program_loop() -> asyncio.AbstractEventLoop:
    """The event loop of a program that goes on for long: what is loaded by now stays for good.

    What loading left behind stays too: to look for it costs more than its few megabytes.
    """
    gc.freeze()
    gc.set_threshold(*COLLECTED_EVERY)
    gc.enable()
    return uvloop.new_event_loop()


def keep_out_of_dumps() -> None:
    """Keys that live in memory only must not come onto a disk with it when the process, or one that it
    starts, crashes.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class SystemClock:
    """Business time from the system, elapsed time from its monotonic clock, processor time by thread."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def elapsed(self) -> float:
        return time.monotonic()

    def worked(self) -> float:
        return time.thread_time()


class SystemChance:
    """Draws from the operating system."""

    def new_id(self) -> str:
        return str(uuid.uuid4())

    def random_bytes(self, length: int, /) -> bytes:
        return secrets.token_bytes(length)
