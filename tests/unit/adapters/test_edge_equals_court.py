"""Whatever is lost, doubled, late, rolled or restarted on the way: nobody who was withdrawn is ever hit, and
in the end the edge holds exactly what the court lists, in every epoch in force.
"""

import shutil
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
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
from schemas.messages import FeedPacket
from schemas.tokens import EpochKeys
from tests.unit.adapters.world import CHENG, TONG, Court, World, card_use

PEOPLE: dict[int, tuple[IdentityDocument, ...]] = {1: (TONG,), 2: (CHENG,), 2**62 + 3: (TONG, CHENG)}
"""References and documents under them: two people, and one with both. Later epochs call them otherwise."""
EPOCHS_APART = 1_000
MOST_EPOCHS = 20

Step: TypeAlias = tuple[str, int, bool]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *("list", "withdraw", "restart", "new machine", "beat", "repeat", "new life"),
                *("log comes back", "snapshot", "prune", "doubt", "line cut", "roll", "roll", "restart late"),
            ]
        ),
        st.sampled_from(sorted(PEOPLE)),
        st.booleans(),
    ),
    max_size=14,
)


def name_of(person: int, court: Court) -> int:
    return person + EPOCHS_APART * (court.epoch - 1)


PERSON_OF = {one + EPOCHS_APART * earlier: one for one in PEOPLE for earlier in range(MOST_EPOCHS)}


@dataclass
class Play:
    """What the court does in turn, with a bus that loses what it is told to lose."""

    world: World
    versions: dict[int, int] = field(default_factory=dict)
    packets: list[bytes] = field(default_factory=list)
    logs: dict[int, list[tuple[int, bytes]]] = field(default_factory=lambda: defaultdict(list))
    """What each epoch's log holds, whether it can be asked or not."""
    events: Iterator[int] = field(default_factory=count)

    async def does(self, step: Step) -> None:
        what, person, is_lost = step
        acts: dict[str, Callable[[], Awaitable[None]]] = {
            "list": lambda: self._lists(person, is_lost=is_lost),
            "withdraw": lambda: self._withdraws(person, is_lost=is_lost),
            "restart": self.world.restart,
            "restart late": self._restarts_with_former_keys,
            "new machine": lambda: self._moves(is_slow=is_lost),
            "beat": self.world.court.beats,
            "repeat": lambda: self._repeats(person),
            "new life": self._begins_anew,
            "log comes back": self._log_comes_back,
            "snapshot": self._takes_snapshot,
            "prune": self._prunes,
            "doubt": self._doubts,
            "line cut": self._cuts_line,
            "roll": lambda: self._rolls(is_lost=is_lost),
        }
        await acts[what]()
        await self.world.settle()

    async def _lists(self, person: int, *, is_lost: bool) -> None:
        version = self.versions[person] = self.versions.get(person, 0) + 1
        for court in self.world.court.feeds():
            put = court.put(name_of(person, court), *PEOPLE[person], version=version)
            await self._says(court, court.packet(put), is_lost=is_lost)

    async def _withdraws(self, person: int, *, is_lost: bool) -> None:
        """By both lanes, of every epoch that tells of the person; the express lane loses nothing, and names
        the person as former lists did, too.
        """
        court = self.world.court
        if name_of(person, court) not in court.listed:
            return
        version = self.versions[person]
        telling = [one for one in court.feeds() if name_of(person, one) in one.listed]
        former = [person + EPOCHS_APART * earlier for earlier in range(court.epoch - 1)]
        await court.withdraws(*(name_of(person, one) for one in telling), *former, version=version)
        for one in telling:
            remove = one.remove(name_of(person, one), version=version)
            await self._says(one, one.packet(remove), is_lost=is_lost)

    async def _rolls(self, *, is_lost: bool) -> None:
        """An epoch is opened; or the next person is copied to it; or it takes the place of the old one, once
        the edge has said that it holds it.
        """
        court = self.world.court
        new = court.beside
        if new is None:
            new = court.rolls(EpochKeys(epoch=court.epoch + 1, token_key=b"u" * 32, digest_key=b"e" * 32))
            await court.beats()
            return
        missing = [one for one in PEOPLE if self._is_to_be_copied(one, court, new)]
        if missing:
            put = new.put(name_of(missing[0], new), *PEOPLE[missing[0]], version=self.versions[missing[0]])
            await self._says(new, new.packet(put), is_lost=is_lost)
        elif self.world.last_receipt(new.epoch) == new.head:
            self.world.court = court.ends()

    def _is_to_be_copied(self, person: int, court: Court, new: Court) -> bool:
        return name_of(person, court) in court.listed and name_of(person, new) not in new.listed

    async def _says(self, court: Court, packet: FeedPacket, *, is_lost: bool) -> None:
        raw = court.sign(packet)
        self.packets.append(raw)
        self.logs[court.epoch].append((court.sequence, raw))
        if not is_lost:
            await court.send_raw("feed", raw)

    async def _restarts_with_former_keys(self) -> None:
        """The court is away, and a passphrase opens the keys of before the roll."""
        court = self.world.court
        handed_out, court.handed_out = court.handed_out, court.handed_out[-1:]
        await self.world.restart()
        court.handed_out = handed_out

    async def _moves(self, *, is_slow: bool) -> None:
        """The adapter begins on an empty disk, and gets the first half of each log only when all is slow."""
        await self.world.edge.close()
        shutil.rmtree(self.world.folder / "rail")
        await self.world.reopen()
        if is_slow:
            for court in self.world.court.feeds():
                log = self.logs[court.epoch]
                court.log = log[: len(log) // 2]
        await self.world.court.beats()

    async def _repeats(self, which: int) -> None:
        if self.packets:
            await self.world.court.send_raw("feed", self.packets[which % len(self.packets)])

    async def _log_comes_back(self) -> None:
        for court in self.world.court.feeds():
            court.log = list(self.logs[court.epoch])
            court.parts_left = None

    async def _begins_anew(self) -> None:
        """The court was restored from a backup: a new incarnation, with nobody on it yet."""
        for court in self.world.court.feeds():
            court.incarnation, court.sequence = court.incarnation + 1, 0
            court.listed.clear()
            court.log = court.snapshot = None
            court.forgotten = 0
        self.logs.clear()
        self.packets.clear()
        await self.world.court.beats()

    async def _takes_snapshot(self) -> None:
        for court in self.world.court.feeds():
            court.takes_snapshot()

    async def _prunes(self) -> None:
        """What is older than the snapshot leaves the log; without one nothing does."""
        for court in self.world.court.feeds():
            court.forgets()

    async def _doubts(self) -> None:
        """What the edge holds is not the court's list, as far as it can tell."""
        await self.world.court.beats(self.world.court.head.model_copy(update={"digest": "0" * 64}))

    async def _cuts_line(self) -> None:
        """One part of a snapshot comes through, then none until the log comes back."""
        for court in self.world.court.feeds():
            court.parts_left = 1

    async def nobody_withdrawn_is_hit(self) -> None:
        listed = {PERSON_OF[name] for court in self.world.court.feeds() for name in court.listed}
        for document in (TONG, CHENG):
            answer = await self._screen(document)
            if isinstance(answer, Hit) and answer.is_proven:
                assert {PERSON_OF[name] for name in answer.references} <= listed

    async def ends(self) -> None:
        """The log can be asked, and time goes on."""
        await self._log_comes_back()
        for _ in range(4):
            self.world.clock.jump(seconds=60)
            await self.world.beat()

    async def is_equal(self) -> None:
        state, court = await self.world.edge.state(), self.world.court
        assert state.condition is FeedCondition.PROVEN
        assert state.epoch == court.epoch
        receipts = {one.epoch: self.world.last_receipt(one.epoch) for one in court.feeds()}
        assert receipts == {one.epoch: one.head for one in court.feeds()}
        for document in (TONG, CHENG):
            listed = sorted(one for one in court.listed if document in PEOPLE[PERSON_OF[one]])
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
@example(
    steps=[
        *(("list", 1, False), ("list", 2, True), ("log comes back", 1, True), ("roll", 1, True)),
        *(("restart", 1, True), ("roll", 1, False), ("withdraw", 1, True), ("roll", 1, True)),
        *(("beat", 1, True), ("snapshot", 1, True), ("prune", 1, True), ("restart late", 1, True)),
        *(("log comes back", 1, True), ("beat", 1, True), ("roll", 1, True), ("withdraw", 2, True)),
    ]
)
@example(steps=[("list", 1, False), ("new life", 1, False), ("restart late", 1, False)])
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
