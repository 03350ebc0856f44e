"""`tracker dead-letters`: messages of agencies that were refused for a fault of their own, and their
replay.
"""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Final

from adapters.bus.port import DeadLetter
from adapters.machine import SystemClock
from tracker.commands.bus_line import open_bus
from tracker.commands.start import FAILED, WELL, CannotRun, complain, say
from tracker.settings import TrackerSettings

NEEDED: Final = ("broker_url",)


async def list_dead_letters(settings: TrackerSettings) -> int:
    """One line each, oldest first."""
    async with AsyncExitStack() as opened:
        line = await open_bus(settings, SystemClock(), opened)
        if trouble := line.trouble():
            raise CannotRun(f"TRACKER_BROKER_URL: {trouble}")
        letters = await line.bus.dead_letters()
    for letter in letters:
        say(line_of(letter))
    if not letters:
        say("no dead letters")
    return WELL


async def replay_dead_letters(settings: TrackerSettings, ids: Sequence[str], *, everything: bool) -> int:
    """Put messages back into their queues; the court takes each id once, so a replay doubles nothing."""
    async with AsyncExitStack() as opened:
        line = await open_bus(settings, SystemClock(), opened)
        if trouble := line.trouble():
            raise CannotRun(f"TRACKER_BROKER_URL: {trouble}")
        if everything:
            ids = [letter.message_id for letter in await line.bus.dead_letters()]
        missing = [message_id for message_id in ids if not await line.bus.replay(message_id)]
    say(f"{len(ids) - len(missing)} put back")
    if missing:
        complain("not among the dead letters (`tracker dead-letters list` names them):", *missing)
        return FAILED
    return WELL


def line_of(letter: DeadLetter) -> str:
    """Others wrote it: what a terminal would obey is spelled out."""
    died_at = letter.died_at.isoformat(timespec="seconds")
    queue = letter.queue or "in no queue"
    line = f"{letter.message_id}  {died_at}  {queue}  from {letter.sender}: {letter.reason}"
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in line)
