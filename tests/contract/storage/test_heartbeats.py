"""Every agency hears from the court every ten seconds, or it stops nobody after five minutes."""

from datetime import timedelta
from pathlib import Path

import pytest

from adapters.bus.embedded import EmbeddedBus
from adapters.sqlite import SqliteDatabase
from scripts import cast
from tests.contract.bus.guarded import BusAway, GuardedBus
from tests.contract.storage.books import Books
from tracker.domain.ids import AgencyId, CourtId
from tracker.domain.people import system_actor
from tracker.loops.heartbeats import HeartbeatLoop
from tracker.services.lines.epoch_rolls import roll_epoch
from tracker.storage.folder_lines import record_transport


class WithoutQueue(GuardedBus):
    """A broker on which somebody has deleted a queue; `taken` are the queues that took something."""

    def __init__(self, bus: EmbeddedBus, missing: str) -> None:
        super().__init__(bus)
        self._missing = missing
        self.taken: list[str] = []

    async def publish(self, queue: str, body: bytes, *, message_id: str, sender: str) -> None:
        if queue == self._missing:
            raise BusAway
        await super().publish(queue, body, message_id=message_id, sender=sender)
        self.taken.append(queue)


@pytest.mark.parametrize("missing", ["feed.border.one", "feed.exit-entry.one", "feed.police.one"])
async def test_an_agency_without_its_queue_silences_no_other(
    books: Books, tmp_path: Path, missing: str
) -> None:
    database = await SqliteDatabase.open(tmp_path / "bus.sqlite")
    bus = WithoutQueue(EmbeddedBus(database, books.clock.now), missing)

    await HeartbeatLoop(books.registry, bus, cast.COURT.court_id, books.clock.elapsed).step()
    await database.close()

    everybody = {"feed.border.one", "feed.exit-entry.one", "feed.police.one", "feed.rail.one"}
    assert sorted(bus.taken) == sorted(everybody - {missing})


async def test_each_list_of_an_agency_that_has_two_is_told_of(books: Books, tmp_path: Path) -> None:
    database = await SqliteDatabase.open(tmp_path / "bus.sqlite")
    bus = WithoutQueue(EmbeddedBus(database, books.clock.now), missing="none")
    async with books.registry.transaction() as tx:
        await roll_epoch(tx, system_actor(CourtId(cast.COURT.court_id)), AgencyId("rail"), operator="yunwei")

    await HeartbeatLoop(books.registry, bus, cast.COURT.court_id, books.clock.elapsed).step()
    await database.close()

    assert (bus.taken.count("feed.rail.one"), bus.taken.count("feed.police.one")) == (2, 1)


async def test_an_adapter_by_folder_is_written_to_once_a_minute(books: Books, tmp_path: Path) -> None:
    database = await SqliteDatabase.open(tmp_path / "bus.sqlite")
    bus = WithoutQueue(EmbeddedBus(database, books.clock.now), missing="none")
    async with books.registry.transaction() as tx:
        await record_transport(tx, AgencyId("rail"), "one", is_by_folder=True)
    loop = HeartbeatLoop(books.registry, bus, cast.COURT.court_id, books.clock.elapsed)

    await loop.step()
    for _ in range(6):
        books.clock.move_to(books.clock.now() + timedelta(seconds=10))
        await loop.step()
    await database.close()

    assert (bus.taken.count("feed.rail.one"), bus.taken.count("feed.police.one")) == (2, 7)
