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
from tests.unit.adapters.journeys import ticket
from tests.unit.adapters.outside import Clock
from tests.unit.adapters.test_edge_epochs import NEW_NAME, ends_old_epoch, opens_epoch
from tests.unit.adapters.test_replica import FEED, KEYS, A, B, apply, put, replica
from tests.unit.adapters.test_replica_swap import STATE, loaded
from tests.unit.adapters.world import CHENG, PASSER_BY, PHONE, START, TONG, World, card_use

__all__ = ["replica"]
RAIL = FeedKey(epoch=1, incarnation=1)
NEW = FeedKey(epoch=2, incarnation=1)


@pytest.fixture
async def beside(listed: World) -> Beside:
    """What the keeper tells of its list, with 佟 on it."""
    told = told_by(listed)
    await listed.edge.close()
    return told


@pytest.fixture
async def rolled(listed: World) -> tuple[Beside, Beside]:
    """What the keeper tells while its list rolls, and after: 佟 is on the old list alone, 程 on the new."""
    new = await opens_epoch(listed)
    await new.lists(NEW_NAME, CHENG)
    await listed.beat()
    meanwhile = told_by(listed)
    await ends_old_epoch(listed)
    after = told_by(listed)
    await listed.edge.close()
    return meanwhile, after


@pytest.fixture
async def rolling(listed: World) -> Beside:
    """What the keeper tells while its list is rolled."""
    new = await opens_epoch(listed)
    await new.lists(NEW_NAME, CHENG)
    await listed.beat()
    told = told_by(listed)
    await listed.edge.close()
    return told


@pytest.fixture
def fresh(clock: Clock) -> Iterator[Screener]:
    """It has heard nothing yet."""
    screener = Screener(clock.now, clock.elapsed)
    yield screener
    screener.close()


def told_by(world: World) -> Beside:
    told = world.edge.beside()
    assert told is not None
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


def of_epoch(beside: Beside, epoch: int) -> Beside:
    """The same, but for the other epochs."""
    return replace(
        beside,
        epochs=tuple(keys for keys in beside.epochs if keys.epoch == epoch),
        conditions={feed: known for feed, known in beside.conditions.items() if feed.epoch == epoch},
        sequences={feed: known for feed, known in beside.sequences.items() if feed.epoch == epoch},
    )


def not_screened(reason: Silence) -> NotScreened:
    return NotScreened(reason=reason, phone_24h=PHONE)


def test_who_is_not_on_the_list_is_clear(screener: Screener) -> None:
    assert screener.screen(card_use(PASSER_BY)) == Clear()


def test_a_hit_is_the_keepers_to_answer(screener: Screener) -> None:
    assert screener.screen(card_use(TONG)) is None


def test_where_journeys_are_kept_a_journey_is_the_keepers_to_answer(
    screener: Screener, clock: Clock, beside: Beside
) -> None:
    hears(screener, clock, replace(beside, keeps_journeys=True))

    assert screener.screen(ticket(PASSER_BY)) is None
    assert screener.screen(card_use(PASSER_BY)) == Clear()


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


def test_it_gets_the_keys_of_a_new_epoch_while_it_runs_and_screens_both(
    fresh: Screener, clock: Clock, rolling: Beside
) -> None:
    hears(fresh, clock, of_epoch(rolling, 1))
    by_the_old_list = fresh.screen(card_use(CHENG))
    hears(fresh, clock, rolling)

    assert by_the_old_list == Clear()
    assert (fresh.screen(card_use(CHENG)), fresh.screen(card_use(TONG))) == (None, None)
    assert fresh.screen(card_use(PASSER_BY)) == Clear()
    assert fresh.sift(
        Batch(kind=DocumentKind.RESIDENT_ID, numbers=[CHENG.number, PASSER_BY.number])
    ) == Sifted(to_screen=(0,), invalid={}, gap=None)


def test_it_asks_an_epoch_that_has_ended_no_more(
    fresh: Screener, clock: Clock, rolled: tuple[Beside, Beside]
) -> None:
    meanwhile, after = rolled
    hears(fresh, clock, meanwhile)
    by_a_list_that_is_gone = fresh.screen(card_use(PASSER_BY))
    hears(fresh, clock, after)

    assert by_a_list_that_is_gone is None, "it is left to the keeper"
    assert [epoch.epoch for epoch in after.epochs] == [2]
    assert fresh.screen(card_use(CHENG)) is None
    assert fresh.screen(card_use(TONG)) == Clear()


@pytest.mark.parametrize(
    ("conditions", "answer"),
    [
        ({NEW: FeedCondition.FILLING, RAIL: FeedCondition.PROVEN}, Clear()),
        ({NEW: FeedCondition.PROVEN, RAIL: FeedCondition.FILLING}, not_screened(Silence.LIST_INCOMPLETE)),
        ({NEW: FeedCondition.PROVEN, RAIL: FeedCondition.DIVERGED}, not_screened(Silence.LIST_INCOMPLETE)),
        ({NEW: FeedCondition.PROVEN}, not_screened(Silence.LIST_INCOMPLETE)),
    ],
)
def test_only_the_epoch_that_tells_of_everybody_makes_anybody_clear(
    fresh: Screener,
    clock: Clock,
    rolling: Beside,
    conditions: dict[FeedKey, FeedCondition],
    answer: object,
) -> None:
    """The harm: the new list is whole in itself, but has not come to 佟 yet."""
    hears(fresh, clock, replace(rolling, conditions=conditions))

    assert fresh.screen(card_use(PASSER_BY)) == answer


async def test_a_list_that_is_being_taken_off_the_disk_is_not_looked_at(
    replica: Replica, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The harm: the word that its epoch has ended is late, and who is off it already is called clear."""
    monkeypatch.setattr("adapters.replica.ordered_state.ROWS_AT_ONCE", 1)
    await apply(replica, [put(1, 5, B)], [put(1, 5, B)])
    assert await replica.drop_some_before(2)
    replica.close()
    reader = Reader(tmp_path, KEYS)
    reader.expect({FEED: 1})

    with pytest.raises(CannotLook), reader.looking():
        pass
    reader.close()


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
