"""Many numbers at once: what is on the list is named, what is not leaves no trace, and nothing else is said
than would be said to each of them alone.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.edge.card_use import Clear, Hit, Invalid, NotScreened, Silence
from adapters.edge.epoch_keys import Epochs
from adapters.edge.lookout import Lookout
from adapters.edge.sieve import LONGEST_LOOK_S, LOOKED_UP_AT_ONCE, Batch, Sieve, Sifted
from adapters.replica.replica import Look, Replica
from adapters.replica.tags import Table
from adapters.replica.values import FeedKey
from adapters.screening import FeedCondition, Trust
from schemas.documents import DocumentFault, DocumentKind, DocumentRefused, IdentityDocument
from schemas.messages import Remove
from tests.unit.adapters.test_replica_damage import flipped
from tests.unit.adapters.world import (
    CHENG,
    EPOCH,
    LAST_DAY,
    PASSER_BY,
    PHONE,
    REFERENCE,
    START,
    TONG,
    World,
    card_use,
)

FOREIGNER = IdentityDocument(kind=DocumentKind.PASSPORT, issuing_state="KOR", number="M00000000")


def residents(*numbers: str) -> Batch:
    return Batch(kind=DocumentKind.RESIDENT_ID, numbers=numbers)


def sifted(*to_screen: int, **faults: DocumentFault) -> Sifted:
    """`faults` by position, as in `at_3`."""
    invalid = {int(at.removeprefix("at_")): DocumentRefused(fault=fault) for at, fault in faults.items()}
    return Sifted(to_screen=to_screen, invalid=invalid, gap=None)


async def test_only_who_is_listed_is_to_be_screened(listed: World) -> None:
    others = [PASSER_BY.number] * (2 * LOOKED_UP_AT_ONCE)

    assert listed.edge.sift(residents(*others, TONG.number, CHENG.number, TONG.number)) == sifted(
        len(others), len(others) + 2
    )


async def test_a_number_is_known_however_it_was_read(listed: World) -> None:
    spaced, wide = f" {TONG.number[:6]} {TONG.number[6:]}", TONG.number.translate(str.maketrans("0", "０"))

    assert listed.edge.sift(residents(spaced, PASSER_BY.number, wide)) == sifted(0, 2)


async def test_what_cannot_be_a_number_is_told(listed: World) -> None:
    misread = PASSER_BY.number[:-1] + ("1" if PASSER_BY.number[-1] != "1" else "2")

    assert listed.edge.sift(residents(misread, TONG.number, "", "12")) == sifted(
        1,
        at_0=DocumentFault.WRONG_CHECK_DIGIT,
        at_2=DocumentFault.EMPTY,
        at_3=DocumentFault.WRONG_LENGTH,
    )


async def test_a_passport_is_known_by_its_state(listed: World) -> None:
    await listed.court.lists(REFERENCE + 1, FOREIGNER)
    await listed.beat()
    numbers = (FOREIGNER.number, "M00000001")

    of_korea = Batch(kind=DocumentKind.PASSPORT, numbers=numbers, issuing_state="KOR")
    of_japan = Batch(kind=DocumentKind.PASSPORT, numbers=numbers, issuing_state="JPN")
    assert listed.edge.sift(of_korea) == sifted(0)
    assert listed.edge.sift(of_japan) == sifted()


async def test_whoever_was_withdrawn_by_the_express_lane_is_clear(listed: World) -> None:
    await listed.court.withdraws(REFERENCE)
    await listed.settle()

    assert listed.edge.sift(residents(TONG.number)) == sifted()


async def test_whoevers_last_day_is_over_is_clear(listed: World) -> None:
    await listed.jump(days=(LAST_DAY - listed.clock.at.date() + timedelta(days=1)).days)

    assert listed.edge.sift(residents(TONG.number)) == sifted()


async def test_of_a_list_that_is_not_whole_yet_nobody_is_said_to_be_clear(silent: World) -> None:
    await silent.court.send("feed", silent.court.packet(silent.court.put(REFERENCE, TONG)))
    silent.court.packet(silent.court.put(REFERENCE + 1, CHENG))
    await silent.beat()

    assert silent.edge.sift(residents(CHENG.number, TONG.number)) == Sifted(
        to_screen=(1,), invalid={}, gap=NotScreened(reason=Silence.LIST_INCOMPLETE, phone_24h=PHONE)
    )


async def test_a_silent_court_and_a_damaged_list_are_no_answer(listed: World) -> None:
    await flipped(listed, Table.TOKENS)
    in_doubt = listed.edge.sift(residents(PASSER_BY.number, TONG.number))
    listed.clock.jump(hours=25)
    silent = listed.edge.sift(residents(PASSER_BY.number))

    assert in_doubt == NotScreened(reason=Silence.LIST_IN_DOUBT, phone_24h=PHONE)
    assert silent == NotScreened(reason=Silence.COURT_SILENT, phone_24h=PHONE)


async def test_each_is_told_what_it_would_be_told_alone(listed: World) -> None:
    await listed.court.send("feed", listed.court.packet(Remove(sequence=2, reference=9, version=1)))
    numbers = (TONG.number, CHENG.number, "990101197803150015", PASSER_BY.number.lower())
    told = listed.edge.sift(residents(*numbers))
    alone = [
        await listed.edge.screen(card_use(IdentityDocument(kind=DocumentKind.RESIDENT_ID, number=number)))
        for number in numbers
    ]

    assert isinstance(told, Sifted)
    assert [at for at, answer in enumerate(alone) if isinstance(answer, Hit)] == list(told.to_screen)
    assert {at: one.refused for at, one in enumerate(alone) if isinstance(one, Invalid)} == told.invalid
    assert [at for at, answer in enumerate(alone) if isinstance(answer, Clear)] == [1, 3]


class WholeList:
    """The line of an edge whose only list is proven."""

    is_closed = False
    feeds = (FeedKey(epoch=EPOCH.epoch, incarnation=1),)
    trust = Trust.FULL

    def condition(self, feed: FeedKey) -> FeedCondition:
        return FeedCondition.PROVEN


@dataclass
class Watch:
    """Time goes on by `step_s` whenever somebody looks at it; how long each look at the replica was held."""

    replica: Replica
    step_s: float
    at_s: float = 0.0
    held_s: list[float] = field(default_factory=list)

    def elapsed(self) -> float:
        self.at_s += self.step_s
        return self.at_s

    @contextmanager
    def looking(self) -> Iterator[Look]:
        began_s = self.at_s
        with self.replica.looking() as look:
            yield look
        self.held_s.append(self.at_s - began_s)


@pytest.mark.parametrize(
    ("step_s", "looks"),
    [pytest.param(0.0001, 2, id="a disk that is quick"), pytest.param(0.004, 4, id="a disk that is slow")],
)
def test_no_look_is_held_for_longer_than_its_time(tmp_path: Path, step_s: float, looks: int) -> None:
    replica = Replica(tmp_path, {EPOCH.epoch: EPOCH.digest_key})
    watch = Watch(replica, step_s)
    lookout = Lookout(WholeList(), watch.looking, Epochs([EPOCH]), lambda: START, PHONE)

    told = Sieve(lookout, watch.elapsed).sift(residents(*[PASSER_BY.number] * (2 * LOOKED_UP_AT_ONCE)))
    replica.close()

    assert told == sifted()
    assert len(watch.held_s) == looks
    assert max(watch.held_s) <= LONGEST_LOOK_S + step_s
