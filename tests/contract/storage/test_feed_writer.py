"""The feed of one agency: by lanes, gapless, in packets, with a head that anybody can recompute."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import count

import pytest
import sqlalchemy as sa

from adapters.bus.embedded import EmbeddedBus
from adapters.replica.packets import SignedPacket
from adapters.replica.replica import Replica
from adapters.replica.values import AlreadyApplied, Applied, FeedKey
from adapters.sqlite import SqliteDatabase
from schemas.digest import EMPTY_DIGEST, EntryHash, digest_hex
from schemas.envelope import Opened, open_envelope, read_body
from schemas.listed import ListedEntry
from schemas.measures import Measure, code_of
from schemas.messages import FeedHead, FeedPacket, Put, Remove
from scripts import cast
from scripts.partners import INSTANCE
from scripts.pump import settle
from tests.contract.bus.guarded import BusAway, GuardedBus
from tests.contract.storage.books import BEGINS, KEYS, Books, register_tong
from tracker.domain.errors import NotFound
from tracker.domain.ids import AgencyId, InstructionId
from tracker.loops.feed_writer import FeedWriterLoop
from tracker.services.feeds.writer import PACKETS_AT_ONCE
from tracker.storage import agencies, entries, feed_changes, feed_log, feeds, instructions, receipts
from tracker.storage.agencies import Held
from tracker.storage.feed_changes import Change
from tracker.storage.feed_log import Packet
from tracker.storage.feeds import Feed, Lane
from tracker.storage.instructions import Instruction, Listing
from tracker.storage.receipts import Numbered
from tracker.storage.tables import feeds as t

RAIL = AgencyId("rail")
LAST_DAY = date(2026, 5, 20)
RISING_IDS = (f"change-{number:06}" for number in count())
NORMAL, BULK, WITHDRAWAL = Lane.NORMAL, Lane.BULK, Lane.WITHDRAWAL


def token(reference: int) -> str:
    return f"{reference:032x}"


def put(reference: int, version: int = 1, lane: Lane = NORMAL, agency_id: AgencyId = RAIL) -> Change:
    body = {
        "measure": Measure.HOLD_FOR_SUMMONS.value,
        "valid_until": LAST_DAY.isoformat(),
        "tokens": [token(reference)],
        "named": None,
    }
    return Change(
        change_id=next(RISING_IDS),
        agency_id=agency_id,
        epoch=1,
        reference=reference,
        version=version,
        lane=lane,
        body=body,
    )


def removal(reference: int, version: int = 1, lane: Lane = WITHDRAWAL) -> Change:
    return Change(
        change_id=next(RISING_IDS),
        agency_id=RAIL,
        epoch=1,
        reference=reference,
        version=version,
        lane=lane,
        body=None,
    )


def head_of(sequence: int, listed: Sequence[tuple[int, int]], keys: bytes) -> FeedHead:
    """What anybody with the feed's key must find: `listed` are references with their versions."""
    digest = EMPTY_DIGEST
    for reference, version in listed:
        entry = ListedEntry(
            reference=reference,
            version=version,
            code=code_of(Measure.HOLD_FOR_SUMMONS),
            last_day=LAST_DAY.toordinal(),
            tokens=bytes.fromhex(token(reference)),
        )
        digest = EntryHash(keys, epoch=1, incarnation=1).with_entry(digest, entry.pack())
    return FeedHead(sequence=sequence, count=len(listed), digest=digest_hex(digest))


def opened(raw: bytes) -> Opened:
    envelope = open_envelope(
        raw, {KEYS.signing.key_id: KEYS.signing.verifying}, court=cast.COURT.court_id, agency=RAIL
    )
    assert isinstance(envelope, Opened)
    return envelope


def packet_in(raw: bytes) -> FeedPacket:
    packet = read_body(opened(raw), FeedPacket)
    assert isinstance(packet, FeedPacket)
    return packet


class Line:
    """The railway's feed writer, and the bus behind it."""

    def __init__(self, books: Books, bus: GuardedBus) -> None:
        self.books = books
        self.bus = bus
        self.writer = FeedWriterLoop(books.registry, bus, [RAIL])

    async def commits(self, *changes: Change) -> None:
        """Business transactions commit changes, in this order."""
        async with self.books.registry.transaction() as tx:
            for change in changes:
                await feed_changes.add_change(tx, change)

    async def keeps(self, pile: Sequence[tuple[Feed, Packet]]) -> None:
        """The log holds packets, one after the other."""
        async with self.books.registry.transaction() as tx:
            for one in pile:
                await feed_log.add_packets(tx, [one])

    async def writes(self) -> None:
        """The writer goes on until nothing waits."""
        await settle([self.writer])

    async def packets(self) -> list[bytes]:
        """What was packed, in order."""
        async with self.books.registry.reading() as tx:
            rows = await tx.rows(sa.select(t.feed_packet).order_by(t.feed_packet.c.first_sequence))
        return [row.envelope for row in rows]

    async def changes(self) -> list[Put | Remove]:
        """What was numbered, in order."""
        return [change for raw in await self.packets() for change in packet_in(raw).changes]

    async def feed(self) -> Feed:
        async with self.books.registry.reading() as tx:
            return await feeds.get_feed(tx, RAIL)


def in_short(changes: Sequence[Put | Remove]) -> list[tuple[int, str, int, int]]:
    return [(one.sequence, one.op, one.reference, one.version) for one in changes]


@pytest.fixture
async def line(books: Books) -> AsyncIterator[Line]:
    bus_database = await SqliteDatabase.open(books.folder / "bus.sqlite")
    yield Line(books, GuardedBus(EmbeddedBus(bus_database, books.clock.now)))
    await bus_database.close()


async def test_withdrawals_overtake_registrations_and_both_overtake_bulk(line: Line) -> None:
    await line.commits(put(1), put(2))
    await line.writes()

    await line.commits(put(3, lane=BULK), put(4), removal(1), put(5), removal(2))
    await line.writes()

    assert in_short(await line.changes()) == [
        (1, "put", 1, 1),
        (2, "put", 2, 1),
        (3, "remove", 1, 1),
        (4, "remove", 2, 1),
        (5, "put", 4, 1),
        (6, "put", 5, 1),
        (7, "put", 3, 1),
    ]


async def test_head_and_digest_are_those_of_what_is_listed(line: Line) -> None:
    key = (await line.feed()).keys.digest_key
    await line.commits(put(1), put(2), put(3))
    await line.writes()
    assert (await line.feed()).head == head_of(3, [(1, 1), (2, 1), (3, 1)], key)

    await line.commits(put(2, version=2), removal(1))
    await line.writes()
    assert (await line.feed()).head == head_of(5, [(2, 2), (3, 1)], key)
    assert packet_in((await line.packets())[-1]).head == (await line.feed()).head

    await line.commits(removal(2, version=2), removal(3))
    await line.writes()
    assert (await line.feed()).head == FeedHead(sequence=7, count=0, digest="0" * 64)


async def test_a_change_that_was_overtaken_is_dropped(line: Line) -> None:
    await line.commits(put(1), removal(1), put(1, version=2, lane=WITHDRAWAL))
    await line.writes()
    await line.commits(put(1, version=1), put(1, version=2), removal(1, version=1))
    await line.writes()

    assert in_short(await line.changes()) == [(1, "remove", 1, 1), (2, "put", 1, 2)]
    assert (await line.feed()).head.count == 1


async def test_who_was_removed_before_being_numbered_is_never_listed(line: Line) -> None:
    await line.commits(put(1), removal(1))
    await line.writes()

    assert in_short(await line.changes()) == [(1, "remove", 1, 1)]
    assert (await line.feed()).head == FeedHead(sequence=1, count=0, digest="0" * 64)


async def test_a_backlog_is_packed_by_at_most_five_hundred(line: Line) -> None:
    await line.commits(*[put(reference, lane=BULK) for reference in range(1, 1202)])
    await line.writes()

    packets = [packet_in(raw) for raw in await line.packets()]
    assert [len(packet.changes) for packet in packets] == [500, 500, 201]
    assert [change.sequence for packet in packets for change in packet.changes] == list(range(1, 1202))
    assert (await line.feed()).head.count == 1201
    assert (await line.feed()).published_up_to == 1201


async def test_a_withdrawal_waits_for_one_packet_at_most(line: Line) -> None:
    await line.commits(*[put(reference, lane=BULK) for reference in range(1, 1002)])
    await line.writer.step()
    await line.commits(removal(7))
    await line.writes()

    assert in_short(await line.changes())[500] == (501, "remove", 7, 1)


async def test_one_agencys_changes_are_not_anothers(line: Line) -> None:
    await line.commits(put(1, agency_id=AgencyId("police")))
    await line.writes()

    assert await line.packets() == []


async def test_the_numbered_version_is_sealed_and_what_waited_is_gone(line: Line) -> None:
    """A nation's changes would fill the disk, and nobody reads them again: the log has them."""
    await line.commits(put(1), put(1, version=2), put(1))
    await line.writes()

    async with line.books.registry.reading() as tx:
        waiting = await tx.rows(sa.select(t.feed_change))
        records = await tx.rows(sa.select(t.feed_record))
    assert waiting == []
    assert [b"hold-for-summons" in row.body for row in records] == [False]


async def test_a_crash_between_numbering_and_publishing_publishes_the_same_again(line: Line) -> None:
    await line.commits(put(1), put(2))
    line.bus.is_cut = True
    with pytest.raises(BusAway):
        await line.writer.step()
    numbered = await line.packets()
    assert (await line.feed()).published_up_to == 0

    line.bus.is_cut = False
    await line.writes()

    assert await line.packets() == numbered
    assert (await line.feed()).published_up_to == 2
    assert in_short(await line.changes()) == [(1, "put", 1, 1), (2, "put", 2, 1)]


async def test_a_log_that_piled_up_unpublished_goes_out_in_parts(line: Line) -> None:
    """Taken all at once it outlasts the lease: another writer begins it anew, and no mark ever moves."""
    feed = await line.feed()
    pile = [
        (
            replace(feed, head=FeedHead(sequence=number, count=0, digest="0" * 64)),
            Packet(first_sequence=number, last_sequence=number, envelope=b"from an outage"),
        )
        for number in range(1, PACKETS_AT_ONCE + 2)
    ]
    await line.keeps(pile)
    await line.commits(put(1))

    await line.writer.step()
    assert (await line.feed()).published_up_to == PACKETS_AT_ONCE
    assert (await line.feed()).head.sequence == PACKETS_AT_ONCE + 1, "nothing is added to a pile"

    await line.writes()
    assert (await line.feed()).published_up_to == PACKETS_AT_ONCE + 2


async def test_a_packet_that_comes_twice_is_dropped_by_its_sequence(line: Line) -> None:
    await line.commits(put(1), put(2))
    await line.writes()
    feed = await line.feed()
    raw = (await line.packets())[0]
    signed = SignedPacket(
        feed=FeedKey(epoch=1, incarnation=1),
        packet=packet_in(raw),
        signed_at=opened(raw).sent_at,
        digest_key=feed.keys.digest_key,
    )
    replica = Replica(line.books.folder / "replica", {feed.keys.epoch: feed.keys.digest_key})

    first, second = await replica.apply_packet(signed), await replica.apply_packet(signed)
    state = replica.state(FeedKey(epoch=1, incarnation=1))
    replica.close()

    assert isinstance(first, Applied)
    assert second == AlreadyApplied()
    assert (state.sequence, state.count, digest_hex(state.digest)) == (2, 2, feed.head.digest)


def stands_at(feed_id: str, head: FeedHead) -> Held:
    return Held(instance=INSTANCE, feed_id=feed_id, head=head)


async def test_the_number_of_an_overtaken_put_does_not_pass_for_the_removals(line: Line) -> None:
    entry_id = await register_tong(line.books.registry)
    async with line.books.registry.transaction() as tx:
        entry = await entries.get_entry(tx, entry_id)
        gone = Instruction(
            instruction_id=InstructionId("instruction-1"),
            agency_id=RAIL,
            subject_id=entry.subject_id,
            listings=(Listing(epoch=1, reference=7),),
            version=1,
            measure=None,
            valid_until=None,
            basis=(),
            documents=(),
            changed_at=BEGINS,
            in_force_since=None,
            gone_since=None,
        )
        await instructions.add_instruction(tx, gone)
        feed_id = (await feeds.get_feed(tx, RAIL)).feed_id
        overtaken = Numbered(agency_id=RAIL, reference=7, version=1, is_listed=True, sequence=1)
        await receipts.record_numbered(tx, [overtaken])
        await agencies.record_replica(
            tx, RAIL, stands_at(feed_id, FeedHead(sequence=1, count=1, digest="0" * 64))
        )
        await receipts.record_reached(tx, RAIL)
        assert await instructions.list_missing_receipts(tx, entry.subject_id) == (RAIL,)

        await receipts.record_numbered(tx, [replace(overtaken, is_listed=False, sequence=2)])
        await agencies.record_replica(
            tx, RAIL, stands_at(feed_id, FeedHead(sequence=2, count=0, digest="0" * 64))
        )
        await receipts.record_reached(tx, RAIL)
        assert await instructions.list_missing_receipts(tx, entry.subject_id) == ()


async def test_the_log_gives_what_came_after_a_sequence_as_far_as_so_many_changes(line: Line) -> None:
    for reference in range(1, 5):
        await line.commits(put(reference))
        await line.writes()
    feed, packets = await line.feed(), await line.packets()

    async with line.books.registry.reading() as tx:
        rest = await feed_log.list_packets(tx, feed.feed_id, 2, 10)
        first = await feed_log.list_packets(tx, feed.feed_id, 0, 2)
        none = await feed_log.list_packets(tx, feed.feed_id, 4, 10)

    assert [packet.envelope for packet in rest] == packets[2:]
    assert [packet.envelope for packet in first] == packets[:2]
    assert none == ()


async def test_a_packet_of_many_changes_is_given_whole(line: Line) -> None:
    await line.commits(*(put(reference) for reference in range(1, 6)))
    await line.writes()
    feed = await line.feed()

    async with line.books.registry.reading() as tx:
        within = await feed_log.list_packets(tx, feed.feed_id, 3, 1)

    assert [(packet.first_sequence, packet.last_sequence) for packet in within] == [(1, 5)]


async def test_a_feed_is_found_by_its_generation(line: Line) -> None:
    feed = await line.feed()

    async with line.books.registry.reading() as tx:
        assert await feeds.find_generation(tx, RAIL, feed.keys.epoch, feed.incarnation) == feed
        with pytest.raises(NotFound):
            await feeds.find_generation(tx, RAIL, feed.keys.epoch, feed.incarnation + 1)
