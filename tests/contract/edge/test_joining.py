"""A new adapter joins a list whose beginning has left the log, over the real listener, while changes flow."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.bus.embedded import EmbeddedBus
from adapters.edge.edge import Edge, EdgeState
from adapters.edge.settings import EdgeKeys, EdgePorts, EdgeSettings
from adapters.machine import SystemChance, SystemClock
from adapters.running import Loop
from adapters.screening import FeedCondition
from adapters.sqlite import SqliteDatabase
from adapters.web.court_log import HttpCourtLog
from schemas.measures import AgencyKind
from scripts.clocks import JumpingClock
from scripts.pump import settle
from tests.contract.edge.gate import COURT_ID, Gate
from tests.contract.edge.test_court_log import RAIL
from tests.contract.edge.test_snapshots import forget
from tests.contract.storage.books import KEYS
from tests.contract.storage.test_feed_writer import head_of, put, removal
from tracker.loops.feed_writer import FeedWriterLoop
from tracker.loops.heartbeats import HeartbeatLoop
from tracker.loops.snapshots import SnapshotLoop
from tracker.storage import feed_changes, feeds
from tracker.storage.feed_changes import Change
from tracker.storage.feeds import Feed

AT_FIRST = 30
MEANWHILE = range(31, 51)


class Joining:
    """The court and one new edge, whose loops take their turns one after the other."""

    def __init__(self, gate: Gate, bus: EmbeddedBus, edge: Edge, clock: JumpingClock) -> None:
        self._gate = gate
        self._bus = bus
        self._edge = edge
        self._clock = clock
        self._loops: tuple[Loop, ...] = (
            FeedWriterLoop(gate.registry, bus, [RAIL]),
            SnapshotLoop(gate.registry, gate.shelf, COURT_ID),
            bus,
            *edge.loops,
        )

    async def turn(self) -> bool:
        """Each loop once; whether any of them had something to do."""
        self._clock.move_to(self._clock.now() + timedelta(seconds=2))
        return any([await loop.step() for loop in self._loops])

    async def beats(self) -> None:
        await HeartbeatLoop(self._gate.registry, self._bus, COURT_ID, self._clock.elapsed).step()

    async def state(self) -> EdgeState:
        return await self._edge.state()

    async def settles(self) -> None:
        await self.beats()
        for _ in range(100):
            await self.turn()


async def commits(gate: Gate, *changes: Change) -> None:
    async with gate.registry.transaction() as tx:
        for change in changes:
            await feed_changes.add_change(tx, change)


async def current(gate: Gate) -> Feed:
    async with gate.registry.reading() as tx:
        return await feeds.get_feed(tx, RAIL)


@pytest.fixture
async def long_ago(gate: Gate, tmp_path: Path) -> None:
    """Thirty are listed, and their packets have left broker and log."""
    database = await SqliteDatabase.open(tmp_path / "former-bus.sqlite")
    writer = FeedWriterLoop(gate.registry, EmbeddedBus(database, gate.registry.now), [RAIL])
    await commits(gate, *map(put, range(1, AT_FIRST + 1)))
    await settle([writer])
    await database.close()
    await forget(gate, AT_FIRST)


@pytest.fixture
async def edge(gate: Gate, folder: Path, tmp_path: Path, long_ago: None) -> AsyncIterator[Joining]:
    identity = await gate.enrols(folder)
    database = await SqliteDatabase.open(tmp_path / "bus.sqlite")
    clock = JumpingClock(SystemClock().now())
    bus = EmbeddedBus(database, clock.now)
    settings = EdgeSettings(
        court=COURT_ID,
        agency=RAIL,
        kind=AgencyKind.RAIL,
        instance="one",
        data=folder,
        phone_24h="010-00000000",
    )
    keys = EdgeKeys(
        signing=identity.own.signing,
        sealing=identity.own.sealing,
        court_verifying={KEYS.signing.key_id: KEYS.signing.verifying},
        court_sealing_public=KEYS.sealing.public,
        epochs=((await current(gate)).keys,),
    )
    log = HttpCourtLog(gate.url, identity)
    ports = EdgePorts(now=clock.now, elapsed=clock.elapsed, entropy=SystemChance(), log=log)
    opened = await Edge.open(settings, keys, bus, ports)
    yield Joining(gate, bus, opened, clock)
    await opened.close()
    await database.close()


async def test_a_new_adapter_joins_without_a_gap(
    gate: Gate, edge: Joining, logged: list[dict[str, Any]]
) -> None:
    await edge.beats()
    for reference in MEANWHILE:
        await commits(gate, put(reference), removal(reference - AT_FIRST))
        await edge.turn()
    await edge.settles()
    state, feed = await edge.state(), await current(gate)

    (taken,) = [event for event in logged if event["event"] == "snapshot-taken"]
    assert AT_FIRST <= taken["sequence"] < 70
    assert state.condition is FeedCondition.PROVEN
    assert (state.sequence, state.count, state.digest) == (70, 30, feed.head.digest)
    assert feed.head == head_of(70, [(one, 1) for one in range(21, 51)], feed.keys.digest_key)
