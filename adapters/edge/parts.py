"""What the parts of one edge share: who it is, its keys and ports, its stores, its line to the court."""

import asyncio
from dataclasses import dataclass, field

from adapters.bus.port import Bus
from adapters.edge.changes import Changes
from adapters.edge.envelopes import Envelopes
from adapters.edge.epochs import Epochs
from adapters.edge.line import Line
from adapters.edge.settings import EdgePorts, EdgeSettings
from adapters.replica.replica import Replica
from adapters.sqlite import SqliteDatabase


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
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once the court has closed the line and the list is removed."""
