"""The court as one running thing: its books, its loops, its consumers, wired together. Only here engines are
named.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from adapters.bus.port import Bus
from adapters.sqlite import SqliteDatabase
from notifications.channels.port import Channel, ChannelKind
from tracker.consumers.agency import AgencyConsumer
from tracker.domain.entropy import Entropy
from tracker.domain.ids import CourtId
from tracker.domain.keys import CourtKeys
from tracker.loops.audit_sealer import AuditSealerLoop
from tracker.loops.due_work import DueWorkLoop
from tracker.loops.feed_writer import FeedWriterLoop
from tracker.loops.heartbeats import HeartbeatLoop
from tracker.loops.inbox import InboxLoop
from tracker.loops.notices import NoticeLoop
from tracker.loops.relay import RelayLoop
from tracker.migrations.upgrade import upgrade_sqlite
from tracker.storage import agencies
from tracker.storage.leases import free_all_leases
from tracker.storage.registry import Registry

DATABASE_FILE = "court.sqlite"


class Loop(Protocol):
    """What the court does by itself: one round at a time, and when it wants to be asked again."""

    @property
    def name(self) -> str: ...

    async def step(self) -> bool: ...

    async def next_due(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """What the court is given from outside: clocks, chance, the bus and the channels to people."""

    now: Callable[[], datetime]
    elapsed: Callable[[], float]
    entropy: Entropy
    bus: Bus
    channels: Mapping[ChannelKind, Channel]


class Court:
    """One court on the embedded database."""

    def __init__(self, database: SqliteDatabase, keys: CourtKeys, ports: Ports, court_id: CourtId) -> None:
        self.database = database
        self.ports = ports
        self.court_id = court_id
        self.registry = Registry(database=database, keys=keys, entropy=ports.entropy, now=ports.now)
        self.loops: tuple[Loop, ...] = ()

    @classmethod
    async def open(cls, data: Path, keys: CourtKeys, ports: Ports, court_id: CourtId) -> "Court":
        """Open (and migrate) the court's database in a folder."""
        path = data / DATABASE_FILE
        await upgrade_sqlite(path)
        court = cls(await SqliteDatabase.open(path), keys, ports, court_id)
        async with court.registry.transaction() as tx:
            await free_all_leases(tx)
        return court

    async def start(self) -> None:
        """Subscribe to every agency's queue and set up the loops; agencies must be registered before."""
        async with self.registry.reading() as tx:
            partners = await agencies.list_agencies(tx, self.court_id)
        bus = self.ports.bus
        for agency in partners:
            consumer = AgencyConsumer(
                registry=self.registry, court_id=self.court_id, agency_id=agency.agency_id
            )
            bus.subscribe(consumer.queue, consumer.take)
        writers = [FeedWriterLoop(self.registry, bus, agency.agency_id) for agency in partners]
        self.loops = (
            RelayLoop(self.registry, bus),
            *writers,
            InboxLoop(self.registry),
            NoticeLoop(self.registry, self.ports.channels),
            DueWorkLoop(self.registry),
            AuditSealerLoop(self.registry),
            HeartbeatLoop(self.registry, bus, self.court_id, self.ports.elapsed),
        )

    async def close(self) -> None:
        """Close the database; whatever was not committed is done again at the next start."""
        await self.database.close()
