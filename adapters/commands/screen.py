"""`adapter screen`, which `adapter run --screeners` starts: one process that screens and keeps nothing.

What must not break: without a keeper that is heard it calls nobody clear; and it does not outlive its keeper
for long, nor stands in the way of the next.
"""

import asyncio
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from adapters.commands.interrupted import until_interrupted
from adapters.commands.lock import is_locked
from adapters.commands.outset import read_settings
from adapters.logs import configure_logs
from adapters.machine import SystemClock, program_loop
from adapters.screeners.door import door_of
from adapters.screeners.screener import Screener
from adapters.screeners.word import LONGEST_WORD_BYTES, UNDERSTOOD, Word
from adapters.web.screener_api import screener_api
from adapters.web.serving import serving_on

LOOKS_EVERY_S: Final = 0.2
STAYS_FOR_S: Final = 60.0
"""After its keeper: until then somebody has noticed, and no answer at all is as honest."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inherited:
    """What a screener gets from its keeper: its name, its folder, and two open sockets."""

    name: str
    folder: Path
    listening: int
    keeper: int


def screen(environment: Mapping[str, str], inherited: Inherited) -> None:
    """Returns when it was ended, or is of no use any more."""
    agency, _, instance = inherited.name.partition(".")
    settings = read_settings(environment, ())
    configure_logs("screener", settings.log_format, who={"agency": agency, "instance": instance})
    with asyncio.Runner(loop_factory=program_loop) as runner:
        runner.run(until_interrupted(_screen(inherited), lambda: None))


async def _screen(inherited: Inherited) -> None:
    clock = SystemClock()
    screener = Screener(clock.now, clock.elapsed)
    keeper, writer = await asyncio.open_unix_connection(
        sock=socket.socket(fileno=inherited.keeper), limit=LONGEST_WORD_BYTES
    )
    first = await _next_word(keeper)
    if first is None:
        return
    screener.hear(first)
    listening = socket.socket(fileno=inherited.listening)
    with door_of(inherited.folder) as door:
        async with (
            screener_api(screener, door) as api,
            serving_on(api, listening),
        ):
            log.info("screener-ready")
            writer.write(UNDERSTOOD)
            while (word := await _next_word(keeper)) is not None:
                screener.hear(word)
                writer.write(UNDERSTOOD)
            screener.hear_end()
            log.error("keeper-gone")
            await _until_another_keeps(inherited.folder)


async def _next_word(keeper: asyncio.StreamReader) -> Word | None:
    """None once the keeper is gone."""
    try:
        line = await keeper.readline()
    except ConnectionError:
        return None
    return Word.model_validate_json(line) if line.endswith(b"\n") else None


async def _until_another_keeps(folder: Path) -> None:
    for _ in range(int(STAYS_FOR_S / LOOKS_EVERY_S)):
        # First: a process that dies holds its lock for a moment longer than its sockets.
        await asyncio.sleep(LOOKS_EVERY_S)
        if is_locked(folder):
            return
