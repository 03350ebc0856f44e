"""What an edge has refused is told to its own people and to the court: what kind, how often, when last."""

from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.edge.refusals import KIND_OF, MEANS
from schemas.envelope import Address, EnvelopeFault, Posting, sign_envelope
from schemas.messages import FeedHead, Receipt
from schemas.refused import RefusedKind, RefusedLately
from schemas.signing import SigningKey
from tests.unit.adapters.test_edge_snapshots import long
from tests.unit.adapters.world import CHENG, REFERENCE, START, TONG, Court, World

__all__ = ["long"]


def told(world: World) -> list[RefusedLately]:
    """What the receipts so far have said of it."""
    receipts = [one for one in world.court.reports() if isinstance(one, Receipt)]
    return [refused for one in receipts for refused in one.refused]


async def refused_here(world: World) -> list[tuple[str, int]]:
    return [(one.kind, one.times) for one in (await world.edge.state()).refused]


async def forges(world: World, times: int = 1) -> None:
    forger = Court(world.bus, world.clock, key=SigningKey.from_secret("court-1", b"f" * 32), sequence=1)
    for reference in range(times):
        await forger.lists(REFERENCE + reference, CHENG)
    await world.settle()


def test_every_fault_has_its_kind_and_every_kind_its_words() -> None:
    assert set(KIND_OF) == set(EnvelopeFault)
    assert set(MEANS) == set(RefusedKind)


async def test_forgeries_are_counted_here_and_told_to_the_court(listed: World) -> None:
    await listed.settle()
    listed.clock.jump(minutes=3)

    await forges(listed, 3)

    assert await refused_here(listed) == [("forged", 3)]
    assert sum(one.times for one in told(listed)) == 3
    assert told(listed)[-1] == RefusedLately(
        kind="forged", times=told(listed)[-1].times, last_at=START + timedelta(minutes=3)
    )


async def test_each_is_told_once_and_still_seen_after_a_restart(listed: World) -> None:
    await forges(listed)
    await listed.restart()
    await listed.beat()

    assert [(one.kind, one.times) for one in told(listed)] == [("forged", 1)]
    assert await refused_here(listed) == [("forged", 1)]


async def test_after_a_day_without_any_it_is_over_and_counted_anew(listed: World) -> None:
    await forges(listed, 3)
    await listed.jump(hours=25)
    after_a_day = await refused_here(listed)

    await forges(listed)

    assert (after_a_day, await refused_here(listed)) == ([], [("forged", 1)])


async def test_what_another_court_sends_is_called_that(listed: World) -> None:
    address = Address(court="京0198", agency="rail", instance="1", epoch=1, incarnation=1)
    posting = Posting(id="another-court-1", at=listed.clock.at, address=address)
    packet = listed.court.packet(listed.court.put(REFERENCE + 1, CHENG))

    await listed.court.send_raw("feed", sign_envelope(packet, posting, listed.court.key))
    await listed.settle()

    assert await refused_here(listed) == [("other-court", 1)]


async def test_what_is_put_in_by_another_user_of_the_broker_is_forged(listed: World) -> None:
    await listed.court.send_raw("express", listed.court.sign_heartbeat(), sender="agency.police")
    await listed.settle()

    assert await refused_here(listed) == [("forged", 1)]


async def test_changes_that_lead_elsewhere_than_the_court_has_signed(listed: World) -> None:
    head = FeedHead(sequence=2, count=2, digest="0" * 64)
    packet = listed.court.packet(listed.court.put(REFERENCE + 1, CHENG))

    await listed.court.send("feed", packet.model_copy(update={"head": head}))
    await listed.settle()

    assert await refused_here(listed) == [("not-the-list", 1)]


async def test_a_message_that_waits_for_a_key_is_one_however_often_it_is_tried(listed: World) -> None:
    stranger = Court(listed.bus, listed.clock, key=SigningKey.from_secret("court-9", b"f" * 32))
    await stranger.send("orders", stranger.packet())
    await listed.settle()
    await listed.jump(minutes=10)

    assert await refused_here(listed) == [("unknown-key", 1)]


async def test_what_was_known_already_is_counted_and_is_no_news(listed: World) -> None:
    await listed.settle()
    again = listed.court.sign(listed.court.packet(listed.court.listed[REFERENCE]))

    await listed.court.send_raw("feed", again)
    await listed.settle()

    assert await refused_here(listed) == [("repeated", 1)]


@pytest.mark.parametrize("apart", [timedelta(minutes=10), -timedelta(minutes=10)])
async def test_a_clock_that_is_wrong_is_told_to_the_court_as_well(listed: World, apart: timedelta) -> None:
    listed.court.clock = type(listed.clock)(listed.clock.at + apart)

    await listed.beat()

    assert await refused_here(listed) == [("clock", 1)]
    assert [one.kind for one in told(listed)] == ["clock"]


async def test_before_there_is_a_list_it_waits_for_that(silent: World) -> None:
    await forges(silent, 2)
    before = told(silent)

    await silent.court.lists(REFERENCE, TONG)
    await silent.beat()

    assert (before, [(one.kind, one.times) for one in told(silent)]) == ([], [("forged", 2)])


async def test_a_whole_list_that_was_altered_on_its_way(long: World) -> None:
    genuine = long.court.snapshot
    assert genuine is not None
    long.court.snapshot = replace(genuine, file=genuine.file[:-1] + b"!")

    await long.beat()

    assert await refused_here(long) == [("broken-list", 1)]
