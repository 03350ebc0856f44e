"""The court as one running thing: its books, its loops, its consumers, wired together. Only here engines are
named.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from adapters.bus.port import Bus
from notifications.channels.port import Channel
from notifications.providers import NO_PROBES, Probes, Providers
from tracker.consumers.agency import AgencyConsumer
from tracker.domain.entropy import Entropy
from tracker.domain.ids import AgencyId, CourtId
from tracker.domain.keys import CourtKeys
from tracker.domain.metering import UNMEASURED, Meter
from tracker.loops.audit_sealer import AuditSealerLoop
from tracker.loops.carried_lists import CarriedListLoop
from tracker.loops.due_work import DueWorkLoop, PatientWorkLoop
from tracker.loops.feed_writer import FeedWriterLoop
from tracker.loops.heartbeats import HeartbeatLoop
from tracker.loops.inbox import InboxLoop
from tracker.loops.journal import JournalLoop
from tracker.loops.notices import NoticeLoop
from tracker.loops.relay import RelayLoop
from tracker.loops.snapshots import SnapshotLoop
from tracker.services.delivery import probes
from tracker.services.entries import validation
from tracker.services.feeds.journal import Journal, JournalFile
from tracker.services.feeds.snapshots import Shelf
from tracker.services.lines import canaries
from tracker.services.people import device_reminders, mutes
from tracker.services.rosters import outlook
from tracker.storage import agencies
from tracker.storage.engine.news import News
from tracker.storage.leases import free_leases
from tracker.storage.providers_set_up import put_set_up
from tracker.storage.registry import CourtDatabase, Registry


class Loop(Protocol):
    """What the court does by itself: one round at a time, and when it wants to be asked again. While it
    `is_resting` no commit concerns it.
    """

    @property
    def name(self) -> str: ...

    @property
    def is_resting(self) -> bool: ...

    async def step(self) -> bool: ...

    async def next_due(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """What the court is given from outside: clocks, chance, the bus and the channels to people.

    `channels`: of one kind there may be several, the preferred one first; `snapshots`: the folder where whole
    lists are kept for adapters; `journal`: the folder of the withdrawal journal; `worker`: the name of this
    process among several that serve the court.
    """

    now: Callable[[], datetime]
    elapsed: Callable[[], float]
    entropy: Entropy
    bus: Bus
    channels: Sequence[Channel]
    snapshots: Path
    journal: Path
    worker: str = "one"
    meter: Meter = UNMEASURED
    probes: Probes = NO_PROBES


class Court:
    """One court on its migrated database."""

    def __init__(self, database: CourtDatabase, keys: CourtKeys, ports: Ports, court_id: CourtId) -> None:
        self.database = database
        self.ports = ports
        self.court_id = court_id
        self._news = News()
        self.registry = Registry(
            database=database,
            keys=keys,
            entropy=ports.entropy,
            now=ports.now,
            worker=ports.worker,
            meter=ports.meter,
            news=self._news,
        )
        database.on_written(self._news.heard)
        self.providers = Providers(ports.channels, ports.probes)
        self.shelf = Shelf(ports.snapshots)
        journal = Journal(folder=ports.journal, court_id=court_id, key=keys.chain)
        self.journal = JournalLoop(self.registry, JournalFile(journal, ports.worker), court_id)
        self.notices = NoticeLoop(self.registry, self.providers)
        self.loops: tuple[Loop, ...] = ()
        self.agencies: set[AgencyId] = set()
        """Those whose queues are consumed and whose feeds are written."""
        self.writer = FeedWriterLoop(self.registry, ports.bus, self.agencies)

    async def release_leases(self) -> None:
        """Free what this worker's former life held when it died, or what it holds itself when it ends."""
        async with self.registry.transaction() as tx:
            await free_leases(tx, self.registry.worker)

    async def start(self) -> None:
        """Subscribe to the queue of every agency known by now and set up the loops."""
        async with self.registry.transaction() as tx:
            await canaries.put_off_judgement(tx, self.court_id)
            await validation.begin_periods(tx, self.court_id)
            await outlook.watch_roster(tx, self.court_id)
            await put_set_up(tx, self.court_id, self.providers.set_up)
            await mutes.watch_mutes(tx, self.court_id)
            await device_reminders.watch_devices(tx, self.court_id)
            await probes.watch_probes(tx, self.court_id, self.ports.probes)
        bus = self.ports.bus
        await self.pick_up_agencies()
        self.loops = (
            RelayLoop(self.registry, bus),
            self.writer,
            InboxLoop(self.registry, self.notices.write),
            self.notices,
            DueWorkLoop(self.registry),
            PatientWorkLoop(self.registry),
            AuditSealerLoop(self.registry),
            self.journal,
            HeartbeatLoop(self.registry, bus, self.court_id, self.ports.elapsed),
            CarriedListLoop(self.registry, self.shelf, self.court_id),
            SnapshotLoop(self.registry, self.shelf, self.court_id),
        )

    async def pick_up_agencies(self) -> Sequence[AgencyId]:
        """Subscribe to the queues of the agencies that were not known before, and write their feeds from now
        on; who they are. Feeds and adapters that are new get their canary and their watch.
        """
        async with self.registry.reading() as tx:
            known = await agencies.list_agencies(tx, self.court_id)
            is_tended = await canaries.is_tended(tx, self.court_id)
        added = [agency.agency_id for agency in known if agency.agency_id not in self.agencies]
        for agency_id in added:
            consumer = AgencyConsumer(
                registry=self.registry,
                court_id=self.court_id,
                agency_id=agency_id,
                write=self.notices.write,
            )
            self.ports.bus.subscribe_to_sets(consumer.queue, consumer.take)
        # Before the canary is listed: that commit wakes the writer.
        self.agencies.update(added)
        if not is_tended:
            async with self.registry.transaction() as tx:
                await canaries.tend_lines(tx, self.court_id)
        return added

    async def close(self) -> None:
        """Close the database; whatever was not committed is done again at the next start."""
        await self.database.close()
