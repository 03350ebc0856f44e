"""What a screener answers by itself, and when it leaves the answer to the keeper or says that it cannot say.

The edge is closed before: no process may open the files of a list twice.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.edge.beside import Beside
from adapters.edge.card_use import Clear, Invalid, NotScreened, Silence
from adapters.edge.sieve import Batch, Sifted
from adapters.replica.reader import CannotLook, Reader
from adapters.replica.replica import Replica
from adapters.replica.values import FeedKey
from adapters.screeners.screener import Screener
from adapters.screeners.word import ToldList, Word
from adapters.screening import HITS_END_AFTER_S, FeedCondition
from schemas.documents import DocumentKind
from tests.unit.adapters.outside import Clock
from tests.unit.adapters.test_replica import FEED, KEYS, A, B, apply, put, replica
from tests.unit.adapters.test_replica_swap import STATE, loaded
from tests.unit.adapters.world import PASSER_BY, PHONE, START, TONG, World, card_use

__all__ = ["replica"]
RAIL = FeedKey(epoch=1, incarnation=1)


@pytest.fixture
async def beside(listed: World) -> Beside:
    """What the keeper tells of its list, with 佟 on it."""
    told = listed.edge.beside()
    assert told is not None
    await listed.edge.close()
    return told


@pytest.fixture
def clock() -> Clock:
    return Clock(START)


@pytest.fixture
def screener(clock: Clock, beside: Beside) -> Iterator[Screener]:
    screener = Screener(clock.now, clock.elapsed)
    hears(screener, clock, beside)
    yield screener
    screener.close()


def hears(screener: Screener, clock: Clock, beside: Beside | None) -> None:
    told = None if beside is None else ToldList.of(beside, 1)
    word = Word(said_s=clock.elapsed(), phone_24h=PHONE, told=told)
    screener.hear(Word.model_validate_json(word.line()))


def not_screened(reason: Silence) -> NotScreened:
    return NotScreened(reason=reason, phone_24h=PHONE)


def test_who_is_not_on_the_list_is_clear(screener: Screener) -> None:
    assert screener.screen(card_use(PASSER_BY)) == Clear()


def test_a_hit_is_the_keepers_to_answer(screener: Screener) -> None:
    assert screener.screen(card_use(TONG)) is None


def test_what_cannot_be_a_number_is_told_at_once(screener: Screener) -> None:
    assert isinstance(screener.screen(card_use(replace(TONG, number="990101197803150015"))), Invalid)


def test_of_many_numbers_it_names_those_that_must_be_screened(screener: Screener) -> None:
    batch = Batch(kind=DocumentKind.RESIDENT_ID, numbers=[PASSER_BY.number, TONG.number])

    assert screener.sift(batch) == Sifted(to_screen=(1,), invalid={}, gap=None)


def test_nobody_is_clear_by_the_word_of_a_keeper_that_is_not_heard_any_more(
    screener: Screener, clock: Clock
) -> None:
    """The harm: it hangs, a debtor is listed meanwhile, and passes the gate."""
    clock.jump(seconds=6)

    assert screener.screen(card_use(PASSER_BY)) == not_screened(Silence.KEEPER_AWAY)
    assert screener.sift(Batch(kind=DocumentKind.RESIDENT_ID, numbers=[PASSER_BY.number])) == not_screened(
        Silence.KEEPER_AWAY
    )


def test_after_the_end_of_its_keeper_it_knows_no_list(screener: Screener) -> None:
    screener.hear_end()

    assert screener.screen(card_use(PASSER_BY)) == not_screened(Silence.KEEPER_AWAY)


def test_a_court_that_is_silent_for_a_day_is_counted_from_what_the_keeper_heard(
    screener: Screener, clock: Clock, beside: Beside
) -> None:
    hears(screener, clock, replace(beside, silence_s=HITS_END_AFTER_S - 2))
    still = screener.screen(card_use(PASSER_BY))
    clock.jump(seconds=2)

    assert still == Clear()
    assert screener.screen(card_use(PASSER_BY)) == not_screened(Silence.COURT_SILENT)


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        (FeedCondition.DIVERGED, Silence.LIST_IN_DOUBT),
        (FeedCondition.RAN_BACK, Silence.LIST_IN_DOUBT),
        (FeedCondition.FILLING, Silence.LIST_INCOMPLETE),
    ],
)
def test_a_list_that_cannot_say_says_so(
    screener: Screener, clock: Clock, beside: Beside, condition: FeedCondition, reason: Silence
) -> None:
    hears(screener, clock, replace(beside, conditions={RAIL: condition}))

    assert screener.screen(card_use(PASSER_BY)) == not_screened(reason)


def test_a_list_that_has_less_than_it_had_is_left_to_the_keeper(
    screener: Screener, clock: Clock, beside: Beside
) -> None:
    """The harm: it is begun anew just now, and who is not on it yet is called clear."""
    hears(screener, clock, replace(beside, sequences={RAIL: 2}))

    assert screener.screen(card_use(PASSER_BY)) is None


def test_while_no_list_is_open_the_keeper_answers(screener: Screener, clock: Clock, beside: Beside) -> None:
    hears(screener, clock, None)
    closed = screener.screen(card_use(PASSER_BY))
    hears(screener, clock, beside)

    assert closed is None
    assert screener.screen(card_use(PASSER_BY)) == Clear()


async def test_an_entry_dies_at_the_end_of_its_last_day(screener: Screener, clock: Clock) -> None:
    clock.at = clock.at.replace(month=5, day=24, hour=17)

    assert screener.screen(card_use(TONG)) == Clear()


async def test_it_follows_to_a_whole_list_that_took_the_place_of_another(
    replica: Replica, tmp_path: Path
) -> None:
    await apply(replica, [put(1, 5, B)], [put(1, 5, B)])
    await replica.take_over(loaded(replica), is_doubted=False)
    await replica.tell_generation()
    replica.close()
    reader = Reader(tmp_path, KEYS)
    reader.expect({FEED: STATE.sequence})
    with reader.looking() as look:
        found = look.references(FEED, A), look.references(FEED, B)
    reader.close()

    assert found == ((7, 8), (8,))


async def test_it_does_not_look_at_a_list_whose_place_another_has_taken(
    replica: Replica, tmp_path: Path
) -> None:
    await apply(replica, [put(1, 5, B)], [put(1, 5, B)])
    await replica.take_over(loaded(replica), is_doubted=False)
    replica.close()
    reader = Reader(tmp_path, KEYS)

    with pytest.raises(CannotLook), reader.looking():
        pass
    reader.close()
