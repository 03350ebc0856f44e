"""One agency's edge: the whole of what runs beside its systems, behind few verbs.

Open it, run its loops, ask it about card uses and stops. All it does for the court it does from its own
replica and store: a court that is away changes what may still be trusted, never whether the edge answers.
"""

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final, Protocol

import structlog

from adapters.bus.port import Bus
from adapters.edge.beside import Beside
from adapters.edge.canary import CanaryTimer
from adapters.edge.card_use import CardUse, Clear, NotScreened, Screened, Silence
from adapters.edge.catch_up import CatchUp
from adapters.edge.changes import Changes
from adapters.edge.consumers import ExpressConsumer, FeedConsumer, OrdersConsumer
from adapters.edge.disk import Disk
from adapters.edge.envelopes import Envelopes
from adapters.edge.epoch_keys import Epochs
from adapters.edge.epochs import EpochKeeper
from adapters.edge.feed import FeedTaker
from adapters.edge.hits import HitSpool
from adapters.edge.hold_timer import HoldTimer
from adapters.edge.instruction import Display, DoNotStop, InForce
from adapters.edge.line import Line
from adapters.edge.lookout import Lookout
from adapters.edge.officers import HoldAnswer, NotHeld, OfficerDesk, Reported
from adapters.edge.pace import Pace
from adapters.edge.parts import EdgeParts
from adapters.edge.refusals import Refusals
from adapters.edge.reports import Reporter
from adapters.edge.scrubber import Scrubber
from adapters.edge.settings import EdgeKeys, EdgePorts, EdgeSettings, Keeping
from adapters.edge.sieve import Batch, Sieve, Sifted
from adapters.edge.snapshots import PERCENT
from adapters.late.asker import JourneyAsker, Screening
from adapters.late.kept_uses import FILE, KeptUses, Window, remove_kept
from adapters.late.look_back import LookBack
from adapters.replica.disk import on_the_disk
from adapters.replica.replica import Replica, remove_ended_list
from adapters.replica.tags import Damaged
from adapters.replica.values import FeedKey
from adapters.screening import FeedCondition, Trust
from adapters.sqlite import SqliteDatabase
from adapters.store.disk import in_the_store
from adapters.store.hits import count_waiting_hits
from adapters.store.refused import list_refused
from adapters.store.reports import count_reports, list_told
from adapters.store.tables import make_tables
from schemas.digest import digest_hex
from schemas.messages import JourneysKept
from schemas.refused import RefusedLately

REPLICA: Final = "replica"
"""The folder of the list in that of the edge."""
STORE: Final = "edge.sqlite"

_log = structlog.get_logger(__name__)


class Loop(Protocol):
    """Works by itself, one round a call. While it `is_resting` nothing that was told concerns it."""

    @property
    def name(self) -> str: ...
    @property
    def is_resting(self) -> bool: ...
    async def step(self) -> bool: ...
    async def next_due(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeState:
    """Where the feed of the oldest epoch in force stands, which tells of everybody, how far it is trusted,
    and what waits. `digest` is in hexadecimal; `newest_sequence` is the newest change that the court has
    told of; `snapshot_percent`: how far a whole list is on its way, `disk_trouble`: what the disk refuses,
    and what to do; `is_put_back`: the list on the disk was older than what this edge had told the court of
    it, and is not proven since; `waits_for_keys`: the court has told of an epoch whose keys are not here;
    `journeys_trouble`: why the agency's own system was last asked for open journeys in vain;
    `heartbeat_age_s`: how old the court's latest word was when it came, below 0: it came from the future;
    `refused`: of what came within a day nothing was taken, the latest first.
    """

    epoch: int
    incarnation: int
    sequence: int
    newest_sequence: int
    count: int
    digest: str
    condition: FeedCondition
    trust: Trust
    heard_at: datetime | None
    tombstones: int
    waiting_hits: int
    waiting_reports: int
    snapshot_percent: int | None = None
    disk_trouble: str | None = None
    is_put_back: bool = False
    waits_for_keys: bool = False
    heartbeat_age_s: float | None = None
    journeys_trouble: str | None = None
    refused: tuple[RefusedLately, ...] = ()


class Edge:
    def __init__(self, parts: EdgeParts) -> None:
        self._parts = parts
        self._lookout = Lookout(
            parts.line, parts.replica.looking, parts.epochs, parts.ports.now, parts.settings.phone_24h
        )
        self._hits = HitSpool(parts, self._lookout)
        self._sieve = Sieve(self._lookout, parts.ports.elapsed)
        self._desk = OfficerDesk(parts)
        screening = Screening(lookout=self._lookout, hits=self._hits, sift=self.sift)
        book = parts.ports.journeys
        self._asker = None if book is None else JourneyAsker(parts, book, screening)
        late: tuple[Loop, ...] = () if self._asker is None else (self._asker,)
        if parts.kept is not None:
            late = (*late, LookBack(parts, parts.kept, self._lookout, self._hits))
        reporter = Reporter(parts)
        taker = FeedTaker(parts, reporter)
        catch_up = CatchUp(parts, taker, reporter)
        self._snapshots = catch_up.snapshots
        self.loops: tuple[Loop, ...] = (
            self._hits,
            HoldTimer(parts),
            reporter,
            catch_up,
            EpochKeeper(parts),
            Scrubber(parts),
            CanaryTimer(parts, self._hits),
            *late,
        )
        here = parts.settings.name
        parts.bus.subscribe(f"express.{here}", ExpressConsumer(parts, self._snapshots))
        parts.bus.subscribe(f"orders.{here}", OrdersConsumer(parts))
        parts.bus.subscribe(f"feed.{here}", FeedConsumer(parts, taker))

    @classmethod
    async def open(cls, settings: EdgeSettings, keys: EdgeKeys, bus: Bus, ports: EdgePorts) -> "Edge":
        """Open or make the edge's folder and take its queues over. Close it before it is opened again.

        Without keys of any epoch its line is closed: it screens nothing, and holds end by themselves. Raises
        DiskRefuses: then nothing is open, and it may be tried again.
        """
        async with AsyncExitStack() as opened:
            with on_the_disk(), in_the_store():
                parts = await _open_parts(settings, keys, bus, ports, opened)
            opened.pop_all()
        return cls(parts)

    async def has_been_closed(self) -> None:
        """Returns once the court has closed the line, and the list is off the disk."""
        await self._parts.ended.wait()

    def on_change(self, wake: Callable[[], None]) -> None:
        """Call `wake` whenever the loops may have something to do."""
        self._parts.changes.listen(wake)

    async def close(self) -> None:
        await self._hits.close()
        if self._parts.kept is not None:
            await self._parts.kept.close()
        self._snapshots.close()
        self._parts.replica.close()
        await self._parts.database.close()

    async def screen(self, use: CardUse) -> Screened:
        """Answer a card use. A hit is durable before this returns; a clear use leaves no trace, unless the
        agency keeps journeys.
        """
        answer = await self._hits.screen(use)
        kept = self._parts.kept
        if kept is not None and isinstance(answer, Clear) and await kept.keep(use):
            # Whoever was listed meanwhile was looked for before there was anything to find.
            return await self._hits.screen(use)
        return answer

    def sift(self, batch: Batch) -> Sifted | NotScreened:
        """Which of many numbers must be screened one by one; the others are clear, and leave no trace."""
        try:
            return self._sieve.sift(batch)
        except Damaged as damaged:
            self._parts.hear_damage(damaged.feed)
            return self._lookout.not_screened(Silence.LIST_IN_DOUBT)

    async def display(self, reference: int) -> Display:
        """What the officer sees now."""
        return await self._desk.display(reference)

    async def before_stop(self, reference: int) -> InForce | DoNotStop:
        return await self._desk.before_stop(reference)

    async def report_hold(self, reference: int, *, place: str, unit: str) -> HoldAnswer:
        return await self._desk.report_hold(reference, place=place, unit=unit)

    async def report_hand_over(
        self, reference: int, *, to: str, three_point_check: bool
    ) -> Reported | NotHeld:
        return await self._desk.report_hand_over(reference, to=to, three_point_check=three_point_check)

    async def report_release(self, reference: int) -> Reported | NotHeld:
        return await self._desk.report_release(reference)

    def beside(self) -> Beside | None:
        """For whoever screens beside this edge; None once the line is closed."""
        parts = self._parts
        if parts.line.is_closed:
            return None
        feeds = [feed for feed in parts.line.feeds if parts.replica.can_read(feed)]
        return Beside(
            folder=parts.settings.data / REPLICA,
            epochs=parts.epochs.keys,
            silence_s=parts.line.silence_s,
            conditions={feed: parts.line.condition(feed) for feed in feeds},
            sequences={feed: parts.replica.state(feed).sequence for feed in feeds},
            keeps_journeys=parts.kept is not None,
        )

    @property
    def list_percent(self) -> int | None:
        """How far the list is on its way, whole or by its changes; None while nothing is missing."""
        if self._snapshots.percent is not None:
            return self._snapshots.percent
        parts = self._parts
        stand = [
            (parts.replica.state(one).sequence, parts.line.newest_sequence(one)) for one in parts.line.feeds
        ]
        return min((PERCENT * own // newest for own, newest in stand if own < newest), default=None)

    async def state(self) -> EdgeState:
        parts = self._parts
        feed = next(reversed(parts.line.feeds), FeedKey(epoch=0, incarnation=0))
        own = parts.replica.state(feed)
        async with parts.database.reading() as tx:
            waiting_hits = await count_waiting_hits(tx)
            waiting_reports = await count_reports(tx)
        return EdgeState(
            epoch=feed.epoch,
            incarnation=feed.incarnation,
            sequence=own.sequence,
            newest_sequence=max(own.sequence, parts.line.newest_sequence(feed)),
            count=own.count,
            digest=digest_hex(own.digest),
            condition=parts.line.condition(feed),
            trust=parts.line.trust,
            heard_at=parts.line.heard_at,
            tombstones=0 if parts.line.is_closed else parts.replica.count_tombstones(),
            waiting_hits=waiting_hits,
            waiting_reports=waiting_reports,
            snapshot_percent=self._snapshots.percent,
            disk_trouble=parts.disk.trouble,
            is_put_back=feed in parts.line.put_back,
            waits_for_keys=parts.epochs.is_one_missing,
            heartbeat_age_s=parts.line.age_at_arrival_s,
            journeys_trouble=None if self._asker is None else self._asker.trouble,
            refused=parts.refusals.lately(),
        )


async def _open_parts(
    settings: EdgeSettings, keys: EdgeKeys, bus: Bus, ports: EdgePorts, opened: AsyncExitStack
) -> EdgeParts:
    """With all that lies on the disk, which `opened` closes again."""
    epochs = Epochs(keys.epochs)
    remove_ended_list(settings.data / REPLICA, list(epochs.tokens))
    database = await SqliteDatabase.open(settings.data / STORE)
    opened.push_async_callback(database.close)
    refusals = await _begin_store(database, ports)
    replica = Replica(settings.data / REPLICA, epochs.digest_keys)
    opened.callback(replica.close)
    disk = Disk(settings.name)
    was_kept = (settings.data / FILE).exists()
    kept = await _open_kept(
        settings.keeping, Window(folder=settings.data, epochs=epochs, ports=ports, disk=disk)
    )
    if kept is not None:
        opened.push_async_callback(kept.close)
    changes = Changes()
    database.on_written(changes.hear)
    database.on_commit(changes.wake)
    parts = EdgeParts(
        settings=settings,
        epochs=epochs,
        ports=ports,
        bus=bus,
        database=database,
        replica=replica,
        line=_line(replica, epochs, ports),
        envelopes=Envelopes(settings, keys, ports, refusals),
        changes=changes,
        disk=disk,
        kept=kept,
        refusals=refusals,
        pace=Pace(settings.canary_every_s, ports.elapsed),
    )
    await _tell_what_is_kept(parts, was_kept=was_kept)
    await _doubt_what_was_put_back(parts)
    return parts


async def _begin_store(database: SqliteDatabase, ports: EdgePorts) -> Refusals:
    """What was refused lately, in tables that are there."""
    async with database.transaction() as tx:
        await make_tables(tx)
        return Refusals(ports.now, await list_refused(tx))


def _line(replica: Replica, epochs: Epochs, ports: EdgePorts) -> Line:
    feeds = [feed for feed in replica.states if not epochs.has_ended(feed.epoch)]
    return Line(ports.now, ports.elapsed, feeds, replica.was_proven, is_closed=not epochs.keys)


async def _open_kept(terms: Keeping | None, window: Window) -> KeptUses | None:
    """An agency that keeps journeys no more, or whose line is closed, has none left."""
    if terms is None or not window.epochs.keys:
        remove_kept(window.folder)
        return None
    return await KeptUses.open(window, terms.days)


async def _tell_what_is_kept(parts: EdgeParts, *, was_kept: bool) -> None:
    """The court's auditor sees it. A court that has closed the line takes no word."""
    terms = parts.settings.keeping
    if parts.line.is_closed or (terms is None and not was_kept):
        return
    said = JourneysKept(days=0) if terms is None else JourneysKept(**asdict(terms))
    async with parts.database.transaction() as tx:
        await parts.envelopes.report(tx, said)


async def _doubt_what_was_put_back(parts: EdgeParts) -> None:
    """A list older than its latest receipt is a copy from before. What the express lane has withdrawn since
    is still in it, and is not sent again.
    """
    async with parts.database.reading() as tx:
        told = await list_told(tx)
    for feed, own in parts.replica.states.items():
        if own.sequence < told.get(feed, 0) and parts.replica.was_proven(feed):
            await parts.replica.forget_proof(feed)
            parts.line.hear_put_back(feed)
            _log.error("list-put-back", edge=parts.settings.name, epoch=feed.epoch, sequence=own.sequence)
