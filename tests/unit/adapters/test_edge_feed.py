"""The list at an edge: packets, heartbeats and withdrawals, and what the court is told of each."""

from datetime import timedelta

from adapters.edge.card_use import Clear, Hit, NotScreened, Silence
from adapters.screening import FeedCondition, Trust
from schemas.envelope import Address, Posting, sign_envelope
from schemas.messages import FeedHead, GoneReference, Heartbeat, Receipt, SightingReport
from schemas.signing import SigningKey
from tests.unit.adapters.world import CHENG, COURT, REFERENCE, START, TONG, World, card_use

ZEROS = "0" * 64


async def test_a_packet_is_applied_and_answered_with_where_the_replica_stands(world: World) -> None:
    await world.court.lists(REFERENCE, TONG)
    await world.settle()

    state = await world.edge.state()
    assert (state.epoch, state.incarnation, state.sequence, state.count) == (1, 1, 1, 1)
    assert state.digest == world.court.head.digest
    assert world.court.reports()[-1] == Receipt(head=world.court.head)
    assert world.court.heard[-1].address.epoch == 1
    assert world.court.heard[-1].address.incarnation == 1


async def test_idle_heartbeats_are_not_answered(listed: World) -> None:
    await listed.jump(seconds=10)
    await listed.jump(seconds=10)

    assert listed.court.reports() == []


async def test_after_a_start_the_court_is_told_where_the_replica_stands(listed: World) -> None:
    await listed.restart()
    await listed.settle()

    assert listed.court.reports() == [Receipt(head=listed.court.head)]


async def test_many_packets_at_once_need_few_receipts(world: World) -> None:
    world.court.heard.clear()
    first = world.court.packet(world.court.put(1, TONG))
    second = world.court.packet(world.court.put(2, CHENG))
    await world.court.send("feed", first)
    await world.court.send("feed", second)
    await world.bus.step()
    await world.bus.step()
    await world.settle()

    assert world.court.reports() == [Receipt(head=world.court.head)]


async def test_a_packet_delivered_twice_is_applied_once(world: World) -> None:
    raw = world.court.sign(world.court.packet(world.court.put(REFERENCE, TONG)))
    await world.court.send_raw("feed", raw)
    await world.court.send_raw("feed", raw)
    await world.beat()

    state = await world.edge.state()
    assert (state.sequence, state.count, state.condition) == (1, 1, FeedCondition.PROVEN)
    assert await world.bus.dead_letters() == []


async def test_a_missing_packet_does_not_silence_the_agency(listed: World) -> None:
    missing = listed.court.packet(listed.court.put(7_102, CHENG))
    later = listed.court.packet(listed.court.put(7_103, CHENG))
    await listed.court.send("feed", later)
    await listed.settle()

    behind = await listed.edge.state()
    answer = await listed.edge.screen(card_use(TONG))
    await listed.settle()
    reported_while_behind = listed.court.heard_of(SightingReport)

    await listed.court.send("feed", missing)
    await listed.court.send("feed", later)
    await listed.beat()

    assert (behind.sequence, behind.condition) == (1, FeedCondition.BEHIND)
    assert (answer, len(reported_while_behind)) == (Hit(references=(REFERENCE,)), 1)
    assert (await listed.edge.state()).condition is FeedCondition.PROVEN
    assert len(listed.court.heard_of(SightingReport)) == 1


async def test_an_edge_that_is_behind_says_so_with_every_heartbeat(listed: World) -> None:
    listed.court.put(7_102, CHENG)
    await listed.jump(seconds=10)
    await listed.jump(seconds=10)

    assert [receipt.head.sequence for receipt in listed.court.heard_of(Receipt)] == [1, 1]  # type: ignore[attr-defined]


async def test_a_heartbeat_that_overtook_its_packet_proves_the_list_once_the_packet_is_there(
    listed: World,
) -> None:
    packet = listed.court.packet(listed.court.put(7_102, CHENG))
    await listed.court.beats()
    await listed.court.send("feed", packet)
    await listed.settle()

    assert (await listed.edge.state()).condition is FeedCondition.PROVEN


async def test_a_heartbeat_of_a_state_the_replica_has_just_left_is_no_alarm(listed: World) -> None:
    left = listed.court.head
    await listed.court.lists(7_102, CHENG)
    listed.clock.jump(milliseconds=5)
    await listed.court.beats(left)
    await listed.settle()

    assert (await listed.edge.state()).condition is FeedCondition.PROVEN


async def test_a_court_that_stays_at_a_state_long_left_ran_back(listed: World) -> None:
    left = listed.court.head
    await listed.court.lists(7_102, CHENG)
    await listed.settle()
    listed.clock.jump(seconds=31)
    await listed.court.beats(left)
    await listed.settle()

    assert (await listed.edge.state()).condition is FeedCondition.RAN_BACK


async def test_a_heartbeat_from_the_future_does_not_hide_a_lost_packet(listed: World) -> None:
    listed.clock.at += timedelta(hours=1)
    raw = listed.court.sign_heartbeat()
    listed.clock.at -= timedelta(hours=1)
    await listed.court.send_raw("feed", raw)
    await listed.settle()
    listed.court.put(7_102, CHENG)
    await listed.jump(seconds=61)

    assert (await listed.edge.state()).condition is FeedCondition.BEHIND


async def test_a_removal_by_the_courts_former_life_does_not_clear_a_withdrawal_of_now(listed: World) -> None:
    await listed.court.unlists(REFERENCE, version=3)
    await listed.beat()
    listed.court.incarnation, listed.court.sequence = 2, 0
    await listed.court.lists(REFERENCE, TONG)
    await listed.beat()
    await listed.court.withdraws(REFERENCE)
    await listed.settle()

    assert await listed.edge.screen(card_use(TONG)) == Clear()


async def test_a_message_for_another_instance_is_dead(listed: World) -> None:
    address = Address(court=COURT, agency="rail", instance="another", epoch=1, incarnation=1)
    posting = Posting(id="elsewhere", at=START, address=address)
    raw = sign_envelope(Heartbeat(head=listed.court.head), posting, listed.court.key)
    await listed.court.send_raw("feed", raw)
    await listed.settle()

    assert await listed.dead() == ["wrong-instance"]


async def test_a_heartbeat_ahead_of_the_cursor_tells_of_missing_packets(listed: World) -> None:
    listed.court.put(7_102, CHENG)
    await listed.beat()

    assert (await listed.edge.state()).condition is FeedCondition.BEHIND
    assert listed.court.reports() == [
        Receipt(head=FeedHead(sequence=1, count=1, digest=(await listed.edge.state()).digest))
    ]


async def test_a_packet_that_does_not_lead_to_its_signed_state_is_not_applied_and_stops_hits(
    listed: World,
) -> None:
    packet = listed.court.packet(listed.court.put(7_102, CHENG))
    wrong = packet.model_copy(update={"head": FeedHead(sequence=2, count=2, digest=ZEROS)})
    await listed.court.send("feed", wrong)
    await listed.settle()

    state = await listed.edge.state()
    assert (state.sequence, state.condition) == (1, FeedCondition.DIVERGED)
    assert await listed.edge.screen(card_use(TONG)) == NotScreened(
        reason=Silence.LIST_IN_DOUBT, phone_24h="010-00000000"
    )


async def test_a_heartbeat_with_another_digest_stops_hits_until_one_agrees(listed: World) -> None:
    await listed.court.beats(FeedHead(sequence=1, count=1, digest=ZEROS))
    await listed.settle()
    doubtful = await listed.edge.screen(card_use(TONG))
    await listed.beat()

    assert doubtful == NotScreened(reason=Silence.LIST_IN_DOUBT, phone_24h="010-00000000")
    assert await listed.edge.screen(card_use(TONG)) == Hit(references=(REFERENCE,))


async def test_a_court_whose_head_ran_back_is_not_followed(listed: World) -> None:
    # the court's database was restored without a new incarnation
    listed.clock.jump(seconds=10)
    await listed.court.beats(FeedHead(sequence=0, count=0, digest=ZEROS))
    await listed.settle()

    assert (await listed.edge.state()).condition is FeedCondition.RAN_BACK
    assert await listed.edge.screen(card_use(TONG)) == NotScreened(
        reason=Silence.LIST_IN_DOUBT, phone_24h="010-00000000"
    )


async def test_an_old_heartbeat_delivered_late_is_no_alarm(listed: World) -> None:
    old = listed.court.sign_heartbeat()
    listed.clock.jump(seconds=10)
    await listed.court.lists(7_102, CHENG)
    await listed.beat()
    await listed.court.send_raw("feed", old)
    await listed.settle()

    assert (await listed.edge.state()).condition is FeedCondition.PROVEN


async def test_a_heartbeat_that_lay_in_the_queue_is_as_old_as_its_signature(listed: World) -> None:
    await listed.court.beats()
    listed.clock.jump(hours=1)
    await listed.restart()
    await listed.settle()

    state = await listed.edge.state()
    assert (state.condition, state.trust) == (FeedCondition.PROVEN, Trust.NO_STOPS)
    assert state.heard_at == listed.clock.at - timedelta(hours=1)


async def test_a_newer_incarnation_takes_the_place_of_the_old_one(listed: World) -> None:
    listed.court.incarnation, listed.court.sequence = 2, 0
    listed.court.listed.clear()
    await listed.court.lists(7_201, CHENG)
    await listed.beat()

    assert await listed.edge.screen(card_use(TONG)) == Clear()
    assert await listed.edge.screen(card_use(CHENG)) == Hit(references=(7_201,))


async def test_the_former_life_of_a_court_is_not_listened_to(listed: World) -> None:
    listed.court.incarnation = 0
    await listed.court.lists(7_102, CHENG)
    await listed.settle()

    state = await listed.edge.state()
    assert (state.incarnation, state.sequence, state.condition) == (1, 1, FeedCondition.PROVEN)
    assert listed.court.reports() == []


async def test_a_withdrawal_by_the_express_lane_needs_no_feed(listed: World) -> None:
    await listed.court.withdraws(REFERENCE)
    await listed.settle()

    assert await listed.edge.screen(card_use(TONG)) == Clear()
    assert (await listed.edge.state()).tombstones == 1
    assert listed.court.reports() == [
        Receipt(head=listed.court.head, gone=(GoneReference(reference=REFERENCE, version=1),))
    ]


async def test_a_withdrawal_delivered_twice_is_harmless(listed: World) -> None:
    await listed.court.withdraws(REFERENCE)
    await listed.court.withdraws(REFERENCE)
    await listed.settle()

    assert (await listed.edge.state()).tombstones == 1


async def test_a_withdrawal_survives_a_restart(listed: World) -> None:
    await listed.court.withdraws(REFERENCE)
    await listed.settle()
    await listed.restart()
    await listed.beat()

    assert await listed.edge.screen(card_use(TONG)) == Clear()


async def test_a_withdrawal_hides_what_the_backlog_brings_after_it(world: World) -> None:
    await world.court.withdraws(REFERENCE)
    await world.settle()
    await world.court.lists(REFERENCE, TONG)
    await world.beat()

    assert await world.edge.screen(card_use(TONG)) == Clear()


async def test_a_tombstone_leaves_when_the_feed_has_passed_the_removal(listed: World) -> None:
    await listed.court.withdraws(REFERENCE)
    await listed.settle()
    await listed.court.unlists(REFERENCE)
    await listed.beat()

    state = await listed.edge.state()
    assert (state.tombstones, state.count) == (0, 0)
    assert await listed.edge.screen(card_use(TONG)) == Clear()


async def test_a_tombstone_that_comes_after_the_removal_does_not_stay(listed: World) -> None:
    await listed.court.unlists(REFERENCE)
    await listed.settle()
    await listed.court.withdraws(REFERENCE)
    await listed.settle()

    assert (await listed.edge.state()).tombstones == 0
    assert listed.court.heard_of(Receipt)[-1] == Receipt(
        head=listed.court.head, gone=(GoneReference(reference=REFERENCE, version=1),)
    )


async def test_a_resumed_entry_is_visible_again(listed: World) -> None:
    await listed.court.withdraws(REFERENCE)
    await listed.court.unlists(REFERENCE)
    await listed.court.lists(REFERENCE, TONG, version=2)
    await listed.beat()

    assert await listed.edge.screen(card_use(TONG)) == Hit(references=(REFERENCE,))
    assert (await listed.edge.state()).tombstones == 0


async def test_the_tombstone_of_the_former_version_does_not_hide_the_resumed_one(listed: World) -> None:
    await listed.court.lists(REFERENCE, TONG, version=2)
    await listed.beat()
    await listed.court.withdraws(REFERENCE, version=1)
    await listed.settle()

    assert await listed.edge.screen(card_use(TONG)) == Hit(references=(REFERENCE,))


async def test_a_message_signed_by_another_key_is_dead(world: World) -> None:
    world.court.key = SigningKey.from_secret("court-1", b"x" * 32)
    await world.court.lists(REFERENCE, TONG)
    await world.settle()

    assert await world.dead() == ["bad-signature"]
    assert (await world.edge.state()).sequence == 0


async def test_a_message_of_a_key_not_known_yet_waits(world: World) -> None:
    world.court.key = SigningKey.from_secret("court-9", b"x" * 32)
    await world.court.withdraws(REFERENCE)
    await world.settle()
    waiting = await world.bus.next_due()
    await world.restart()  # with the court's new key
    world.clock.jump(seconds=1)
    await world.settle()

    assert (waiting, await world.dead()) == (START + timedelta(seconds=1), [])
    assert (await world.edge.state()).tombstones == 1


async def test_a_message_meant_for_another_agency_is_dead(world: World) -> None:
    world.court.agency = "police"
    raw = world.court.sign_heartbeat()
    world.court.agency = "rail"
    await world.court.send_raw("feed", raw)
    await world.settle()

    assert await world.dead() == ["wrong-agency"]


async def test_a_message_on_the_wrong_queue_is_dead(world: World) -> None:
    await world.court.send_raw("orders", world.court.sign_heartbeat())
    await world.settle()

    assert await world.dead() == ["wrong-type"]


async def test_a_message_that_an_agency_published_is_dead_whatever_its_signature(world: World) -> None:
    await world.court.send_raw("feed", world.court.sign_heartbeat(), sender="agency.rail")
    await world.settle()

    assert await world.dead() == ["not from the court"]


async def test_a_poison_message_does_not_stop_the_list(world: World) -> None:
    await world.court.send_raw("feed", b"\x00 not a message")
    await world.court.lists(REFERENCE, TONG)
    await world.beat()

    assert await world.dead() == ["not-json"]
    assert await world.edge.screen(card_use(TONG)) == Hit(references=(REFERENCE,))
