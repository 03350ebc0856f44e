"""Whatever is lost, doubled, late or restarted on the way: nobody who was withdrawn is ever hit, and in the
end the edge holds exactly what the court lists.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

from hypothesis import example, given, settings
from hypothesis import strategies as st

from adapters.edge.card_use import Clear, Hit
from adapters.screening import FeedCondition
from schemas.documents import IdentityDocument
from tests.unit.adapters.world import CHENG, TONG, World, card_use

PEOPLE: dict[int, tuple[IdentityDocument, ...]] = {1: (TONG,), 2: (CHENG,), 2**62 + 3: (TONG, CHENG)}
"""References and the documents under them: two people, and one with both."""

Step: TypeAlias = tuple[str, int, bool]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *("list", "withdraw", "restart", "new machine", "beat", "repeat", "new life"),
                *("log comes back", "snapshot", "prune", "doubt", "line cut"),
            ]
        ),
        st.sampled_from(sorted(PEOPLE)),
        st.booleans(),
    ),
    max_size=14,
)


@dataclass
class Play:
    """What the court does in turn, with a bus that loses what it is told to lose."""

    world: World
    versions: dict[int, int] = field(default_factory=dict)
    packets: list[bytes] = field(default_factory=list)
    log: list[tuple[int, bytes]] = field(default_factory=list)
    events: Iterator[int] = field(default_factory=count)

    async def does(self, step: Step) -> None:
        what, reference, is_lost = step
        acts = {
            "list": lambda: self._lists(reference, is_lost=is_lost),
            "withdraw": lambda: self._withdraws(reference, is_lost=is_lost),
            "restart": self.world.restart,
            "new machine": lambda: self._moves(is_slow=is_lost),
            "beat": self.world.court.beats,
            "repeat": lambda: self._repeats(reference),
            "new life": self._begins_anew,
            "log comes back": self._log_comes_back,
            "snapshot": self._takes_snapshot,
            "prune": self._prunes,
            "doubt": self._doubts,
            "line cut": self._cuts_line,
        }
        await acts[what]()
        await self.world.settle()

    async def _lists(self, reference: int, *, is_lost: bool) -> None:
        version = self.versions[reference] = self.versions.get(reference, 0) + 1
        put = self.world.court.put(reference, *PEOPLE[reference], version=version)
        await self._says(self.world.court.sign(self.world.court.packet(put)), is_lost=is_lost)

    async def _withdraws(self, reference: int, *, is_lost: bool) -> None:
        """By both lanes; the express lane loses nothing."""
        if reference not in self.world.court.listed:
            return
        remove = self.world.court.remove(reference, version=self.versions[reference])
        await self.world.court.withdraws(reference, version=self.versions[reference])
        await self._says(self.world.court.sign(self.world.court.packet(remove)), is_lost=is_lost)

    async def _says(self, packet: bytes, *, is_lost: bool) -> None:
        self.packets.append(packet)
        self.log.append((self.world.court.sequence, packet))
        if not is_lost:
            await self.world.court.send_raw("feed", packet)

    async def _moves(self, *, is_slow: bool) -> None:
        """The adapter begins on an empty disk, and gets the first half of the log only when all is slow."""
        await self.world.edge.close()
        shutil.rmtree(self.world.folder / "rail")
        await self.world.reopen()
        if is_slow:
            self.world.court.log = self.log[: len(self.log) // 2]
        await self.world.court.beats()

    async def _repeats(self, which: int) -> None:
        if self.packets:
            await self.world.court.send_raw("feed", self.packets[which % len(self.packets)])

    async def _log_comes_back(self) -> None:
        self.world.court.log = list(self.log)
        self.world.court.parts_left = None

    async def _begins_anew(self) -> None:
        """The court was restored from a backup: a new incarnation, with nobody on it yet."""
        court = self.world.court
        court.incarnation, court.sequence = court.incarnation + 1, 0
        court.listed.clear()
        court.log = court.snapshot = None
        court.forgotten = 0
        self.log.clear()
        self.packets.clear()
        await court.beats()

    async def _takes_snapshot(self) -> None:
        self.world.court.takes_snapshot()

    async def _prunes(self) -> None:
        """What is older than the snapshot leaves the log; without one nothing does."""
        self.world.court.forgets()

    async def _doubts(self) -> None:
        """What the edge holds is not the court's list, as far as it can tell."""
        await self.world.court.beats(self.world.court.head.model_copy(update={"digest": "0" * 64}))

    async def _cuts_line(self) -> None:
        """One part of a snapshot comes through, then none until the log comes back."""
        self.world.court.parts_left = 1

    async def nobody_withdrawn_is_hit(self) -> None:
        for document in (TONG, CHENG):
            answer = await self._screen(document)
            if isinstance(answer, Hit) and answer.is_proven:
                assert set(answer.references) <= self.world.court.listed.keys()

    async def ends(self) -> None:
        """The log can be asked, and time goes on."""
        await self._log_comes_back()
        for _ in range(3):
            self.world.clock.jump(seconds=60)
            await self.world.beat()

    async def is_equal(self) -> None:
        state, court = await self.world.edge.state(), self.world.court
        assert state.condition is FeedCondition.PROVEN
        assert (state.sequence, state.count) == (court.head.sequence, court.head.count)
        assert state.digest == court.head.digest
        for document in (TONG, CHENG):
            listed = sorted(one for one in court.listed if document in PEOPLE[one])
            expected = Hit(references=tuple(listed)) if listed else Clear()
            assert await self._screen(document) == expected

    async def _screen(self, document: IdentityDocument) -> object:
        return await self.world.edge.screen(card_use(document, f"rail-{next(self.events)}"))


@given(steps=STEPS)
@example(steps=[("list", 1, False), ("withdraw", 1, False), ("new machine", 1, True)])
@example(steps=[("list", 1, False), ("list", 2, True), ("new life", 1, False), ("list", 1, True)])
@example(
    steps=[
        *(("list", 1, False), ("list", 2, False), ("snapshot", 1, True), ("prune", 1, True)),
        *(("list", 2**62 + 3, True), ("line cut", 1, True), ("new machine", 1, False), ("restart", 1, True)),
        *(("withdraw", 1, True), ("log comes back", 1, True)),
    ]
)
@example(
    steps=[
        *(("list", 1, False), ("snapshot", 1, True), ("withdraw", 1, False), ("prune", 1, True)),
        *(("doubt", 1, True), ("log comes back", 1, True), ("beat", 1, True), ("new machine", 1, False)),
    ]
)
@settings(max_examples=20, deadline=None)
async def test_the_edge_ends_equal_to_the_court(steps: list[Step]) -> None:
    with TemporaryDirectory() as folder:
        play = Play(await World.start(Path(folder)))
        for step in steps:
            await play.does(step)
            await play.nobody_withdrawn_is_hit()
        await play.ends()
        await play.is_equal()
        await play.world.stop()
