"""A court, an edge and the lanes between them, which lose, double and overtake, act after act."""

import shutil
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import TypeAlias

from adapters.bus.embedded import EmbeddedBus
from adapters.edge.card_use import Clear, Hit
from adapters.replica.values import FeedKey
from adapters.screening import FeedCondition
from schemas.documents import IdentityDocument
from schemas.measures import Measure
from schemas.messages import FeedPacket, Put
from schemas.tokens import EpochKeys
from tests.contract.bus.guarded import GuardedBus
from tests.held_lists import HeldList, found_under, held_list
from tests.unit.adapters.shelf import listed_entry
from tests.unit.adapters.world import CHENG, LAST_DAY, TONG, Court, World, card_use

PEOPLE: dict[int, tuple[IdentityDocument, ...]] = {1: (TONG,), 2: (CHENG,), 2**62 + 3: (TONG, CHENG)}
"""References and documents under them: two people, and one with both. Later epochs call them otherwise."""
MEASURES = (Measure.HOLD_FOR_SUMMONS, Measure.REPORT_WHEREABOUTS, Measure.SERVE)
"""One after the other, as a person's versions come."""
EPOCHS_APART = 1_000
MOST_EPOCHS = 20

Step: TypeAlias = tuple[str, int, bool]


def name_of(person: int, court: Court) -> int:
    return person + EPOCHS_APART * (court.epoch - 1)


PERSON_OF = {one + EPOCHS_APART * earlier: one for one in PEOPLE for earlier in range(MOST_EPOCHS)}


class SlowLanes(GuardedBus):
    """The court's end of the bus: what is published stays under way until it is brought."""

    def __init__(self, bus: EmbeddedBus) -> None:
        super().__init__(bus)
        self._there = bus
        self._brought = count(1)
        self.under_way: dict[str, deque[bytes]] = {"feed": deque(), "express": deque()}
        """By lane, the oldest first."""

    async def publish(self, queue: str, body: bytes, *, message_id: str, sender: str) -> None:
        self.under_way[queue.partition(".")[0]].append(body)

    async def bring(self, lane: str, *, newest: bool = False, again: bool = False) -> bytes | None:
        """What arrives now; `again`: it will arrive once more. None: nothing was under way."""
        waiting = self.under_way[lane]
        if not waiting:
            return None
        body = waiting[-1 if newest else 0]
        if not again:
            waiting.remove(body)
        await super().publish(
            f"{lane}.rail.1", body, message_id=f"brought-{next(self._brought)}", sender="court"
        )
        await self._there.step()
        return body


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """A withdrawal that has got no number on the feed of an epoch yet."""

    epoch: int
    person: int
    version: int


@dataclass
class Play:
    """What court, lanes and edge do in turn; nothing comes to rest unless it is told to."""

    world: World
    lanes: SlowLanes
    versions: dict[int, int] = field(default_factory=dict)
    removals: deque[Removal] = field(default_factory=deque)
    gone: dict[int, int] = field(default_factory=dict)
    """The newest version of each person that a tombstone has taken from the edge."""
    come: dict[int, int] = field(default_factory=dict)
    """The newest version of each person that the edge may have heard of."""
    said: dict[bytes, tuple[int, int]] = field(default_factory=dict)
    """The person and the version of which each message tells."""
    packets: list[bytes] = field(default_factory=list)
    logs: dict[int, list[tuple[int, bytes]]] = field(default_factory=lambda: defaultdict(list))
    """What each epoch's log holds, whether it can be asked or not."""
    events: Iterator[int] = field(default_factory=count)

    @classmethod
    async def begins(cls, folder: Path) -> "Play":
        world = await World.start(folder)
        world.court.bus = lanes = SlowLanes(world.bus)
        return cls(world, lanes)

    async def does(self, step: Step) -> None:
        what, person, is_lost = step
        acts: dict[str, Callable[[], Awaitable[None]]] = {
            "list": lambda: self._lists(person, is_lost=is_lost),
            "tombstone": lambda: self._withdraws(person),
            "remove": lambda: self._removes(is_lost=is_lost),
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
            "feed arrives": lambda: self._arrives("feed", again=is_lost),
            "feed overtakes": lambda: self._arrives("feed", newest=True, again=is_lost),
            "express arrives": lambda: self._arrives("express", again=is_lost),
            "edge works": self._works,
            "a minute passes": self._lets_a_minute_pass,
            "rest": self._rests,
        }
        await acts[what]()

    async def _lists(self, person: int, *, is_lost: bool) -> None:
        """For the first time, with other terms, or again after a withdrawal."""
        self.versions[person] = self.versions.get(person, 0) + 1
        for court in self.world.court.feeds():
            await self._puts(court, person, is_lost=is_lost)

    async def _puts(self, court: Court, person: int, *, is_lost: bool) -> None:
        version = self.versions[person]
        terms = {
            "measure": MEASURES[version % len(MEASURES)],
            "valid_until": LAST_DAY + timedelta(days=version),
        }
        put = court.put(name_of(person, court), *PEOPLE[person], version=version, **terms)
        await self._says(court, court.packet(put), is_lost=is_lost)

    async def _withdraws(self, person: int) -> None:
        """By the express lane, which loses nothing, and names the person as former lists did, too; the feeds
        that tell of the person follow later.
        """
        court = self.world.court
        if name_of(person, court) not in court.listed or self._is_withdrawn(person):
            return
        version = self.versions[person]
        telling = [one for one in court.feeds() if name_of(person, one) in one.listed]
        former = [person + EPOCHS_APART * earlier for earlier in range(court.epoch - 1)]
        await court.withdraws(*(name_of(person, one) for one in telling), *former, version=version)
        self.said[self.lanes.under_way["express"][-1]] = (person, version)
        self.removals += [Removal(epoch=one.epoch, person=person, version=version) for one in telling]

    def _is_withdrawn(self, person: int) -> bool:
        return any(one.person == person and one.version == self.versions[person] for one in self.removals)

    async def _removes(self, *, is_lost: bool) -> None:
        """The oldest withdrawal gets its number on the feed, unless a newer version has one already."""
        if not self.removals:
            return
        removal = self.removals.popleft()
        if removal.version < self.versions[removal.person]:
            return
        for court in self.world.court.feeds():
            if court.epoch == removal.epoch:
                remove = court.remove(name_of(removal.person, court), version=removal.version)
                await self._says(court, court.packet(remove), is_lost=is_lost)

    async def _rolls(self, *, is_lost: bool) -> None:
        """An epoch is opened; or the next person is copied to it; or it takes the place of the old one, once
        the edge has said that it holds it, and every withdrawal has its number.
        """
        court = self.world.court
        new = court.beside
        if new is None:
            new = court.rolls(EpochKeys(epoch=court.epoch + 1, token_key=b"u" * 32, digest_key=b"e" * 32))
            await court.beats()
            return
        missing = [one for one in PEOPLE if self._is_to_be_copied(one, court, new)]
        if missing:
            await self._puts(new, missing[0], is_lost=is_lost)
        elif self.world.last_receipt(new.epoch) == new.head and not self.removals:
            self.world.court = court.ends()

    def _is_to_be_copied(self, person: int, court: Court, new: Court) -> bool:
        is_listed = name_of(person, court) in court.listed and not self._is_withdrawn(person)
        return is_listed and name_of(person, new) not in new.listed

    async def _says(self, court: Court, packet: FeedPacket, *, is_lost: bool) -> None:
        raw = court.sign(packet)
        for change in packet.changes:
            if isinstance(change, Put):
                self.said[raw] = (PERSON_OF[change.reference], change.version)
        self.packets.append(raw)
        self.logs[court.epoch].append((court.sequence, raw))
        if not is_lost:
            await court.send_raw("feed", raw)

    async def _arrives(self, lane: str, *, newest: bool = False, again: bool = False) -> None:
        raw = await self.lanes.bring(lane, newest=newest, again=again)
        told = None if raw is None else self.said.get(raw)
        if told is not None:
            person, version = told
            known = self.gone if lane == "express" else self.come
            known[person] = max(version, known.get(person, 0))

    async def _works(self) -> None:
        """Each loop one round; what can be fetched may come."""
        for loop in self.world.edge.loops:
            await loop.step()
        await self.world.bus.step()
        self._know_what_can_be_fetched()

    def _know_what_can_be_fetched(self) -> None:
        if self.world.court.log is not None:
            self.come.update(self.versions)

    async def _lets_a_minute_pass(self) -> None:
        self.world.clock.jump(seconds=60)

    async def _rests(self) -> None:
        """All that is under way arrives, and nothing is left to do."""
        for lane, waiting in self.lanes.under_way.items():
            while waiting:
                await self._arrives(lane)
        await self.world.settle()
        self._know_what_can_be_fetched()

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
        # What only a tombstone had taken away is on the list until the feed itself removes it.
        self.gone.clear()
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
        self.removals.clear()
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
        """Whom a tombstone has taken away stays away, unless a newer version may have come."""
        away = {one for one, version in self.gone.items() if version >= self.come.get(one, 0)}
        for document in (TONG, CHENG):
            answer = await self._screen(document)
            if isinstance(answer, Hit):
                assert not away & {PERSON_OF[name] for name in answer.references}

    async def ends(self) -> None:
        """All arrives, the log can be asked, and time goes on."""
        while self.removals:
            await self._removes(is_lost=False)
        await self._log_comes_back()
        await self._rests()
        for _ in range(4):
            self.world.clock.jump(seconds=60)
            await self.world.court.beats()
            await self._rests()

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
        await self.world.edge.close()
        assert {one.epoch: self._held(one) for one in court.feeds()} == {
            one.epoch: self._listed(one) for one in court.feeds()
        }
        await self.world.reopen()

    def _held(self, court: Court) -> HeldList:
        feed = FeedKey(epoch=court.epoch, incarnation=court.incarnation)
        return held_list(self.world.folder / "rail" / "replica", court.keys, feed)

    def _listed(self, court: Court) -> HeldList:
        entries = tuple(sorted(map(listed_entry, court.listed.values())))
        return HeldList(entries=entries, found=found_under(entries))

    async def _screen(self, document: IdentityDocument) -> object:
        return await self.world.edge.screen(card_use(document, f"rail-{next(self.events)}"))
