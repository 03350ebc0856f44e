"""The whole system in one process: the court, the embedded bus, four adapters, and recorders instead of
phones.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

from adapters.edge.edge import Edge
from adapters.running import Loop, Part
from notifications.channels.port import Channel, ChannelKind
from notifications.channels.recorder import Recorder
from schemas.canary import CANARY_EVERY_S
from schemas.measures import AgencyKind
from scripts import cast
from scripts.engines.embedded import EmbeddedEngines
from scripts.engines.port import Clock, Engines, WholeBus
from scripts.partners import PARTNERS, Habits, load_or_make_agency_keys, open_edge, register_partner
from scripts.tickets import TicketBook
from scripts.webhook_keys import load_or_make_webhook_keys, register_webhook_keys
from tracker.court import Court, Ports
from tracker.domain.entropy import Entropy
from tracker.domain.metering import Meter
from tracker.key_files import load_or_make_keys
from tracker.storage import people
from tracker.web.observability.metrics import court_metrics

JOURNAL_FOLDER: Final = "journal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shifts:
    """From when to when the demonstration's roster reaches; `duty` are the duty officer's days."""

    first: date
    last: date
    duty: tuple[date, date]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What the system is given from outside. `channels` None: recorders take everything. `language`: of the
    messages to the court's people, set when they move in. `tickets`: the railway's own system, where its
    adapter may ask that.
    """

    data: Path
    clock: Clock
    entropy: Entropy
    shifts: Shifts
    recorder: Recorder
    channels: Sequence[Channel] | None = None
    language: str = "zh"
    engines: Engines = field(default_factory=EmbeddedEngines)
    canary_every_s: int = CANARY_EVERY_S
    """Set when the agencies move in."""
    has_edges: bool = True
    """False: the agencies' edges live in another process."""
    meter: Meter = field(default_factory=court_metrics)
    tickets: TicketBook | None = None


class System:
    """Everything that runs, wired together."""

    def __init__(self, world: World, bus: WholeBus, court: Court) -> None:
        self.world = world
        self.bus = bus
        self.court = court
        self.edges: dict[AgencyKind, Edge] = {}
        self.webhook_keys = load_or_make_webhook_keys(world.data / "webhook-keys.json")

    @classmethod
    async def open(cls, world: World) -> "System":
        """Open the system in its folder; the first time, the demonstration court moves in."""
        keys = load_or_make_keys(world.data / "court-keys.json", cast.COURT.court_id)
        opened = await world.engines.open(world.data, world.clock)
        channels = world.channels or tuple(world.recorder.channel(kind) for kind in ChannelKind)
        journal = world.data / JOURNAL_FOLDER
        journal.mkdir(exist_ok=True)
        ports = Ports(
            now=world.clock.now,
            elapsed=world.clock.elapsed,
            entropy=world.entropy,
            bus=opened.bus,
            channels=channels,
            snapshots=world.data / "snapshots",
            journal=journal,
            meter=world.meter,
        )
        court = Court(opened.database, keys, ports, cast.COURT.court_id)
        await court.release_leases()
        system = cls(world, opened.bus, court)
        await system._move_in()
        for partner in PARTNERS if world.has_edges else ():
            folder = system._folder(partner.agency_id)
            habits = Habits(journeys=world.tickets if partner.kind is AgencyKind.RAIL else None)
            system.edges[partner.kind] = await open_edge(court, opened.bus, partner, folder, habits)
        await court.start()
        return system

    def _folder(self, agency_id: str) -> Path:
        return self.world.data / "edges" / agency_id

    async def _move_in(self) -> None:
        async with self.court.registry.transaction() as tx:
            if await people.find_court(tx, cast.COURT.court_id) is not None:
                return
            shifts = self.world.shifts
            await cast.engage(tx, shifts.first, shifts.last, shifts.duty, self.world.language)
            for partner in PARTNERS:
                keys = load_or_make_agency_keys(self._folder(partner.agency_id), partner.agency_id)
                await register_partner(tx, cast.COURT.court_id, partner, keys, self.world.canary_every_s)
            await register_webhook_keys(tx, cast.COURT.court_id, self.webhook_keys)

    @property
    def loops(self) -> tuple[Loop, ...]:
        """All loops of all parts, the bus among them."""
        return tuple(loop for part in self.parts for loop in part.loops)

    @property
    def parts(self) -> tuple[Part, ...]:
        """Each part is fed by its own store alone: what one commits for another travels over the bus."""
        return (
            Part(loops=self.court.loops, on_change=self.court.database.on_commit),
            Part(loops=(self.bus,), on_change=self.bus.on_change),
            *(Part(loops=edge.loops, on_change=edge.on_change) for edge in self.edges.values()),
        )

    def on_change(self, wake: Callable[[], None]) -> None:
        """Call `wake` whenever any part has committed something."""
        for part in self.parts:
            part.on_change(wake)

    async def close(self) -> None:
        """Stop in order: edges, court, bus."""
        for edge in self.edges.values():
            await edge.close()
        await self.court.close()
        await self.bus.close()
