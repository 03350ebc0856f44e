"""A whole court with its agencies, whose lines lose, double and reorder what feeds bring, act after act."""

import shutil
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count, cycle
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from adapters.bus.embedded import EmbeddedBus
from adapters.edge.sieve import Batch, Sifted
from adapters.replica.values import FeedKey
from adapters.screening import FeedCondition
from schemas.documents import DocumentKind
from schemas.listed import ListedEntry
from schemas.measures import AgencyKind
from scripts import cast
from scripts.cast import DESK, JUDGE, LEADER, Wanted
from scripts.engines.port import Engines
from scripts.engines.production import WholeRabbitBus
from scripts.stage import Registration
from tests.acceptance.court import CourtStage, Opening, open_stage
from tests.acceptance.listing import B_IS_WANTED, opens_bs_case
from tests.acceptance.scenes import Scene
from tests.acceptance.test_a_restored_court_lists_nobody_who_paid import books_and_journal, brings_back
from tests.held_lists import HeldList, found_under, held_list
from tracker.commands.restored import take_up
from tracker.domain.entries import EntryState
from tracker.domain.ids import AgencyId, EntryId
from tracker.domain.people import system_actor
from tracker.services.lines.epoch_rolls import roll_epoch
from tracker.storage import feed_generations, feeds, whole_lists
from tracker.storage.feeds import Feed

Publish: TypeAlias = Callable[..., Awaitable[None]]
ROLLED = (AgencyKind.RAIL, AgencyKind.BORDER)
"""An agency that is told names, and one that gets tokens alone."""
SOUGHT: dict[str, Wanted] = {"A": cast.A, "B": cast.B}
REGISTRATIONS = {
    "A": Registration(case=cast.A_CASE, wanted=cast.A, release_fen=cast.A_DEBT_FEN),
    "B": B_IS_WANTED,
}
EVERYWHERE = tuple(AgencyKind)
MORE_THAN_A_WEEK = 8
"""Days, after which packets have left the log."""


class RoughLines:
    """What becomes of each message to an adapter, in turn: it comes, is lost, comes twice, or only after the
    next one. The express lane loses nothing, and nothing overtakes there.
    """

    def __init__(self, whims: Sequence[str]) -> None:
        self._whims = cycle(whims)
        self._copies = count(1)
        self._late: defaultdict[str, list[tuple[bytes, dict[str, str]]]] = defaultdict(list)
        self.is_calm = False

    @contextmanager
    def laid(self) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            for bus in (EmbeddedBus, WholeRabbitBus):
                patch.setattr(bus, "publish", self._roughly(bus.publish))
            yield

    def _roughly(self, publish: Publish) -> Publish:
        async def publish_roughly(bus: Any, queue: str, body: bytes, **posted: str) -> None:
            lane = queue.partition(".")[0]
            whim = next(self._whims) if lane in ("feed", "express") and not self.is_calm else "comes"
            if lane == "feed" and whim == "late":
                self._late[queue].append((body, posted))
                return
            if not (lane == "feed" and whim == "lost"):
                await publish(bus, queue, body, **posted)
            if whim == "twice":
                again = {**posted, "message_id": f"{posted['message_id']}-{next(self._copies)}"}
                await publish(bus, queue, body, **again)
            for late, its in self._late.pop(queue, ()):
                await publish(bus, queue, late, **its)

        return publish_roughly


@dataclass
class RoughTimes:
    """The court with A on the list, as it goes on; `backup`: its books of the day before."""

    engines: Engines
    backup: Scene
    folder: Path
    lines: RoughLines
    opened: AsyncExitStack
    entry_of: dict[str, EntryId]
    stage: CourtStage = field(init=False)
    lives: Iterator[int] = field(default_factory=lambda: count(1))
    data: Path = field(init=False)

    @classmethod
    async def begin(
        cls, engines: Engines, backup: Scene, folder: Path, lines: RoughLines, opened: AsyncExitStack
    ) -> "RoughTimes":
        assert backup.entry_id is not None
        times = cls(engines, backup, folder, lines, opened, {"A": backup.entry_id})
        times.data = folder / "data"
        await engines.copy(backup.data, times.data)
        times.stage = await opened.enter_async_context(open_stage(Opening(data=times.data, engines=engines)))
        await opens_bs_case(times.stage)
        return times

    async def does(self, what: str, who: str, where: AgencyKind) -> None:
        acts: dict[str, Callable[[], Awaitable[None]]] = {
            "put": lambda: self._puts(who),
            "tombstone": lambda: self._suspends(who),
            "remove": lambda: self._withdraws(who),
            "resume": lambda: self._resumes(who),
            "snapshot": lambda: self._begins_from_a_snapshot(where),
            "roll": lambda: self._rolls(where),
            "restart": lambda: self.stage.starts_adapter_anew(where),
            "restore": self._restores,
            "minutes": self._lets_minutes_pass,
        }
        await acts[what]()
        self.stage.reads_everything()

    async def _puts(self, who: str) -> None:
        entry_id = self.entry_of.get(who)
        if entry_id is not None and await self._state(entry_id) is not EntryState.ENDED:
            return
        self.entry_of[who] = await self.stage.lists(REGISTRATIONS[who])

    async def _suspends(self, who: str) -> None:
        if await self._is(who, EntryState.ACTIVE):
            await self.stage.suspends(self.entry_of[who], DESK)

    async def _resumes(self, who: str) -> None:
        if await self._is(who, EntryState.SUSPENDED):
            await self.stage.resumes(self.entry_of[who], LEADER)

    async def _withdraws(self, who: str) -> None:
        if await self._is(who, EntryState.ACTIVE) or await self._is(who, EntryState.SUSPENDED):
            await self.stage.withdraws(self.entry_of[who], JUDGE)

    async def _rolls(self, where: AgencyKind) -> None:
        agency_id = AgencyId(where.value)
        async with self.stage.registry.transaction() as tx:
            if await feed_generations.find_roll(tx, agency_id) is None:
                await roll_epoch(tx, system_actor(cast.COURT.court_id), agency_id, operator="yunwei")
        await self.stage.settles()

    async def _begins_from_a_snapshot(self, where: AgencyKind) -> None:
        """The log leads back no further than a week, and the adapter begins on an empty disk."""
        await self.stage.waits(days=MORE_THAN_A_WEEK)
        await self.stage.system.edges[where].close()
        shutil.rmtree(self._replica(where))
        await self.stage.starts_adapter_anew(where)
        # The court makes it once somebody asks, who asks again then.
        await self._lets_minutes_pass()

    async def _restores(self) -> None:
        """The books of the day before, beside the adapters and the journal as they are."""
        at = self.stage.clock.now() + timedelta(minutes=2)
        await self.opened.aclose()
        lost, self.data = self.data, self.folder / f"restored-{next(self.lives)}"
        await brings_back(self.engines, self.backup.data, lost, self.data)
        async with books_and_journal(self.engines, self.data, at) as (registry, journal):
            await take_up(registry, journal)
        await self.engines.forget(lost)
        assert self.backup.entry_id is not None
        self.entry_of = {"A": self.backup.entry_id}
        opening = Opening(data=self.data, begins_at=at, engines=self.engines)
        self.stage = await self.opened.enter_async_context(open_stage(opening))
        await opens_bs_case(self.stage)
        # Until a heartbeat tells of the court's new life, its former word stands.
        self.lines.is_calm = True
        await self._lets_minutes_pass()
        self.lines.is_calm = False

    async def _lets_minutes_pass(self) -> None:
        await self.stage.waits(minutes=2)

    async def _state(self, entry_id: EntryId) -> EntryState:
        return (await self.stage.entry(entry_id)).state

    async def _is(self, who: str, state: EntryState) -> bool:
        return who in self.entry_of and await self._state(self.entry_of[who]) is state

    async def wanted(self) -> set[str]:
        """Whose entries are in force at the court."""
        return {who for who in self.entry_of if await self._is(who, EntryState.ACTIVE)}

    async def hit_in_vain(self) -> dict[AgencyKind, set[str]]:
        """Who would be hit where and is not wanted."""
        wanted = await self.wanted()
        return {where: found - wanted for where, found in self.hit().items()}

    def hit(self) -> dict[AgencyKind, set[str]]:
        """Who would be hit where, by each adapter's own copy of the list."""
        return {where: self._hit_at(where) for where in EVERYWHERE}

    def _hit_at(self, where: AgencyKind) -> set[str]:
        numbers = [wanted.number for wanted in SOUGHT.values()]
        found = self.stage.system.edges[where].sift(Batch(kind=DocumentKind.RESIDENT_ID, numbers=numbers))
        return {[*SOUGHT][at] for at in found.to_screen} if isinstance(found, Sifted) else set()

    async def calms_down(self) -> None:
        """Nothing is lost any more, and time goes on."""
        self.lines.is_calm = True
        for _ in range(3):
            await self._lets_minutes_pass()
        self.stage.reads_everything()

    async def conditions(self) -> set[FeedCondition]:
        return {(await self.stage.system.edges[where].state()).condition for where in EVERYWHERE}

    async def lists(self) -> tuple[dict[str, HeldList], dict[str, HeldList]]:
        """What lies at the edges, and what the court lists there, by list. The edges are closed by it."""
        held, listed = {}, {}
        for where in EVERYWHERE:
            await self.stage.system.edges[where].close()
            async with self.stage.registry.reading() as tx:
                its = await feeds.list_feeds(tx, AgencyId(where.value))
            for feed in its:
                name = f"{where.value} {feed.keys.epoch}.{feed.incarnation}"
                key = FeedKey(epoch=feed.keys.epoch, incarnation=feed.incarnation)
                held[name] = held_list(self._replica(where), feed.keys, key)
                listed[name] = await self._listed(feed)
            self.stage.leaves(where)
            await self.stage.starts_adapter_anew(where)
        return held, listed

    async def _listed(self, feed: Feed) -> HeldList:
        packed: list[bytes] = []
        async with self.stage.registry.reading() as tx:

            async def take(rows: Sequence[whole_lists.SealedEntry]) -> None:
                packed.extend(whole_lists.open_listed(tx, rows))

            await whole_lists.read_listed(tx, feed.feed_id, take)
        entries = tuple(map(ListedEntry.unpack, packed))
        return HeldList(entries=entries, found=found_under(entries))

    def _replica(self, where: AgencyKind) -> Path:
        return self.data / "edges" / where.value / "replica"
