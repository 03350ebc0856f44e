"""What the bus did not bring is fetched from the court's log, until the list is the court's again."""

import shutil
from datetime import timedelta
from typing import Any

from adapters.edge.card_use import Clear, Hit, NotScreened, Silence
from adapters.edge.instruction import DisplayState, DoNotStop, NoStop
from adapters.screening import FeedCondition
from adapters.station import reasons_of
from schemas.messages import FeedHead, FeedPacket, SightingReport
from schemas.signing import SigningKey
from tests.unit.adapters.outside import full_disk
from tests.unit.adapters.world import CHENG, PHONE, REFERENCE, TONG, World, card_use

ZEROS = "0" * 64


def packets(world: World, *references: int) -> list[FeedPacket]:
    """One packet for each, numbered by the court and not sent."""
    return [world.court.packet(world.court.put(reference, CHENG)) for reference in references]


async def stands(world: World) -> tuple[int, FeedCondition]:
    state = await world.edge.state()
    return state.sequence, state.condition


async def test_a_gap_is_filled_from_the_log(listed: World) -> None:
    *missing, later = packets(listed, 2, 3, 4, 5)
    listed.court.keeps(*missing, later)
    await listed.court.send("feed", later)
    await listed.beat()

    assert await stands(listed) == (5, FeedCondition.PROVEN)
    assert listed.court.reports()[-1].head == listed.court.head  # type: ignore[attr-defined]


async def test_the_loop_says_when_it_asks_again_while_the_court_is_away(listed: World) -> None:
    listed.court.keeps(*packets(listed, 2))
    log, listed.court.log = listed.court.log, None
    await listed.beat()
    waits_until = await listed.catch_up.next_due()
    listed.court.log = log
    unmoved = await listed.catch_up.step()
    listed.clock.jump(seconds=1)
    await listed.settle()

    assert waits_until == listed.clock.at
    assert not unmoved
    assert await stands(listed) == (2, FeedCondition.PROVEN)
    assert await listed.catch_up.next_due() is None


async def test_a_clock_that_is_set_back_prolongs_no_rest(listed: World) -> None:
    listed.court.keeps(*packets(listed, 2))
    log, listed.court.log = listed.court.log, None
    await listed.beat()

    listed.court.log = log
    listed.clock.jump(seconds=-600)
    await listed.settle()

    assert (await listed.edge.state()).sequence == 2


async def test_a_court_that_stays_away_is_asked_ever_more_seldom(listed: World) -> None:
    packets(listed, 2)

    assert await listed.rests(listed.beat, times=8) == [
        timedelta(seconds=s) for s in (1, 2, 4, 8, 16, 32, 60, 60)
    ]


async def test_a_disk_that_does_not_take_the_packets_is_named_and_rested_from(
    listed: World, logged: list[dict[str, Any]]
) -> None:
    listed.court.keeps(*packets(listed, 2))
    await listed.court.beats()
    await listed.bus.step()
    with full_disk(1_000):
        waits = await listed.rests(listed.catch_up.step, times=3)
    full = await listed.edge.state()
    hit = await listed.edge.screen(card_use(TONG))
    said = [event for event in logged if event["event"] == "disk-refuses"]
    logged.clear()
    listed.clock.jump(seconds=60)
    await listed.beat()

    assert waits == [timedelta(seconds=s) for s in (1, 2, 4)]
    assert len(said) == 1
    assert [reason.what for reason in reasons_of(full)] == ["list-behind", "disk-refuses"]
    assert hit == Hit(references=(REFERENCE,))
    assert await stands(listed) == (2, FeedCondition.PROVEN)
    assert (await listed.edge.state()).disk_trouble is None


async def test_a_new_edge_fetches_the_list_from_its_beginning(silent: World) -> None:
    silent.court.keeps(silent.court.packet(silent.court.put(REFERENCE, TONG)), *packets(silent, 2, 3, 4))
    await silent.beat()

    assert await stands(silent) == (4, FeedCondition.PROVEN)
    assert await silent.edge.screen(card_use(TONG)) == Hit(references=(REFERENCE,))


async def test_a_list_that_is_not_whole_yet_clears_nobody(silent: World) -> None:
    first = silent.court.packet(silent.court.put(REFERENCE, TONG))
    rest = packets(silent, 2)
    await silent.court.send("feed", first)
    await silent.beat()
    filling = await silent.edge.state()
    unknown = await silent.edge.screen(card_use(CHENG))
    waiting = await silent.edge.screen(card_use(TONG, "rail-2"))
    await silent.settle()
    reported_meanwhile = silent.court.heard_of(SightingReport)
    silent.court.keeps(first, *rest)
    silent.clock.jump(seconds=60)
    await silent.beat()

    assert filling.condition is FeedCondition.FILLING
    assert (filling.sequence, filling.newest_sequence) == (1, 2)
    assert unknown == NotScreened(reason=Silence.LIST_INCOMPLETE, phone_24h=PHONE)
    assert waiting == Hit(references=(REFERENCE,), is_proven=False)
    assert reported_meanwhile == []
    assert len(silent.court.heard_of(SightingReport)) == 1


async def test_who_was_withdrawn_long_ago_is_not_reported_while_the_past_is_fetched(silent: World) -> None:
    put = silent.court.packet(silent.court.put(REFERENCE, TONG))
    gone = silent.court.packet(silent.court.remove(REFERENCE))
    await silent.court.send("feed", put)
    await silent.beat()
    seen = await silent.edge.screen(card_use(TONG))
    silent.court.keeps(put, gone)
    silent.clock.jump(seconds=60)
    await silent.beat()

    assert seen == Hit(references=(REFERENCE,), is_proven=False)
    assert await stands(silent) == (2, FeedCondition.PROVEN)
    assert silent.court.heard_of(SightingReport) == []


async def test_a_list_that_was_whole_once_goes_on_reporting_after_a_restart(listed: World) -> None:
    packets(listed, 2)
    await listed.restart()
    await listed.beat()

    assert await stands(listed) == (1, FeedCondition.BEHIND)
    assert await listed.edge.screen(card_use(TONG)) == Hit(references=(REFERENCE,))
    assert await listed.edge.screen(card_use(CHENG, "rail-2")) == Clear()


async def test_another_list_than_the_courts_is_begun_anew(listed: World) -> None:
    listed.court.sequence = 0
    listed.court.keeps(listed.court.packet(listed.court.put(REFERENCE, TONG)))
    await listed.court.beats(FeedHead(sequence=1, count=1, digest=ZEROS))
    await listed.settle()
    listed.clock.jump(seconds=60)
    await listed.beat()

    assert await stands(listed) == (1, FeedCondition.PROVEN)
    assert await listed.edge.screen(card_use(TONG)) == Hit(references=(REFERENCE,))


async def test_a_doubtful_list_is_kept_until_another_can_be_had(listed: World) -> None:
    await listed.court.beats(FeedHead(sequence=1, count=1, digest=ZEROS))
    await listed.settle()

    assert await stands(listed) == (1, FeedCondition.DIVERGED)
    assert await listed.edge.screen(card_use(TONG)) == NotScreened(
        reason=Silence.LIST_IN_DOUBT, phone_24h=PHONE
    )


async def test_a_log_that_leads_astray_is_not_asked_without_end(listed: World) -> None:
    right = listed.court.packet(listed.court.put(2, CHENG))
    wrong = right.model_copy(update={"head": FeedHead(sequence=2, count=2, digest=ZEROS)})
    listed.court.keeps(wrong)
    await listed.beat()

    assert (await listed.edge.state()).condition is not FeedCondition.PROVEN
    due = await listed.catch_up.next_due()
    assert due is not None
    assert due > listed.clock.at


async def test_nor_one_that_leads_astray_far_from_its_beginning(silent: World) -> None:
    good = packets(silent, 1, 2)
    right = silent.court.packet(silent.court.put(3, CHENG))
    wrong = right.model_copy(update={"head": FeedHead(sequence=3, count=3, digest=ZEROS)})
    silent.court.keeps(*good, wrong)

    assert await silent.rests(silent.beat, times=4) == [timedelta(seconds=s) for s in (1, 2, 4, 8)]


async def test_a_fetched_packet_counts_for_its_signature_alone(listed: World) -> None:
    genuine = listed.court.key
    forged = packets(listed, 2)
    listed.court.key = SigningKey.from_secret("court-1", b"x" * 32)
    listed.court.keeps(*forged)
    listed.court.key = genuine
    await listed.beat()

    assert await stands(listed) == (1, FeedCondition.BEHIND)
    assert await listed.dead() == []


async def test_a_packet_of_another_feed_is_not_taken_for_the_missing_one(listed: World) -> None:
    missing = packets(listed, 2)
    listed.court.epoch = 2
    listed.court.keeps(*missing)
    listed.court.epoch = 1
    await listed.beat()

    assert await stands(listed) == (1, FeedCondition.BEHIND)


async def test_what_is_behind_a_packet_that_cannot_be_applied_does_not_hide_it(listed: World) -> None:
    right = listed.court.packet(listed.court.put(2, CHENG))
    wrong = right.model_copy(update={"head": FeedHead(sequence=2, count=2, digest=ZEROS)})
    later = packets(listed, 3)
    await listed.court.send("feed", wrong)
    await listed.court.send("feed", later[0])
    await listed.beat()

    assert (await listed.edge.state()).condition is FeedCondition.DIVERGED


async def test_a_list_that_diverged_stays_in_doubt_until_it_is_begun_anew(listed: World) -> None:
    right = listed.court.packet(listed.court.put(2, CHENG))
    await listed.court.send(
        "feed", right.model_copy(update={"head": FeedHead(sequence=2, count=2, digest=ZEROS)})
    )
    await listed.settle()
    await listed.jump(seconds=10)
    in_doubt = await stands(listed)
    listed.court.keeps(FeedPacket(changes=(listed.court.listed[REFERENCE],), head=first_head(listed)), right)
    listed.clock.jump(seconds=60)
    await listed.beat()

    assert in_doubt == (1, FeedCondition.DIVERGED)
    assert await stands(listed) == (2, FeedCondition.PROVEN)


async def test_it_is_fetched_from_its_beginning_though_nothing_has_changed_since(listed: World) -> None:
    """The harm: nobody is found until the court's list changes the next time."""
    first, head = listed.court.listed[REFERENCE], listed.court.head
    wrong = FeedHead(sequence=2, count=2, digest=ZEROS)
    await listed.court.send("feed", FeedPacket(changes=(listed.court.put(2, CHENG),), head=wrong))
    await listed.settle()
    in_doubt = await stands(listed)
    listed.court.sequence, listed.court.listed = 1, {REFERENCE: first}
    listed.court.keeps(FeedPacket(changes=(first,), head=head))
    listed.clock.jump(seconds=60)
    await listed.beat()

    assert in_doubt == (1, FeedCondition.DIVERGED)
    assert await stands(listed) == (1, FeedCondition.PROVEN)


def first_head(world: World) -> FeedHead:
    """The court's head when only the first change was made."""
    later, world.court.listed = world.court.listed, {REFERENCE: world.court.listed[REFERENCE]}
    head = world.court.head.model_copy(update={"sequence": 1})
    world.court.listed = later
    return head


async def test_a_list_that_was_never_whole_clears_nobody_before_the_court_is_heard(silent: World) -> None:
    await silent.court.lists(REFERENCE, TONG)
    await silent.settle()
    at_first = await silent.edge.screen(card_use(CHENG))
    await silent.restart()
    after_a_restart = await silent.edge.screen(card_use(CHENG, "rail-2"))

    incomplete = NotScreened(reason=Silence.LIST_INCOMPLETE, phone_24h=PHONE)
    assert (at_first, after_a_restart) == (incomplete, incomplete)


async def test_nobody_is_said_to_be_gone_by_a_list_that_is_fetched_anew(listed: World) -> None:
    listed.court.keeps(FeedPacket(changes=(listed.court.listed[REFERENCE],), head=listed.court.head))
    (log,), listed.court.log = listed.court.log or [], []
    packets(listed, 2)
    await listed.edge.close()
    shutil.rmtree(listed.folder / "rail" / "replica")
    await listed.reopen()
    await listed.beat()
    display = await listed.edge.display(REFERENCE)
    stop = await listed.edge.before_stop(REFERENCE)
    listed.court.log = [log]
    await listed.court.stands_down()
    await listed.settle()

    assert display.state is DisplayState.REPORT_ONLY
    assert stop == DoNotStop(reason=NoStop.LIST_NOT_PROVEN, phone_24h=PHONE)
    assert (await listed.edge.display(REFERENCE)).state is DisplayState.GONE


async def test_a_withdrawal_is_believed_whatever_the_list_is_worth(listed: World) -> None:
    await listed.court.beats(FeedHead(sequence=1, count=1, digest=ZEROS))
    await listed.court.withdraws(REFERENCE)
    await listed.settle()

    assert await stands(listed) == (1, FeedCondition.DIVERGED)
    assert (await listed.edge.display(REFERENCE)).state is DisplayState.GONE
    assert await listed.edge.before_stop(REFERENCE) == DoNotStop(reason=NoStop.NOT_IN_FORCE, phone_24h=PHONE)
