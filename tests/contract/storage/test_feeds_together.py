"""One writer for the feeds of all agencies: none of them waits for another."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import Context
from dataclasses import dataclass, field, fields, replace
from typing import cast as typed

import pytest
import sqlalchemy as sa

from adapters.bus.embedded import EmbeddedBus
from adapters.bus.port import Bus, NoQueue
from adapters.sqlite import SqliteDatabase
from tests.awaited import awaited
from tests.contract.bus.guarded import BusAway, GuardedBus
from tests.contract.storage.books import BEGINS, Books
from tests.contract.storage.test_feed_writer import RAIL, put
from tests.contract.storage.test_leases import the_lease_runs_out
from tests.contract.storage.test_receipts import REFERENCE, instruct
from tracker.domain.ids import AgencyId
from tracker.loops.feed_writer import SOON, FeedWriterLoop, writer_of
from tracker.storage import agencies, feed_changes, feeds
from tracker.storage.engine.news import News
from tracker.storage.registry import CourtDatabase, Registry
from tracker.storage.tables import feeds as t
from tracker.storage.transaction import Tx

POLICE = AgencyId("police")
NEW_GATE = "new-gate"


class OneQueueInTrouble(GuardedBus):
    """The railway's queue takes nothing: it refuses at once, or hangs until it is told to go on. Its new gate
    has none yet.
    """

    is_refusing = False
    goes_on: asyncio.Event | None = None

    def __init__(self, bus: Bus) -> None:
        super().__init__(bus)
        self.meanwhile: list[Callable[[], Awaitable[None]]] = []
        self.sent: list[str] = []
        """The queues, in order."""

    async def publish(self, queue: str, body: bytes, *, message_id: str, sender: str) -> None:
        while self.meanwhile:
            await self.meanwhile.pop()()
        self.sent.append(queue)
        if queue.startswith(f"feed.{RAIL}."):
            if self.is_refusing:
                raise BusAway
            if queue.endswith(f".{NEW_GATE}"):
                raise NoQueue
            if self.goes_on is not None:
                await self.goes_on.wait()
        await super().publish(queue, body, message_id=message_id, sender=sender)


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowRegistry(Registry):
    """In the hands of somebody whom others overtake before the next transaction begins."""

    meanwhile: list[Callable[[], Awaitable[None]]] = field(default_factory=list)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        while self.meanwhile:
            await self.meanwhile.pop()()
        async with Registry.transaction(self) as tx:
            yield tx


def informed(registry: Registry, news: News) -> SlowRegistry:
    """The registry, told of all commits, so that loops rest."""
    typed(CourtDatabase, registry.database).on_written(news.heard)
    mine = {one.name: getattr(registry, one.name) for one in fields(Registry)}
    return SlowRegistry(**{**mine, "news": news})


class Feeds:
    """Those of railway and police, with their writer and the bus behind it."""

    def __init__(self, books: Books, bus: OneQueueInTrouble) -> None:
        self.books = books
        self.bus = bus
        self.news = News()
        self.registry = informed(books.registry, self.news)
        self.writer = FeedWriterLoop(self.registry, bus, [RAIL, POLICE])

    async def list(self, reference: int, *agency_ids: AgencyId) -> None:
        """One transaction puts a person on lists."""
        async with self.books.registry.transaction() as tx:
            for agency_id in agency_ids:
                await feed_changes.add_change(tx, put(reference, agency_id=agency_id))

    async def damage(self, agency_id: AgencyId) -> None:
        """What waits for the agency cannot be opened any more."""
        async with self.books.registry.transaction() as tx:
            await tx.run(
                sa.update(t.feed_change).where(t.feed_change.c.agency_id == agency_id).values(body=b"torn")
            )

    async def writes_once(self) -> None:
        """The writer goes once round, to its end."""
        async with self.writer:
            await self.writer.step()
            await self.nothing_more_comes()

    async def nothing_more_comes(self) -> None:
        """For so long that the writer marks what it has published."""
        self.books.clock.move_to(self.books.clock.now() + SOON)
        await self.writer.step()

    async def railway_goes_on(self) -> None:
        """Its queue takes what it was given, and the writer has heard of it."""
        assert self.bus.goes_on is not None
        self.bus.goes_on.set()
        now = self.books.clock.now()
        async with awaited("the writer has heard that the railway's queue takes its packets"):
            while (await self.writer.next_due() or now) > now:
                await self.published()

    async def published(self) -> tuple[int, int]:
        """Up to which change, to the railway and to the police."""
        async with self.books.registry.reading() as tx:
            rail, police = await feeds.get_feed(tx, RAIL), await feeds.get_feed(tx, POLICE)
        return rail.published_up_to, police.published_up_to


@pytest.fixture
async def both(books: Books) -> AsyncIterator[Feeds]:
    database = await SqliteDatabase.open(books.folder / "bus.sqlite")
    yield Feeds(books, OneQueueInTrouble(EmbeddedBus(database, books.clock.now)))
    await database.close()


async def test_one_round_writes_the_feeds_of_all(both: Feeds) -> None:
    await both.list(1, RAIL, POLICE)
    await both.list(2, POLICE)

    assert await both.writer.step()
    assert await both.published() == (1, 2)
    assert both.news.latest(["other"]) == 0, "it wakes nobody who waits for something else"
    assert not await both.writer.step()


async def test_while_more_comes_the_next_round_marks_what_this_one_has_published(both: Feeds) -> None:
    await both.list(1, RAIL, POLICE)
    async with both.writer:
        assert await both.writer.step()
        after_one = await both.published()
        await both.list(2, POLICE)
        assert await both.writer.step()
        after_two = await both.published()

    assert (after_one, after_two) == ((0, 0), (1, 1))
    assert sorted(both.bus.sent) == [f"feed.{POLICE}.one", f"feed.{POLICE}.one", f"feed.{RAIL}.one"]


async def test_where_nothing_more_comes_a_mark_is_moved_soon(both: Feeds) -> None:
    await both.list(1, RAIL)
    async with both.writer:
        await both.writer.step()
        assert not await both.writer.step()
        at_once = await both.published()
        assert await both.writer.next_due() == BEGINS + SOON
        await both.nothing_more_comes()
        assert await both.writer.next_due() is None

    assert at_once == (0, 0)
    assert await both.published() == (1, 0)


async def test_what_was_published_and_not_marked_is_published_again(both: Feeds) -> None:
    await both.list(1, RAIL)
    async with both.writer:
        await both.writer.step()
    await the_lease_runs_out(both.books, t.feed)

    await FeedWriterLoop(both.registry, both.bus, [RAIL, POLICE]).step()

    assert both.bus.sent == [f"feed.{RAIL}.one", f"feed.{RAIL}.one"]
    assert await both.published() == (1, 0)


async def test_an_agency_that_cannot_be_reached_keeps_no_other_from_its_list(both: Feeds) -> None:
    both.bus.is_refusing = True
    await both.list(1, RAIL, POLICE)

    with pytest.raises(BusAway):
        await both.writer.step()

    assert await both.published() == (0, 1)
    both.bus.is_refusing = False
    await both.writer.step()
    assert await both.published() == (1, 1)


async def test_an_agency_whose_queue_hangs_is_waited_for_apart(both: Feeds) -> None:
    both.bus.goes_on = asyncio.Event()
    await both.list(1, RAIL, POLICE)

    async with both.writer:
        await both.writer.step()
        await both.list(2, RAIL, POLICE)
        await both.writer.step()
        await both.nothing_more_comes()
        while_it_hangs = await both.published()
        both.bus.goes_on.set()

    assert while_it_hangs == (0, 2)
    assert await both.published() == (1, 2)
    assert both.writer.failing == {}
    await both.writes_once()
    assert await both.published() == (2, 2), "what it was passed over for"


async def test_an_adapter_without_a_queue_keeps_its_siblings_from_no_list(both: Feeds) -> None:
    async with both.registry.transaction() as tx:
        (first,) = await agencies.list_open_instances(tx, RAIL)
        await agencies.add_instance(tx, replace(first, name=NEW_GATE))
    await both.list(1, RAIL)

    await both.writer.step()

    assert await both.published() == (1, 0)


async def test_who_comes_back_during_a_round_is_looked_at_in_the_next(both: Feeds) -> None:
    both.bus.goes_on = asyncio.Event()
    await both.list(1, RAIL)

    async with both.writer:
        await both.writer.step()
        await both.list(2, RAIL, POLICE)
        both.registry.meanwhile.append(both.railway_goes_on)
        await both.writer.step()
        await both.writer.step()
        await both.nothing_more_comes()

    assert await both.published() == (2, 1)


async def test_a_feed_that_was_only_locked_is_looked_at_again_soon(both: Feeds) -> None:
    await both.list(1, RAIL)

    async with both.registry.transaction() as tx:
        await feeds.lock_feeds(tx, RAIL)
        writing = asyncio.create_task(both.writer.step(), context=Context())
        await both.books.engine.until_held_up(writing)
    await writing
    both.books.clock.move_to(BEGINS + SOON)
    await both.writer.step()

    assert await both.published() == (1, 0)


async def test_changes_that_cannot_be_numbered_hold_up_their_own_list_alone(both: Feeds) -> None:
    await both.list(1, RAIL, POLICE)
    await both.damage(RAIL)

    async with both.writer:
        await both.writer.step()
        await both.nothing_more_comes()

    assert await both.published() == (0, 1)
    assert both.writer.failing == {writer_of(RAIL): "UnsealFailed"}


async def test_a_database_that_is_away_is_asked_once_a_round(both: Feeds) -> None:
    """Each agency in turn would wait for it as long as the first."""
    asked: list[str] = []

    async def nobody_answers() -> None:
        asked.append("for all")
        both.registry.meanwhile.append(nobody_answers)
        raise TimeoutError

    both.registry.meanwhile.append(nobody_answers)
    async with both.writer:
        with pytest.raises(TimeoutError):
            await both.writer.step()

    assert asked == ["for all"]


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_whoever_decides_about_a_person_holds_up_the_lists_of_no_other(both: Feeds) -> None:
    await instruct(both.books)
    await both.list(REFERENCE, RAIL, POLICE)

    async with both.registry.transaction() as tx:
        await tx.run(sa.update(t.listing).values(feed_sequence=None))
        await asyncio.create_task(both.writes_once(), context=Context())
        assert await both.published() == (0, 1)

    await both.writer.step()
    assert await both.published() == (1, 1)
