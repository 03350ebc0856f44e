"""A byte that the disk or somebody else has changed never counts: it is found, said, and healed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import lmdb
import pytest

from adapters.edge.card_use import Clear, Hit, NotScreened, Silence
from adapters.edge.instruction import DisplayState
from adapters.edge.scrubber import EVERY_S
from adapters.replica.codec import BUCKETS, bucket_of
from adapters.replica.replica import Replica
from adapters.replica.tags import Table
from adapters.replica.values import FeedKey
from adapters.screening import FeedCondition
from schemas.measures import Measure
from schemas.messages import FeedPacket, SightingReport
from tests.unit.adapters.world import CHENG, PHONE, REFERENCE, TONG, World, card_use

FEED = FeedKey(epoch=1, incarnation=1)
NEEDED_FOR_A_HIT = (Table.TOKENS, Table.ENTRIES)


@contextmanager
def stored(folder: Path, table: Table) -> Iterator[tuple["lmdb.Transaction[bytes]", "lmdb._Database"]]:
    """A table of the replica as it lies on the disk; nobody else has it open in this process."""
    env = lmdb.open(str(folder / "rail" / "replica" / "lists"), map_size=2**30, max_dbs=len(Table))
    database = env.open_db(table.name.lower().encode())
    with env.begin(write=True, db=database) as txn:
        yield txn, database
    env.close()


def flip(folder: Path, table: Table, at: int) -> None:
    """Change one byte of the only value in a table."""
    with stored(folder, table) as (txn, _):
        ((key, value),) = txn.cursor()
        changed = bytearray(value)
        changed[at] ^= 1
        txn.put(key, bytes(changed))


def length(folder: Path, table: Table) -> int:
    with stored(folder, table) as (txn, _):
        ((_, value),) = txn.cursor()
    return len(value)


async def flipped(world: World, table: Table, at: int = 0) -> None:
    """While the adapter is down."""
    await world.edge.close()
    flip(world.folder, table, at)
    await world.reopen()
    await world.beat()


async def with_one_flipped(world: World, table: Table, at: int) -> tuple[object, FeedCondition]:
    """What a listed card and the list itself come to; the adapter is down before and after."""
    flip(world.folder, table, at)
    await world.reopen()
    await world.beat()
    answer, state = await world.edge.screen(card_use(TONG)), await world.edge.state()
    await world.edge.close()
    flip(world.folder, table, at)
    return answer, state.condition


async def scrubs(world: World, buckets: int = BUCKETS) -> None:
    scrubber = next(loop for loop in world.edge.loops if loop.name.startswith("scrubber"))
    for _ in range(buckets):
        world.clock.jump(seconds=EVERY_S)
        await scrubber.step()


def packet_of(world: World) -> FeedPacket:
    """All that is listed, as one packet from the beginning."""
    return FeedPacket(changes=tuple(world.court.listed.values()), head=world.court.head)


@pytest.mark.parametrize("table", NEEDED_FOR_A_HIT)
async def test_no_flipped_byte_hits_or_clears(listed: World, table: Table) -> None:
    await listed.edge.close()
    bytes_of_it = length(listed.folder, table)
    found = [await with_one_flipped(listed, table, at) for at in range(bytes_of_it)]
    await listed.reopen()

    in_doubt = NotScreened(reason=Silence.LIST_IN_DOUBT, phone_24h=PHONE)
    assert found == [(in_doubt, FeedCondition.DIVERGED)] * bytes_of_it


@pytest.mark.parametrize("table", NEEDED_FOR_A_HIT)
async def test_a_damaged_list_is_fetched_anew_and_hits_again(listed: World, table: Table) -> None:
    await flipped(listed, table)
    await listed.edge.screen(card_use(TONG))
    listed.court.keeps(packet_of(listed))
    listed.clock.jump(seconds=60)
    await listed.beat()

    assert (await listed.edge.state()).condition is FeedCondition.PROVEN
    assert await listed.edge.screen(card_use(TONG, "rail-2")) == Hit(references=(REFERENCE,))
    await listed.settle()
    assert len(listed.court.heard_of(SightingReport)) == 1


async def test_a_damaged_list_is_replaced_by_a_whole_one_of_the_very_same_change(listed: World) -> None:
    """The harm: a list whose log is gone stays in doubt for ever, and nobody is screened."""
    await flipped(listed, Table.ENTRIES)
    await listed.edge.screen(card_use(TONG))
    listed.court.takes_snapshot()
    listed.court.forgets()
    listed.court.keeps()
    listed.clock.jump(seconds=60)
    await listed.beat()

    assert (await listed.edge.state()).condition is FeedCondition.PROVEN
    assert await listed.edge.screen(card_use(TONG, "rail-2")) == Hit(references=(REFERENCE,))


async def test_a_damaged_list_stays_in_doubt_through_every_heartbeat(listed: World) -> None:
    await flipped(listed, Table.TOKENS)
    await listed.edge.screen(card_use(TONG))
    await listed.jump(seconds=10)

    assert isinstance(await listed.edge.screen(card_use(TONG, "rail-2")), NotScreened)
    assert (await listed.edge.state()).condition is FeedCondition.DIVERGED


async def test_hits_that_wait_are_not_kept_by_a_damaged_value(listed: World) -> None:
    await listed.restart()
    waiting = await listed.edge.screen(card_use(TONG))
    await listed.edge.close()
    flip(listed.folder, Table.TOKENS, 0)
    await listed.reopen()
    await listed.beat()
    listed.court.keeps(packet_of(listed))
    listed.clock.jump(seconds=60)
    await listed.beat()

    assert waiting == Hit(references=(REFERENCE,), is_proven=False)
    assert len(listed.court.heard_of(SightingReport)) == 1


async def test_an_old_part_of_the_list_does_not_pass_for_todays(listed: World) -> None:
    await listed.edge.close()
    kept = {}
    for table in (*NEEDED_FOR_A_HIT, Table.BUCKETS):
        with stored(listed.folder, table) as (txn, _):
            kept[table] = list(txn.cursor())
    await listed.reopen()
    await listed.court.unlists(REFERENCE)
    await listed.beat()
    await listed.edge.close()
    for table, values in kept.items():
        with stored(listed.folder, table) as (txn, _):
            for key, value in values:
                txn.put(key, value)
    await listed.reopen()
    await listed.beat()
    await scrubs(listed, buckets=1)

    assert (await listed.edge.state()).condition is FeedCondition.DIVERGED


async def test_what_the_courts_former_life_listed_does_not_pass_for_its_list_of_now(listed: World) -> None:
    listed.court.incarnation, listed.court.sequence = 2, 0
    await listed.court.lists(REFERENCE, TONG, measure=Measure.REPORT_WHEREABOUTS)
    await listed.beat()
    await listed.edge.close()
    with stored(listed.folder, Table.ENTRIES) as (txn, _):
        (_, to_hold), (of_now, _) = txn.cursor()
        txn.put(of_now, to_hold)
    await listed.reopen()
    await listed.beat()

    assert await listed.edge.screen(card_use(TONG)) == NotScreened(
        reason=Silence.LIST_IN_DOUBT, phone_24h=PHONE
    )


async def test_a_cursor_that_cannot_be_believed_is_a_list_that_was_never_fetched(listed: World) -> None:
    await flipped(listed, Table.STATES)
    state = await listed.edge.state()

    assert (state.sequence, state.condition) == (0, FeedCondition.FILLING)
    assert await listed.edge.screen(card_use(CHENG)) == NotScreened(
        reason=Silence.LIST_INCOMPLETE, phone_24h=PHONE
    )


@pytest.mark.parametrize("at", [0, -1], ids=["first byte", "last byte"])
@pytest.mark.parametrize("table", [*NEEDED_FOR_A_HIT, Table.BUCKETS])
async def test_what_nobody_asks_about_is_found_by_recounting(listed: World, table: Table, at: int) -> None:
    await flipped(listed, table, at)
    before = (await listed.edge.state()).condition
    await scrubs(listed)

    assert before is FeedCondition.PROVEN
    assert (await listed.edge.state()).condition is FeedCondition.DIVERGED


async def test_an_entry_that_is_gone_from_the_disk_is_found_by_recounting(listed: World) -> None:
    await listed.edge.close()
    for table in NEEDED_FOR_A_HIT:
        with stored(listed.folder, table) as (txn, database):
            txn.drop(database, delete=False)
    await listed.reopen()
    await listed.beat()
    unseen = await listed.edge.screen(card_use(TONG))
    await scrubs(listed)

    assert unseen == Clear()
    assert (await listed.edge.state()).condition is FeedCondition.DIVERGED


async def test_a_whole_list_is_recounted_without_a_word(listed: World) -> None:
    await listed.court.lists(2**62 + 5, CHENG)
    await listed.court.lists(REFERENCE, CHENG, TONG, version=2)
    await listed.court.unlists(2**62 + 5)
    await listed.beat()
    await scrubs(listed)

    assert (await listed.edge.state()).condition is FeedCondition.PROVEN


async def test_a_hold_under_way_is_kept_while_the_list_is_in_doubt(confirmed: World) -> None:
    await confirmed.edge.report_hold(REFERENCE, place="北京西出站口", unit="北京西站派出所")
    await flipped(confirmed, Table.ENTRIES)

    assert (await confirmed.edge.display(REFERENCE)).state is DisplayState.HOLDING


async def test_who_has_no_keys_is_told_where_the_feeds_stand_and_no_more(listed: World) -> None:
    await listed.edge.close()
    replica = Replica(listed.folder / "rail" / "replica", {})
    with replica.looking() as look:
        seen = look.entry(FEED, REFERENCE)
    stands = replica.state(FEED)
    replica.close()
    await listed.reopen()

    assert seen is None
    assert (stands.sequence, stands.count) == (1, 1)


@pytest.mark.parametrize("table", NEEDED_FOR_A_HIT)
async def test_what_belongs_to_somebody_else_who_is_listed_does_not_pass(listed: World, table: Table) -> None:
    """The harm: one person is stopped for what another owes."""
    await listed.court.lists(7_102, CHENG)
    await listed.beat()
    await listed.edge.close()
    with stored(listed.folder, table) as (txn, _):
        (first, second) = list(txn.cursor())
        txn.put(first[0], second[1])
        txn.put(second[0], first[1])
    await listed.reopen()
    await listed.beat()

    assert isinstance(await listed.edge.screen(card_use(TONG)), NotScreened)


async def test_nor_does_half_a_reference(listed: World) -> None:
    await listed.edge.close()
    with stored(listed.folder, Table.TOKENS) as (txn, _):
        ((token, references),) = txn.cursor()
        txn.put(token, references[:4])
    await listed.reopen()
    await listed.beat()

    assert isinstance(await listed.edge.screen(card_use(TONG)), NotScreened)


def test_references_are_cut_into_parts_of_one_size() -> None:
    assert [bucket_of(0), bucket_of(2**55), bucket_of(2**63 - 1)] == [0, 1, BUCKETS - 1]
