"""A court that signs, a clock that jumps and one railway edge: the real parts around it, nothing mocked."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from adapters.bus.embedded import EmbeddedBus
from adapters.bus.port import Bus
from adapters.edge.card_use import CardUse
from adapters.edge.edge import Edge, Loop
from adapters.edge.settings import (
    EdgeKeys,
    EdgePorts,
    EdgeSettings,
    EdgeStage,
    JourneyBook,
    Keeping,
    unmeasured,
)
from adapters.sqlite import SqliteDatabase
from schemas.documents import IdentityDocument, Sex
from schemas.measures import AgencyKind
from schemas.messages import (
    FeedHead,
    Receipt,
    SightingKind,
)
from tests.contract.bus.guarded import GuardedBus
from tests.unit.adapters.court import (
    AGENCY_KEY,
    CHENG,
    COURT,
    EPOCH,
    LAST_DAY,
    NEXT_EPOCH,
    PASSER_BY,
    PHONE,
    REFERENCE,
    START,
    TONG,
    WUCHANG,
    Court,
    confirmation,
)
from tests.unit.adapters.outside import Chance, Clock

__all__ = [
    "AGENCY_KEY",
    "CHENG",
    "COURT",
    "EPOCH",
    "LAST_DAY",
    "NEXT_EPOCH",
    "PASSER_BY",
    "PHONE",
    "REFERENCE",
    "START",
    "TONG",
    "WUCHANG",
    "Court",
    "confirmation",
]


@dataclass
class World:
    """One edge between a court and its clock; `restart` closes it and opens it on the same folder."""

    folder: Path
    clock: Clock
    bus: EmbeddedBus
    cable: GuardedBus
    bus_database: SqliteDatabase
    court: Court
    edge: Edge
    lives: int = 1
    timed: Callable[[EdgeStage, float], None] = unmeasured
    receipts_every: timedelta = timedelta(0)
    book: JourneyBook | None = None
    """The railway's own system, which its adapter may ask from its next life on."""
    keeping: Keeping | None = None
    """Whether the adapter keeps journeys from its next life on."""

    @classmethod
    async def start(cls, folder: Path) -> "World":
        clock = Clock(START)
        bus_database = await SqliteDatabase.open(folder / "bus.sqlite")
        bus = EmbeddedBus(bus_database, clock.now)
        cable = GuardedBus(bus)
        court = Court(bus, clock)
        bus.subscribe("from.rail", court.hear)
        edge = await open_edge(folder, court, cable, _Life(number=1))
        return cls(folder, clock, bus, cable, bus_database, court, edge)

    async def restart(self) -> None:
        await self.edge.close()
        await self.reopen()

    async def reopen(self) -> None:
        """The edge on its folder again, after it was closed, with the keys that the court hands out."""
        self.lives += 1
        # The elapsed clock does not survive a process.
        self.clock.elapsed_s = 0.0
        life = _Life(
            number=self.lives,
            timed=self.timed,
            receipts_every=self.receipts_every,
            book=self.book,
            keeping=self.keeping,
        )
        self.edge = await open_edge(self.folder, self.court, self.cable, life)

    async def stop(self) -> None:
        await self.edge.close()
        await self.bus_database.close()

    @property
    def waiting_loops(self) -> tuple[Loop, ...]:
        """Those that work when there is something to do, and not by the clock alone."""
        return tuple(loop for loop in self.edge.loops if not getattr(loop, "is_periodic", False))

    @property
    def catch_up(self) -> Loop:
        """What asks the court for packets and lists that are missing."""
        return next(loop for loop in self.edge.loops if loop.name.startswith("catch-up"))

    async def rests(self, look: Callable[[], Awaitable[object]], times: int) -> list[timedelta]:
        """How long the catching up rests after each of so many looks, made as the rests end."""
        rests = []
        for _ in range(times):
            await look()
            due = await self.catch_up.next_due()
            assert due is not None
            rests.append(due - self.clock.at)
            self.clock.at = due
        return rests

    async def settle(self) -> None:
        """Let bus and edge work until nothing is left to do."""
        steps = (self.bus.step, *(loop.step for loop in self.edge.loops))
        idle = 0
        while idle < len(steps):
            for step in steps:
                idle = 0 if await step() else idle + 1

    async def beat(self) -> None:
        await self.court.beats()
        await self.settle()

    async def jump(self, **duration: float) -> None:
        """Everything settled, the clock moved, and a heartbeat right after."""
        await self.settle()
        self.clock.jump(**duration)
        await self.beat()

    def last_receipt(self, epoch: int) -> FeedHead | None:
        """What the edge last said that it holds of an epoch's list."""
        said = [one for one in self.court.heard if one.type == Receipt.TYPE and one.address.epoch == epoch]
        return Receipt.model_validate_json(said[-1].body).head if said else None

    async def dead(self) -> Sequence[str]:
        """Reasons of the dead letters, up to their remedy."""
        return [letter.reason.partition(":")[0] for letter in await self.bus.dead_letters()]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Life:
    """One run of the edge's program."""

    number: int
    timed: Callable[[EdgeStage, float], None] = unmeasured
    receipts_every: timedelta = timedelta(0)
    book: JourneyBook | None = None
    keeping: Keeping | None = None


async def open_edge(folder: Path, court: Court, bus: Bus, life: _Life) -> Edge:
    clock = court.clock
    return await Edge.open(
        EdgeSettings(
            court=COURT,
            agency="rail",
            kind=AgencyKind.RAIL,
            instance="1",
            data=folder / "rail",
            phone_24h=PHONE,
            receipts_every=life.receipts_every,
            keeping=life.keeping,
        ),
        EdgeKeys(
            signing=AGENCY_KEY,
            sealing=court.agency_sealing,
            court_verifying={court.key.key_id: court.key.verifying},
            court_sealing_public=court.sealing.public,
            epochs=court.handed_out,
        ),
        bus,
        EdgePorts(
            now=clock.now,
            elapsed=clock.elapsed,
            entropy=Chance(f"life-{life.number}"),
            log=court.carried or court,
            journeys=life.book,
            timed=life.timed,
            worked=clock.worked,
        ),
    )


def card_use(document: IdentityDocument, event_id: str = "rail-1", **more: Any) -> CardUse:
    use = CardUse(
        event_id=event_id,
        kind=SightingKind.GATE_PASSED,
        occurred_at=START,
        place=WUCHANG,
        document_kind=document.kind,
        number=document.number,
        name="佟某",
        sex=Sex.MALE,
        birth_date=date(1978, 3, 15),
    )
    return replace(use, **more)
