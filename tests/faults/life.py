"""One life of the whole system: B is listed, buys a ticket, is withdrawn. It can be killed at a given point.

    python -m tests.faults.life FOLDER POINT

What a provider got is kept in a file, as a real provider would keep it, so that a later life can look it up.
"""

import asyncio
import json
import logging
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import asdict, dataclass
from pathlib import Path

import structlog

from notifications.channels.port import ChannelKind, Outgoing
from notifications.channels.recorder import RecordedMessage, Recorder
from schemas.measures import AgencyKind
from scripts import cast
from scripts.chance import ScriptedEntropy
from scripts.clocks import JumpingClock
from scripts.stage import Registration
from scripts.story.props import SEAT_OF_B
from scripts.system import System, World
from tests.acceptance.court import BEGINS, REPLY_CODES, SHIFTS, CourtStage
from tracker.domain.entries import EntryState
from tracker.domain.ids import EntryId
from tracker.storage import entries
from tracker.storage.entries import EntrySearch

B_IS_WANTED = Registration(case=cast.B_CASE, wanted=cast.B, release_fen=cast.B_DEBT_FEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Right after the first commit to a file after which a query counts something."""

    file: str
    query: str


def on_the_bus(message_type: str) -> Point:
    query = f"SELECT count(*) FROM waiting WHERE instr(body, CAST('{message_type}' AS BLOB)) > 0"  # noqa: S608
    return Point(file="bus.sqlite", query=query)


COURT, RAILWAY = "court/court.sqlite", "edges/rail/edge.sqlite"
SENT = "sent"
COMMITS = {
    "approved": Point(file=COURT, query="SELECT count(*) FROM feed_change"),
    "numbered": Point(file=COURT, query="SELECT count(*) FROM feed_packet"),
    "packet published": on_the_bus("court.feed.packet"),
    "hit spooled": Point(file=RAILWAY, query="SELECT count(*) FROM hits"),
    "sighting published": on_the_bus("agency.sighting"),
    "alert opened": Point(file=COURT, query="SELECT count(*) FROM alert"),
    "notices claimed": Point(file=COURT, query="SELECT count(*) FROM attempt"),
    "withdrawn": Point(file=COURT, query="SELECT count(*) FROM watch_entry WHERE state = 'ended'"),
    "tombstone published": on_the_bus("court.express.tombstone"),
    "tombstone applied": Point(file=RAILWAY, query="SELECT count(*) FROM gone"),
}
POINTS = (*COMMITS, SENT)


def provider_of(data: Path) -> Recorder:
    """A provider that remembers over all lives what it got."""
    log = data / "provider.jsonl"
    recorder = Recorder()
    for line in log.read_text().splitlines() if log.exists() else ():
        stored = json.loads(line)
        recorder.record(ChannelKind(stored.pop("kind")), Outgoing(**stored))

    def remember(recorded: RecordedMessage) -> None:
        stored = {**asdict(recorded.message), "kind": recorded.kind}
        with log.open("a") as file:
            file.write(json.dumps(stored, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())

    recorder.listen(remember)
    return recorder


@asynccontextmanager
async def living(data: Path) -> AsyncIterator[CourtStage]:
    """The system in its folder, as it starts after whatever happened before."""
    clock, recorder = JumpingClock(BEGINS), provider_of(data)
    entropy = ScriptedEntropy(REPLY_CODES)
    world = World(data=data, clock=clock, entropy=entropy, shifts=SHIFTS, recorder=recorder)
    system = await System.open(world)
    try:
        yield CourtStage(system, clock, recorder)
    finally:
        await system.close()


async def goes_on(stage: CourtStage) -> EntryId:
    """Everything that has not happened yet; the agency sends its ticket again, under the same event id."""
    await stage.settles()
    entry_id = await find_entry(stage) or await lists_b(stage)
    await stage.railway.sells_ticket(cast.B, SEAT_OF_B)
    await stage.settles()
    if (await stage.entry(entry_id)).state is EntryState.ACTIVE:
        await stage.withdraws(entry_id, cast.JUDGE)
    await stage.waits(minutes=1)
    return entry_id


async def find_entry(stage: CourtStage) -> EntryId | None:
    async with stage.registry.reading() as tx:
        listed = await entries.search_entries(tx, EntrySearch(court_id=cast.COURT.court_id), limit=1)
    return listed[0].entry_id if listed else None


async def lists_b(stage: CourtStage) -> EntryId:
    await stage.opens_case(cast.B_CASE, amount_fen=cast.B_DEBT_FEN, debtor=cast.B.name)
    return await stage.lists(B_IS_WANTED)


def kill_at(point: str, stage: CourtStage) -> None:
    """From now on this process dies at the point, without a word."""
    if point == SENT:
        stage.recorder.listen(lambda _recorded: die())
        return
    dies = killer(COMMITS[point], stage.system.world.data)
    stage.system.court.database.on_commit(dies)
    stage.system.bus_database.on_commit(dies)
    stage.system.edges[AgencyKind.RAIL].on_change(dies)


def killer(point: Point, data: Path) -> Callable[[], None]:
    address = f"file:{data / point.file}?mode=ro"

    def die_if_reached() -> None:
        with closing(sqlite3.connect(address, uri=True)) as connection:
            (count,) = connection.execute(point.query).fetchone()
        if count:
            die()

    return die_if_reached


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def live(data: Path, point: str) -> None:
    async with living(data) as stage:
        kill_at(point, stage)
        await goes_on(stage)


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    asyncio.run(live(Path(sys.argv[1]), sys.argv[2]))
