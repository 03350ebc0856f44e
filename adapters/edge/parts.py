"""What the parts of one edge share: who it is, its keys and ports, its stores, its line to the court."""

import asyncio
from dataclasses import dataclass, field

import structlog

from adapters.bus.port import Bus
from adapters.edge.changes import Changes
from adapters.edge.disk import Disk
from adapters.edge.envelopes import Envelopes
from adapters.edge.epoch_keys import Epochs
from adapters.edge.line import Line
from adapters.edge.newcomers import Newcomers
from adapters.edge.pace import Pace
from adapters.edge.refusals import Refusals
from adapters.edge.settings import EdgePorts, EdgeSettings
from adapters.late.kept_uses import KeptUses
from adapters.replica.replica import Replica
from adapters.replica.values import FeedKey
from adapters.sqlite import SqliteDatabase

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeParts:
    settings: EdgeSettings
    epochs: Epochs = field(repr=False)
    ports: EdgePorts
    bus: Bus
    database: SqliteDatabase
    replica: Replica
    line: Line
    envelopes: Envelopes
    changes: Changes
    disk: Disk
    pace: Pace
    refusals: Refusals
    kept: KeptUses | None = None
    """Journeys of people who were not listed; None where the agency keeps none."""
    newcomers: Newcomers = field(default_factory=Newcomers)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once the court has closed the line and the list is removed."""

    def hear_damage(self, feed: FeedKey) -> None:
        """A look has found that what lies in the replica is not what was written: it is told at once."""
        self.line.hear_damage(feed)
        self.changes.tell()
        _log.error("replica-damaged", edge=self.settings.name, epoch=feed.epoch)
