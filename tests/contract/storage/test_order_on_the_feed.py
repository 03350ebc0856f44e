"""Whoever signs later tells of no older list: a court that does is taken for one that was set back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from adapters.bus.embedded import EmbeddedBus
from adapters.bus.port import Accepted, Answer, Delivery
from adapters.edge.line import OVERTAKEN_FOR, Line
from adapters.replica.packets import SignedPacket
from adapters.replica.replica import Replica
from adapters.replica.values import Applied, FeedKey, FeedState
from adapters.screening import FeedCondition
from adapters.sqlite import SqliteDatabase
from schemas.envelope import read_body
from schemas.messages import FeedHead, FeedPacket, Heartbeat
from scripts import cast
from scripts.pump import settle
from tests.awaited import awaited
from tests.contract.storage.books import BEGINS, Books
from tests.contract.storage.test_feed_writer import RAIL, opened, packet_in, put
from tracker.loops.feed_writer import FeedWriterLoop
from tracker.loops.heartbeats import HeartbeatLoop
from tracker.storage import feed_changes, feeds
from tracker.storage.registry import Registry
from tracker.storage.transaction import Tx

FEED = FeedKey(epoch=1, incarnation=1)


class SlowDay:
    """A clock: more time than an edge forgives goes by whenever somebody looks."""

    def __init__(self) -> None:
        self._at = BEGINS

    def now(self) -> datetime:
        self._at += OVERTAKEN_FOR + timedelta(seconds=1)
        return self._at


@dataclass(frozen=True, slots=True, kw_only=True)
class HaltingRegistry(Registry):
    """In the hands of somebody who halts before the first statement of a change, or before its commit."""

    halts_before_commit: bool
    halted: asyncio.Event = field(default_factory=asyncio.Event)
    goes_on: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        async with Registry.transaction(self) as tx:
            if not self.halts_before_commit:
                await self._halt()
            yield tx
            await self._halt()

    async def _halt(self) -> None:
        self.halted.set()
        await self.goes_on.wait()


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """The railway's feed as the court keeps it, and all that was said on it."""

    books: Books
    registry: Registry
    bus: EmbeddedBus
    said: list[bytes]

    async def lists(self, reference: int) -> None:
        async with self.registry.transaction() as tx:
            await feed_changes.add_change(tx, put(reference))

    async def beats_while_the_writer_halts(self, *, before_commit: bool) -> None:
        """The writer halts in the middle of a packet; a heartbeat gets as far as it can meanwhile."""
        mine = self.registry
        halting = HaltingRegistry(
            database=mine.database,
            keys=mine.keys,
            entropy=mine.entropy,
            now=mine.now,
            halts_before_commit=before_commit,
        )
        writing = asyncio.create_task(FeedWriterLoop(halting, self.bus, [RAIL]).step())
        async with awaited("the writer is in the middle of its work"):
            await halting.halted.wait()
        beats = HeartbeatLoop(mine, self.bus, cast.COURT.court_id, lambda: 0.0)
        beating = asyncio.create_task(beats.step())
        await self.books.engine.until_held_up(beating)
        halting.goes_on.set()
        await asyncio.gather(writing, beating)
        await settle([self.bus])

    def said_last(self, message: type[FeedPacket | Heartbeat]) -> bytes:
        return next(raw for raw in reversed(self.said) if opened(raw).type == message.TYPE)


def head_in(heartbeat: bytes) -> FeedHead:
    body = read_body(opened(heartbeat), Heartbeat)
    assert isinstance(body, Heartbeat)
    return body.head


@pytest.fixture
async def feed(books: Books) -> AsyncIterator[Feed]:
    database = await SqliteDatabase.open(books.folder / "bus.sqlite")
    bus = EmbeddedBus(database, books.clock.now)
    said: list[bytes] = []

    async def hear(delivery: Delivery) -> Answer:
        said.append(delivery.body)
        return Accepted()

    bus.subscribe("feed.rail.one", hear)
    yield Feed(books=books, registry=replace(books.registry, now=SlowDay().now), bus=bus, said=said)
    await database.close()


async def applied_by_an_edge(feed: Feed) -> FeedState:
    """Where the replica of an edge stands that has taken the packet."""
    packet = feed.said_last(FeedPacket)
    async with feed.registry.reading() as tx:
        keys = (await feeds.get_feed(tx, RAIL)).keys
    signed = SignedPacket(
        feed=FEED,
        packet=packet_in(packet),
        signed_at=opened(packet).sent_at,
        digest_key=keys.digest_key,
    )
    replica = Replica(feed.books.folder / "replica", {FEED.epoch: keys.digest_key})
    applied = await replica.apply_packet(signed)
    replica.close()
    assert isinstance(applied, Applied)
    return applied.state


def hear_heartbeat(line: Line, feed: Feed, own: FeedState) -> None:
    heartbeat = feed.said_last(Heartbeat)
    line.hear_heartbeat(FEED, head_in(heartbeat), own, opened(heartbeat).sent_at)


@pytest.mark.parametrize("before_commit", [False, True])
async def test_an_edge_that_has_just_started_does_not_take_the_court_for_one_set_back(
    feed: Feed, before_commit: bool
) -> None:
    await feed.lists(7)
    await feed.beats_while_the_writer_halts(before_commit=before_commit)
    line = Line(feed.registry.now, lambda: 0.0, [FEED], lambda _feed: True)

    hear_heartbeat(line, feed, await applied_by_an_edge(feed))

    assert line.condition(FEED) is not FeedCondition.RAN_BACK


@pytest.mark.parametrize("before_commit", [False, True])
async def test_a_list_that_was_proven_stays_so_through_a_slow_packet(feed: Feed, before_commit: bool) -> None:
    line = Line(feed.registry.now, lambda: 0.0, [FEED], lambda _feed: True)
    line.hear_heartbeat(FEED, FeedState().head(), FeedState(), BEGINS)
    await feed.lists(7)
    await feed.beats_while_the_writer_halts(before_commit=before_commit)
    own = await applied_by_an_edge(feed)

    line.hear_packet(FEED, Applied(state=own))
    hear_heartbeat(line, feed, own)

    assert line.condition(FEED) is FeedCondition.PROVEN
