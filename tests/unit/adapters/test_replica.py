"""The replica on disk: what a packet does, what survives a crash, and when a tombstone may leave."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.replica.lists import Lists
from adapters.replica.packets import SignedPacket
from adapters.replica.replica import Replica
from adapters.replica.tags import Tags
from adapters.replica.tombstones import Tombstones
from adapters.replica.values import AlreadyApplied, Applied, Diverged, Entry, FeedKey, FeedState, Gap
from schemas.digest import EntryHash, digest_hex, sum_of
from schemas.measures import Measure
from schemas.messages import FeedHead, FeedPacket, Put, Remove
from tests.unit.adapters.shelf import listed_entry

FEED = FeedKey(epoch=1, incarnation=1)
NEXT = FeedKey(epoch=1, incarnation=2)
KEY = b"d" * 32
KEYS = {FEED.epoch: KEY}
AT = datetime(2026, 2, 26, 12, 41, tzinfo=UTC)
LAST_DAY = date(2026, 5, 24)
A, B = b"a" * 16, b"b" * 16


@pytest.fixture
def replica(tmp_path: Path) -> Iterator[Replica]:
    opened = Replica(tmp_path, KEYS)
    yield opened
    opened.close()


def put(sequence: int, reference: int, *tokens: bytes, version: int = 1) -> Put:
    return Put(
        sequence=sequence,
        reference=reference,
        version=version,
        measure=Measure.HOLD_FOR_SUMMONS,
        valid_until=LAST_DAY,
        tokens=tuple(token.hex() for token in tokens),
    )


def remove(sequence: int, reference: int, version: int = 1) -> Remove:
    return Remove(sequence=sequence, reference=reference, version=version)


def digest_of(*puts: Put, feed: FeedKey = FEED) -> int:
    """From scratch, as the court would count it."""
    hashing = EntryHash(KEY, feed.epoch, feed.incarnation)
    return sum_of(hashing.of_each(listed_entry(one).pack() for one in puts))


def signed(changes: Sequence[Put | Remove], listed: Sequence[Put], feed: FeedKey = FEED) -> SignedPacket:
    """A packet with the head that the list has after it."""
    digest = digest_hex(digest_of(*listed, feed=feed))
    head = FeedHead(sequence=changes[-1].sequence, count=len(listed), digest=digest)
    packet = FeedPacket(changes=tuple(changes), head=head)
    return SignedPacket(feed=feed, packet=packet, signed_at=AT, digest_key=KEY)


async def apply(replica: Replica, changes: Sequence[Put | Remove], listed: Sequence[Put]) -> None:
    outcome = await replica.apply_packet(signed(changes, listed))
    assert isinstance(outcome, Applied)


def seen(replica: Replica, token: bytes, feed: FeedKey = FEED) -> tuple[int, ...]:
    with replica.looking() as look:
        return look.references(feed, token)


async def test_a_packet_its_cursor_and_its_digest_are_one(replica: Replica) -> None:
    first, second = put(1, 7, A, B), put(2, 8, B)

    outcome = await replica.apply_packet(signed([first, second], [first, second]))

    state = FeedState(sequence=2, count=2, digest=digest_of(first, second), signed_at=AT)
    assert outcome == Applied(state=state)
    assert replica.state(FEED) == state
    assert (seen(replica, A), seen(replica, B)) == ((7,), (7, 8))


async def test_all_of_it_is_there_after_a_restart(tmp_path: Path) -> None:
    first = Replica(tmp_path, KEYS)
    entry = put(1, 7, A).model_copy(update={"named": "c2VhbGVk"})
    await apply(first, [entry], [entry])
    first.close()

    second = Replica(tmp_path, KEYS)
    state, references = second.state(FEED), seen(second, A)
    with second.looking() as look:
        stored = look.entry(FEED, 7)
    second.close()

    assert (state.sequence, state.count, state.signed_at, references) == (1, 1, AT, (7,))
    assert stored == Entry(
        version=1, measure=Measure.HOLD_FOR_SUMMONS, valid_until=LAST_DAY, tokens=(A,), named="c2VhbGVk"
    )


async def test_a_put_replaces_all_that_the_reference_held(replica: Replica) -> None:
    old, new = put(1, 7, A, B), put(2, 7, B, version=2)
    await apply(replica, [old], [old])
    await apply(replica, [new], [new])

    assert (seen(replica, A), seen(replica, B)) == ((), (7,))
    assert replica.state(FEED).count == 1


async def test_after_the_last_removal_the_digest_is_that_of_an_empty_list(replica: Replica) -> None:
    await apply(replica, [put(1, 7, A, B)], [put(1, 7, A, B)])
    await apply(replica, [remove(2, 7)], [])

    assert replica.state(FEED) == FeedState(sequence=2, count=0, digest=0, signed_at=AT)
    assert (seen(replica, A), seen(replica, B)) == ((), ())


async def test_a_removal_of_what_is_not_listed_moves_the_cursor_only(replica: Replica) -> None:
    await apply(replica, [remove(1, 7)], [])

    assert replica.state(FEED) == FeedState(sequence=1, count=0, digest=0, signed_at=AT)


async def test_what_is_at_or_below_the_cursor_is_dropped(replica: Replica) -> None:
    first, second = put(1, 7, A), put(2, 8, B)
    await apply(replica, [first], [first])

    again = await replica.apply_packet(signed([first], [first]))
    overlapping = await replica.apply_packet(signed([first, second], [first, second]))

    assert again == AlreadyApplied()
    assert isinstance(overlapping, Applied)
    assert replica.state(FEED).count == 2


async def test_a_gap_changes_nothing(replica: Replica) -> None:
    first, third = put(1, 7, A), put(3, 8, B)
    await apply(replica, [first], [first])

    before_packet = await replica.apply_packet(signed([third], [first, third]))
    inside_packet = await replica.apply_packet(signed([put(2, 9, B), put(4, 8, B)], [first]))

    assert before_packet == Gap(expected=2, got=3)
    assert inside_packet == Gap(expected=3, got=4)
    assert replica.state(FEED).sequence == 1
    assert seen(replica, B) == ()


async def test_a_packet_that_leads_elsewhere_changes_nothing(replica: Replica) -> None:
    first, second = put(1, 7, A), put(2, 8, B)
    await apply(replica, [first], [first])

    outcome = await replica.apply_packet(signed([second], [first]))

    assert outcome == Diverged(sequence=2)
    assert replica.state(FEED).sequence == 1
    assert seen(replica, B) == ()


async def test_a_new_incarnation_is_counted_from_its_own_beginning(replica: Replica) -> None:
    old, new = put(1, 7, A), put(1, 17, A)
    await apply(replica, [old], [old])
    await replica.apply_packet(signed([new], [new], NEXT))

    assert (seen(replica, A), seen(replica, A, NEXT)) == ((7,), (17,))
    assert (replica.state(FEED).sequence, replica.state(NEXT).sequence) == (1, 1)


async def test_a_tombstone_is_durable_when_it_is_applied(tmp_path: Path) -> None:
    first = Replica(tmp_path, KEYS)
    await first.apply_tombstone([7], 1, AT)
    first.close()

    second = Replica(tmp_path, KEYS)
    count = second.count_tombstones()
    second.close()

    assert count == 1


async def test_an_older_tombstone_does_not_replace_a_newer_one(replica: Replica) -> None:
    await replica.apply_tombstone([7], 3, AT)
    await replica.apply_tombstone([7], 2, AT)

    with replica.looking() as look:
        assert look.gone_up_to(7) == 3


@pytest.mark.parametrize(
    ("change", "listed", "left"),
    [
        (remove(2, 7, version=1), [], 0),
        (put(2, 7, A, version=2), [put(2, 7, A, version=2)], 0),
        (put(2, 8, B), [put(1, 7, A), put(2, 8, B)], 1),
    ],
)
async def test_a_tombstone_stays_until_the_feed_has_removed_or_replaced_the_version(
    replica: Replica, change: Put | Remove, listed: list[Put], left: int
) -> None:
    await apply(replica, [put(1, 7, A)], [put(1, 7, A)])
    await replica.apply_tombstone([7], 1, AT)
    await apply(replica, [change], listed)

    assert replica.count_tombstones() == left


async def test_the_removal_of_an_older_version_does_not_take_a_newer_tombstone_away(replica: Replica) -> None:
    await apply(replica, [put(1, 7, A)], [put(1, 7, A)])
    await replica.apply_tombstone([7], 2, AT)
    await apply(replica, [remove(2, 7, version=1)], [])
    await apply(replica, [put(3, 7, A, version=2)], [put(3, 7, A, version=2)])

    with replica.looking() as look:
        assert look.gone_up_to(7) == 2


@pytest.fixture
def tombstones(tmp_path: Path) -> Iterator[Tombstones]:
    opened = Tombstones(tmp_path / "tombstones-alone")
    yield opened
    opened.close()


def test_what_takes_a_tombstone_away_leaves_one_that_came_meanwhile(tombstones: Tombstones) -> None:
    tombstones.add([7], 1, AT)
    tombstones.add([7], 2, AT)

    tombstones.remove(7, up_to=1)

    assert tombstones.versions() == {7: 2}


async def test_a_crash_between_packet_and_tombstone_is_tidied_at_the_next_start(
    tmp_path: Path,
) -> None:
    first = Replica(tmp_path, KEYS)
    await apply(first, [put(1, 7, A)], [put(1, 7, A)])
    await apply(first, [remove(2, 7)], [])
    first.close()
    tombstones = Tombstones(tmp_path / "tombstones")
    tombstones.add([7], 1, AT)
    tombstones.close()

    second = Replica(tmp_path, KEYS)
    count = second.count_tombstones()
    second.close()

    assert count == 0


async def test_a_list_that_was_cut_off_on_its_way_off_the_disk_is_none_to_go_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The harm: an adapter whose keys were kept in a file starts with those of the ended epoch, and calls
    whoever was taken off the disk clear.
    """
    monkeypatch.setattr("adapters.replica.ordered_state.ROWS_AT_ONCE", 2)
    first = Replica(tmp_path, KEYS)
    puts = [put(number, number, A) for number in range(1, 6)]
    await apply(first, puts, puts)
    await first.record_proof(FEED)
    assert await first.drop_some_before(2)
    first.close()

    second = Replica(tmp_path, KEYS)
    with second.looking() as look:
        are_left = [look.entry(FEED, reference) is not None for reference in range(1, 6)]
    state, is_proven = second.state(FEED), second.was_proven(FEED)
    second.close()

    assert are_left == [False, False, True, True, True]
    assert (state, is_proven) == (FeedState(), False)


async def test_the_map_is_large_and_its_file_small(tmp_path: Path) -> None:
    lists = Lists(tmp_path / "lists", Tags(KEYS))
    lists.close()

    used = (tmp_path / "lists" / "data.mdb").stat().st_blocks * 512
    assert used < 1_000_000


async def test_looks_go_on_while_packets_and_withdrawals_are_written(replica: Replica) -> None:
    puts = [put(number, number, A) for number in range(1, 41)]
    writes = [replica.apply_packet(signed([one], puts[: one.sequence])) for one in puts]
    withdrawals = [replica.apply_tombstone([number], 1, AT) for number in range(1, 41)]

    await asyncio.gather(*writes, *withdrawals)

    assert len(seen(replica, A)) == 40
    assert (replica.state(FEED).count, replica.count_tombstones()) == (40, 40)


CHANGES = st.lists(
    st.tuples(st.booleans(), st.integers(1, 5), st.lists(st.sampled_from([A, B]), min_size=1, unique=True)),
    min_size=1,
    max_size=12,
)


@given(steps=CHANGES, cut=st.integers(0, 12))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_the_packing_the_list_is_what_was_signed(
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[tuple[bool, int, list[bytes]]],
    cut: int,
) -> None:
    replica = Replica(tmp_path_factory.mktemp("replica"), KEYS)
    first, second, listed = play(steps, cut)
    outcomes = [await replica.apply_packet(packet) for packet in (first, second) if packet is not None]
    state = replica.state(FEED)
    references = {token: seen(replica, token) for token in (A, B)}
    replica.close()

    assert {type(outcome) for outcome in outcomes} == {Applied}
    assert (state.count, state.digest) == (len(listed), digest_of(*listed.values()))
    assert references == {token: listed_under(token, listed) for token in (A, B)}


def listed_under(token: bytes, listed: dict[int, Put]) -> tuple[int, ...]:
    return tuple(sorted(reference for reference, one in listed.items() if token.hex() in one.tokens))


def play(
    steps: list[tuple[bool, int, list[bytes]]], cut: int
) -> tuple[SignedPacket | None, SignedPacket | None, dict[int, Put]]:
    """The same changes in two packets, cut somewhere, and the list they lead to."""
    listed: dict[int, Put] = {}
    packets: list[SignedPacket | None] = []
    changes: list[Put | Remove] = []
    for sequence, (is_put, reference, tokens) in enumerate(steps, start=1):
        if is_put:
            listed[reference] = put(sequence, reference, *tokens, version=sequence)
            changes.append(listed[reference])
        else:
            listed.pop(reference, None)
            changes.append(remove(sequence, reference, version=sequence))
        if sequence == cut:
            packets.append(signed(changes, list(listed.values())))
            changes = []
    packets.append(signed(changes, list(listed.values())) if changes else None)
    return (packets[0], packets[1], listed) if len(packets) == 2 else (packets[0], None, listed)
