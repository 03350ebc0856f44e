"""While the court rolls an agency's list to a new epoch the edge keeps both, and is never without one."""

from datetime import timedelta
from itertools import count

import pytest

from adapters.edge.card_use import Clear, Hit, NotScreened, Silence
from adapters.edge.instruction import DisplayState, InForce
from adapters.edge.officers import Held, Reported
from adapters.replica.values import FeedKey
from adapters.screening import FeedCondition
from schemas.documents import IdentityDocument
from schemas.messages import Receipt, SightingReport
from tests.unit.adapters.test_edge_holds import POLICE, STATION
from tests.unit.adapters.world import CHENG, PASSER_BY, REFERENCE, START, TONG, Court, World, card_use

NEW_NAME = 9_202
EVENTS = (f"rail-{number}" for number in count(1))


async def screens(world: World, document: IdentityDocument) -> object:
    return await world.edge.screen(card_use(document, next(EVENTS)))


async def opens_epoch(world: World) -> Court:
    """The court opens an epoch beside the one in force, and the edge has its keys."""
    world.court.log = []
    new = world.court.rolls()
    await world.beat()
    return new


@pytest.fixture
async def rolling(confirmed: World) -> World:
    """佟 is on the lists of both epochs, confirmed by name of the old one."""
    new = await opens_epoch(confirmed)
    await new.lists(NEW_NAME, TONG)
    await confirmed.beat()
    confirmed.court.heard.clear()
    return confirmed


async def ends_old_epoch(world: World) -> None:
    world.court = world.court.ends()
    await world.beat()


async def test_the_keys_of_a_new_epoch_are_fetched_while_the_old_list_goes_on(listed: World) -> None:
    new = listed.court.rolls()
    await new.lists(NEW_NAME, CHENG)
    await listed.beat()
    before = (await screens(listed, TONG), await screens(listed, PASSER_BY))

    listed.court.log, new.log = [], []
    new.keeps(new.packet(*new.listed.values()))
    await listed.jump(seconds=15)

    assert before == (Hit(references=(REFERENCE,)), Clear())
    assert await listed.dead() == []
    assert await screens(listed, CHENG) == Hit(references=(NEW_NAME,))
    receipts = [one for one in listed.court.heard_of(Receipt) if isinstance(one, Receipt)]
    assert receipts[-1].head == new.head


async def test_a_clock_that_is_set_back_keeps_no_keys_waiting(listed: World) -> None:
    new = listed.court.rolls()
    await new.lists(NEW_NAME, CHENG)
    await listed.beat()

    listed.court.log, new.log = [], []
    new.keeps(new.packet(*new.listed.values()))
    await listed.jump(seconds=-600)

    assert await screens(listed, CHENG) == Hit(references=(NEW_NAME,))


async def test_a_list_that_only_begins_to_fill_makes_nobody_clear_and_nobody_unclear(listed: World) -> None:
    new = await opens_epoch(listed)
    new.log = None
    new.put(NEW_NAME, CHENG)
    await listed.beat()

    assert await screens(listed, PASSER_BY) == Clear()
    assert await screens(listed, TONG) == Hit(references=(REFERENCE,))

    await listed.court.beats(listed.court.head.model_copy(update={"digest": "0" * 64}))
    listed.court.log = None
    await listed.settle()
    answer = await screens(listed, PASSER_BY)
    assert isinstance(answer, NotScreened)
    assert answer.reason in {Silence.LIST_INCOMPLETE, Silence.LIST_IN_DOUBT}


async def test_on_its_way_a_list_finds_nobody_whom_the_whole_one_has_let_go(listed: World) -> None:
    """The harm: whoever has paid comes up again for as long as the new list fills."""
    new = await opens_epoch(listed)
    new.log = None
    first = new.packet(new.put(NEW_NAME, CHENG))
    new.remove(NEW_NAME)
    await listed.beat()

    await new.send("feed", first)
    await listed.settle()

    assert await screens(listed, CHENG) == Clear()
    assert await screens(listed, TONG) == Hit(references=(REFERENCE,))


async def test_who_is_on_the_list_alone_that_is_not_proven_waits_for_that_one(rolling: World) -> None:
    await rolling.court.unlists(REFERENCE)
    await rolling.beat()
    await rolling.restart()
    waiting = await screens(rolling, TONG)

    await rolling.court.send_raw("feed", rolling.court.sign_heartbeat())
    await rolling.settle()
    told_by_the_other = rolling.court.heard_of(SightingReport)
    await rolling.beat()

    assert waiting == Hit(references=(NEW_NAME,), is_proven=False)
    assert told_by_the_other == []
    assert len(rolling.court.heard_of(SightingReport)) == 1


async def test_what_an_ended_list_still_says_asks_for_no_keys(rolling: World) -> None:
    late = rolling.court.sign_heartbeat()
    await ends_old_epoch(rolling)

    await rolling.court.send_raw("feed", late)
    await rolling.settle()

    assert not (await rolling.edge.state()).waits_for_keys


async def test_a_card_that_hits_in_both_epochs_is_one_report_by_one_name(rolling: World) -> None:
    assert await screens(rolling, TONG) == Hit(references=(REFERENCE,))
    await rolling.settle()

    (report,) = rolling.court.heard_of(SightingReport)
    assert isinstance(report, SightingReport)
    assert report.references == (REFERENCE,)


async def test_whoever_is_withdrawn_is_hit_under_neither_name(rolling: World) -> None:
    await rolling.court.withdraws(REFERENCE, NEW_NAME)
    await rolling.settle()

    assert await screens(rolling, TONG) == Clear()
    (receipt,) = rolling.court.heard_of(Receipt)
    assert isinstance(receipt, Receipt)
    assert {one.reference for one in receipt.gone} == {REFERENCE, NEW_NAME}


async def test_an_officer_is_told_the_same_under_both_names(rolling: World) -> None:
    await rolling.court.confirms(REFERENCE, also=(NEW_NAME,))
    await rolling.settle()
    shown = [(await rolling.edge.display(name)).state for name in (REFERENCE, NEW_NAME)]
    asked = [type(await rolling.edge.before_stop(name)) for name in (REFERENCE, NEW_NAME)]

    held = await rolling.edge.report_hold(NEW_NAME, place=STATION, unit=POLICE)
    again = await rolling.edge.report_hold(REFERENCE, place=STATION, unit=POLICE)
    released = await rolling.edge.report_release(REFERENCE)
    once_more = await rolling.edge.before_stop(NEW_NAME)

    assert shown == [DisplayState.HOLD_WHEN_CHECKED] * 2
    assert asked == [InForce] * 2
    assert held == again == Held(release_at=START + timedelta(hours=2))
    assert released == Reported()
    assert not isinstance(once_more, InForce), "one answer carries one hold, whatever the person is called"


async def test_a_hold_under_the_old_name_outlives_the_old_epoch(rolling: World) -> None:
    await rolling.court.confirms(REFERENCE, also=(NEW_NAME,))
    await rolling.settle()
    await rolling.edge.report_hold(REFERENCE, place=STATION, unit=POLICE)
    await ends_old_epoch(rolling)
    kept = (await rolling.edge.display(REFERENCE)).state

    await rolling.court.withdraws(NEW_NAME)
    await rolling.settle()

    assert kept is DisplayState.HOLDING
    shown = [(await rolling.edge.display(name)).state for name in (REFERENCE, NEW_NAME)]
    assert shown == [DisplayState.RELEASE] * 2


async def test_the_old_list_is_gone_with_the_first_word_that_it_has_ended(rolling: World) -> None:
    await ends_old_epoch(rolling)

    assert await screens(rolling, TONG) == Hit(references=(NEW_NAME,))
    state = await rolling.edge.state()
    assert (state.epoch, state.condition) == (2, FeedCondition.PROVEN)
    assert (await rolling.edge.display(REFERENCE)).state is DisplayState.GONE
    assert stored_epochs(rolling) == {2}


async def test_an_epoch_that_ended_while_the_edge_was_away_is_not_asked_when_it_starts(
    rolling: World,
) -> None:
    rolling.court = rolling.court.ends()
    await rolling.restart()
    before = await screens(rolling, TONG)
    await rolling.beat()

    assert before == Hit(references=(NEW_NAME,), is_proven=False)
    assert stored_epochs(rolling) == {2}


async def test_a_hit_that_waits_for_proof_is_reported_though_its_list_has_ended(listed: World) -> None:
    await listed.restart()
    await screens(listed, TONG)

    listed.court.log = []
    new = listed.court.rolls()
    new.keeps(new.packet(new.put(NEW_NAME, TONG)))
    await ends_old_epoch(listed)
    await listed.jump(seconds=15)

    (report,) = listed.court.heard_of(SightingReport)
    assert isinstance(report, SightingReport)
    assert report.references == (REFERENCE,)


def stored_epochs(world: World) -> set[int]:
    feeds: list[FeedKey] = list(world.edge._parts.replica.states)
    return {feed.epoch for feed in feeds}
