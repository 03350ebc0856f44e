"""Whoever alters, cuts, forges, doubles, reorders or replays what the court sends, or sets a clock wrong: it
is refused or healed, it is said, and nobody is hit who is not on the list.
"""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from adapters.edge.card_use import Clear, Hit
from adapters.edge.instruction import DoNotStop, InForce
from adapters.screening import FeedCondition
from adapters.station import reasons_of
from schemas.envelope import Address, Posting, sign_envelope
from schemas.messages import SightingReport
from schemas.signing import SigningKey
from tests.unit.adapters.outside import Clock
from tests.unit.adapters.test_edge_snapshots import Logged
from tests.unit.adapters.world import CHENG, REFERENCE, TONG, Court, World, card_use


def flip(raw: bytes, at: int) -> bytes:
    return raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]


def altered(raw: bytes, attribute: str, value: object) -> bytes:
    return json.dumps({**json.loads(raw), attribute: value}).encode()


@pytest.mark.parametrize(
    ("tampers", "reason"),
    [
        (lambda raw: flip(raw, raw.index(b'"measure"') + 12), "bad-signature"),
        (lambda raw: raw[:-20], "not-json"),
        (lambda raw: altered(raw, "agency", "police"), "bad-signature"),
        (lambda raw: altered(raw, "time", "2026-02-27T12:41:00+00:00"), "bad-signature"),
    ],
    ids=["a byte flipped", "cut short", "for another agency", "at another time"],
)
async def test_a_packet_that_was_tampered_with_is_refused_and_said(
    listed: World, logged: Logged, tampers: Callable[[bytes], bytes], reason: str
) -> None:
    genuine = listed.court.sign(listed.court.packet(listed.court.put(REFERENCE + 1, CHENG)))
    await listed.court.send_raw("feed", tampers(genuine))
    await listed.settle()
    before = await listed.edge.screen(card_use(CHENG, "rail-8"))

    await listed.court.send_raw("feed", genuine)
    await listed.beat()

    assert before == Clear()
    assert await listed.dead() == [reason]
    assert [line["reason"].partition(":")[0] for line in logged if line["event"] == "dead-letter"] == [reason]
    assert await listed.edge.screen(card_use(CHENG, "rail-9")) == Hit(references=(REFERENCE + 1,))


async def test_a_packet_forged_with_another_key_lists_nobody(listed: World) -> None:
    forger = Court(listed.bus, listed.clock, key=SigningKey.from_secret("court-1", b"f" * 32), sequence=1)
    await forger.lists(REFERENCE + 1, CHENG)
    await listed.beat()

    assert await listed.dead() == ["bad-signature"]
    assert await listed.edge.screen(card_use(CHENG)) == Clear()


async def test_the_feed_of_another_court_is_refused_and_lists_nobody(listed: World) -> None:
    packet = listed.court.packet(listed.court.put(REFERENCE + 1, CHENG))
    address = Address(court="京0198", agency="rail", instance="1", epoch=1, incarnation=1)
    posting = Posting(id="another-court-1", at=listed.clock.at, address=address)
    await listed.court.send_raw("feed", sign_envelope(packet, posting, listed.court.key))
    await listed.settle()

    assert await listed.dead() == ["wrong-court"]
    assert await listed.edge.screen(card_use(CHENG)) == Clear()


async def test_packets_in_the_wrong_order_heal_and_meanwhile_it_is_said(listed: World) -> None:
    court = listed.court
    second = court.sign(court.packet(court.put(REFERENCE + 1, CHENG)))
    third = court.sign(court.packet(court.remove(REFERENCE)))
    await court.send_raw("feed", third)
    await listed.settle()
    (meanwhile,) = reasons_of(await listed.edge.state())

    for packet in (second, third, second):
        await court.send_raw("feed", packet)
    await listed.beat()

    assert meanwhile.what == "list-behind"
    assert (await listed.edge.state()).condition is FeedCondition.PROVEN
    assert await listed.edge.screen(card_use(TONG)) == Clear()
    assert await listed.edge.screen(card_use(CHENG, "rail-9")) == Hit(references=(REFERENCE + 1,))


async def test_what_was_said_yesterday_and_is_said_again_brings_nobody_back(listed: World) -> None:
    court = listed.court
    yesterday = [court.sign(court.packet(court.listed[REFERENCE])), court.sign_heartbeat()]
    await court.withdraws(REFERENCE)
    await court.unlists(REFERENCE)
    await listed.jump(hours=20)

    for message in yesterday:
        await court.send_raw("feed", message)
    await listed.settle()

    assert await listed.edge.screen(card_use(TONG)) == Clear()
    assert (await listed.edge.state()).condition is FeedCondition.PROVEN
    assert court.heard_of(SightingReport) == []


async def test_yesterdays_heartbeat_silences_nobody_who_has_just_started(listed: World) -> None:
    """The harm: whoever replays it makes the edge take its court for one that ran back, and say nothing."""
    yesterday = listed.court.sign_heartbeat()
    listed.clock.jump(hours=20)
    await listed.court.lists(REFERENCE + 1, CHENG)
    await listed.beat()
    await listed.restart()

    await listed.court.send_raw("feed", yesterday)
    await listed.settle()
    replayed = (await listed.edge.state()).condition
    await listed.beat()

    assert replayed is FeedCondition.UNPROVEN
    assert await listed.edge.screen(card_use(CHENG)) == Hit(references=(REFERENCE + 1,))


def sets_court_apart(world: World, apart: timedelta) -> None:
    """The edge's clock and the court's differ from now on."""
    world.court.clock = Clock(world.clock.at + apart)


async def test_with_a_clock_ten_minutes_ahead_nobody_is_stopped_and_the_clock_is_named(
    confirmed: World,
) -> None:
    before = await confirmed.edge.before_stop(REFERENCE)
    sets_court_apart(confirmed, -timedelta(minutes=10))
    confirmed.clock.jump(minutes=6)
    confirmed.court.clock.jump(minutes=6)
    await confirmed.beat()

    (reason,) = reasons_of(await confirmed.edge.state())
    assert isinstance(before, InForce)
    assert isinstance(await confirmed.edge.before_stop(REFERENCE), DoNotStop)
    assert reason.what == "clock-differs"
    assert "600 s old when it comes: this machine's clock is ahead, set it (NTP)" in reason.detail
    assert await confirmed.edge.screen(card_use(TONG)) == Hit(references=(REFERENCE,))


async def test_with_a_clock_ten_minutes_behind_the_clock_is_named_and_the_list_stays_right(
    listed: World,
) -> None:
    sets_court_apart(listed, timedelta(minutes=10))
    await listed.court.withdraws(REFERENCE)
    await listed.court.unlists(REFERENCE)
    await listed.beat()

    (reason,) = reasons_of(await listed.edge.state())
    assert reason.what == "clock-differs"
    assert "60 s or more in the future: this machine's clock is behind; set it (NTP)" in reason.detail
    assert await listed.edge.screen(card_use(TONG)) == Clear()


async def test_a_court_that_is_silent_is_not_taken_for_a_wrong_clock(listed: World) -> None:
    listed.clock.jump(minutes=6)

    (reason,) = reasons_of(await listed.edge.state())
    assert reason.what == "court-silent"
