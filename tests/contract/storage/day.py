"""What a court does all day, each with another person: an approval and its way to the feeds, a hit with its
notices, a taking, and a withdrawal with its way to the feeds.
"""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Self

from adapters.bus.embedded import EmbeddedBus
from adapters.sqlite import SqliteDatabase
from notifications.channels.port import Submitted
from notifications.providers import Providers
from scripts import cast
from scripts.benches.listing import number_of, submit_people
from scripts.clocks import JumpingClock
from scripts.partners import PARTNERS
from tests.contract.storage.sighted import night_train, takes
from tests.scripted_channel import ScriptedChannel
from tracker.domain.entries import Cause
from tracker.domain.ids import LeaseToken
from tracker.domain.people import system_actor
from tracker.loops.feed_writer import FeedWriterLoop
from tracker.services.alerts.sightings import take_sightings
from tracker.services.delivery.claims import claim_sendings
from tracker.services.delivery.results import Answered, record_sent
from tracker.services.entries.approval import approve_entry
from tracker.services.entries.standing import Stop, stop_entries
from tracker.storage import alerts, entries, entry_locks, people
from tracker.storage.registry import Registry

PROVIDERS = Providers([ScriptedChannel("recorder")])
WITHDRAWN = Stop(cause=Cause.WITHDRAWN, ends=True)
MINE = LeaseToken("one.day")


@dataclass(slots=True, kw_only=True)
class Day:
    registry: Registry
    clock: JumpingClock
    writer: FeedWriterLoop
    bus: SqliteDatabase
    position: int = 0

    @classmethod
    async def begun(cls, registry: Registry, clock: JumpingClock, folder: Path) -> Self:
        database = await SqliteDatabase.open(folder)
        bus = EmbeddedBus(database, clock.now)
        await bus.make_tables()
        writer = FeedWriterLoop(registry, bus, [partner.agency_id for partner in PARTNERS])
        return cls(registry=registry, clock=clock, writer=writer, bus=database)

    async def ends(self) -> None:
        await self.bus.close()

    async def passes(self) -> None:
        """All of it with the next person."""
        position, self.position = self.position, self.position + 1
        [entry_id] = await submit_people(self.registry, position, 1)
        async with self.registry.transaction() as tx:
            leader = await people.get_actor(tx, cast.LEADER.person_id)
            await approve_entry(tx, leader, entry_id, [number_of(position)])
        assert await self.writer.step()
        async with self.registry.transaction() as tx:
            await take_sightings(tx, [night_train(tx, position)])
        await self._sends()
        async with self.registry.reading() as tx:
            entry = await entries.get_entry(tx, entry_id)
            [alert] = await alerts.list_alerts_of_subject(tx, entry.subject_id)
        async with self.registry.transaction() as tx:
            await takes(tx, cast.JUDGE, alert.alert_id)
        await self._sends()
        async with self.registry.transaction() as tx:
            locked = await entry_locks.lock_entry(tx, entry_id)
            await stop_entries(tx, system_actor(locked.court_id), [locked], WITHDRAWN)
        assert await self.writer.step()
        # A stand-down waits a moment for the receipts of agencies.
        self.clock.move_to(self.clock.now() + timedelta(minutes=1))
        await self._sends()

    async def _sends(self) -> None:
        async with self.registry.transaction() as tx:
            sendings = await claim_sendings(tx, MINE, PROVIDERS)
        async with self.registry.transaction() as tx:
            answer = Submitted(provider_id="SM1")
            await record_sent(tx, [Answered(sending=one, result=answer, token=MINE) for one in sendings])
