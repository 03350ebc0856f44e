"""`tracker dead-letters`: messages of agencies that were refused for a fault of their own, their replay, and
their end.
"""

import getpass
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from adapters.bus.port import Bus, DeadLetter
from adapters.bus.rabbitmq import BusAway
from adapters.machine import SystemClock
from tracker.commands.bus_line import open_bus
from tracker.commands.engines import court_of, open_registry
from tracker.commands.start import FAILED, WELL, CannotRun, complain, say
from tracker.domain.dead_letters import Discard, DiscardReason
from tracker.domain.people import system_actor
from tracker.services.lines.dead_letters import record_discard
from tracker.settings import TrackerSettings
from tracker.storage import agencies
from tracker.storage.registry import Registry

NEEDED: Final = ("court_id", "database_url", "broker_url", "keys_file")
WENT_AWAY: Final = (
    "the broker went away meanwhile, or takes nothing: look at its alarms and do it again; "
    "what is back already is no longer in the list"
)
NOT_PUT_BACK: Final = (
    "not put back, for `tracker dead-letters list` has no such id, names it as forged, "
    "or names a queue that is gone:"
)
NO_SUCH_MARK: Final = (
    "no dead letter has this mark: take it from the first column of `tracker dead-letters list`"
)
TAKEN_MEANWHILE: Final = (
    "somebody else put the letter back or discarded it meanwhile; the audit log has this discard as well"
)


async def list_dead_letters(settings: TrackerSettings) -> int:
    """One line each, oldest first."""
    async with _books(settings) as registry, _bus(settings, registry) as bus:
        letters = await bus.dead_letters()
    for letter in letters:
        say(line_of(letter))
    if not letters:
        say("no dead letters")
    return WELL


async def replay_dead_letters(settings: TrackerSettings, ids: Sequence[str], *, everything: bool) -> int:
    """Put messages back into their queues; the court takes each id once, so a replay doubles nothing."""
    async with _books(settings) as registry, _bus(settings, registry) as bus:
        if everything:
            ids = [letter.message_id for letter in await bus.dead_letters()]
        put_back = await bus.replay(frozenset(ids))
    say(f"{len(put_back)} put back")
    if missing := sorted(set(ids) - set(put_back)):
        complain(NOT_PUT_BACK, *(_shown(message_id) for message_id in missing))
        return FAILED
    return WELL


async def discard_dead_letter(settings: TrackerSettings, mark: str, reason: DiscardReason) -> int:
    """Drop one letter for good. The audit log has it before it is gone: whatever happens, none goes in
    silence.
    """
    async with _books(settings) as registry, _bus(settings, registry) as bus:
        found = next((letter for letter in await bus.dead_letters() if letter.mark == mark), None)
        if found is None:
            complain(NO_SUCH_MARK)
            return FAILED
        async with registry.transaction() as tx:
            await record_discard(tx, system_actor(court_of(settings)), _discard_of(found, reason))
        if not await bus.discard(mark):
            complain(TAKEN_MEANWHILE)
            return FAILED
    say(f"discarded as {reason}: {line_of(found)}")
    return WELL


def _discard_of(letter: DeadLetter, reason: DiscardReason) -> Discard:
    return Discard(
        mark=letter.mark,
        queue=letter.queue,
        sender=letter.sender,
        died_at=letter.died_at,
        reason=reason,
        operator=getpass.getuser(),
    )


@asynccontextmanager
async def _books(settings: TrackerSettings) -> AsyncIterator[Registry]:
    async with AsyncExitStack() as opened:
        yield await open_registry(settings, opened)


@asynccontextmanager
async def _bus(settings: TrackerSettings, registry: Registry) -> AsyncIterator[Bus]:
    """With the dead letters of every agency that the books know, closed ones among them."""
    async with registry.reading() as tx:
        known = [one.agency_id for one in await agencies.list_agencies(tx, court_of(settings))]
    async with AsyncExitStack() as opened:
        line = await open_bus(settings, SystemClock(), opened, known)
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
    named = f"{letter.mark}  {letter.message_id}  {died_at}  {queue}  from {letter.sender}"
    return _shown(f"{named}: {letter.reason}")


def _shown(text: str) -> str:
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)
