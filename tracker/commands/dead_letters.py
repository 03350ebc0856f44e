"""`tracker dead-letters`: messages of agencies that were refused for a fault of their own, and their
replay.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from adapters.bus.port import Bus, DeadLetter
from adapters.bus.rabbitmq import BusAway
from adapters.machine import SystemClock
from tracker.commands.bus_line import open_bus
from tracker.commands.start import FAILED, WELL, CannotRun, complain, say
from tracker.settings import TrackerSettings

NEEDED: Final = ("broker_url",)
WENT_AWAY: Final = (
    "the broker went away meanwhile, or takes nothing: look at its alarms and do it again; "
    "what is back already is no longer in the list"
)
NOT_PUT_BACK: Final = (
    "not put back, for `tracker dead-letters list` has no such id, names it as forged, "
    "or names a queue that is gone:"
)


async def list_dead_letters(settings: TrackerSettings) -> int:
    """One line each, oldest first."""
    async with _bus(settings) as bus:
        letters = await bus.dead_letters()
    for letter in letters:
        say(line_of(letter))
    if not letters:
        say("no dead letters")
    return WELL


async def replay_dead_letters(settings: TrackerSettings, ids: Sequence[str], *, everything: bool) -> int:
    """Put messages back into their queues; the court takes each id once, so a replay doubles nothing."""
    async with _bus(settings) as bus:
        if everything:
            ids = [letter.message_id for letter in await bus.dead_letters()]
        put_back = await bus.replay(frozenset(ids))
    say(f"{len(put_back)} put back")
    if missing := sorted(set(ids) - set(put_back)):
        complain(NOT_PUT_BACK, *(_shown(message_id) for message_id in missing))
        return FAILED
    return WELL


@asynccontextmanager
async def _bus(settings: TrackerSettings) -> AsyncIterator[Bus]:
    async with AsyncExitStack() as opened:
        line = await open_bus(settings, SystemClock(), opened)
        if trouble := line.trouble():
            raise CannotRun(f"TRACKER_BROKER_URL: {trouble}")
        try:
            yield line.bus
        except (BusAway, TimeoutError) as reason:
            raise CannotRun(WENT_AWAY) from reason


def line_of(letter: DeadLetter) -> str:
    """Others wrote it: what a terminal would obey is spelled out."""
    died_at = letter.died_at.isoformat(timespec="seconds")
    queue = letter.queue or "in no queue"
    return _shown(f"{letter.message_id}  {died_at}  {queue}  from {letter.sender}: {letter.reason}")


def _shown(text: str) -> str:
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)
