"""A whole list that is not exactly what the court has signed is refused, said, and fetched again."""

from dataclasses import replace
from datetime import timedelta

from adapters.edge.card_use import Clear, Hit, NotScreened
from adapters.screening import FeedCondition
from tests.unit.adapters.shelf import Snapshot
from tests.unit.adapters.test_edge_snapshots import LIST_INCOMPLETE, Logged, goes_on, long, stands
from tests.unit.adapters.world import CHENG, PASSER_BY, REFERENCE, TONG, World, card_use

__all__ = ["long"]


def altered(long: World, at: int) -> None:
    snapshot = long.court.snapshot
    assert snapshot is not None
    file = snapshot.file[:at] + bytes([snapshot.file[at] ^ 1]) + snapshot.file[at + 1 :]
    long.court.snapshot = replace(snapshot, file=file)


async def is_refused(
    world: World, logged: Logged, reason: str, *, answer: Clear | NotScreened = LIST_INCOMPLETE
) -> None:
    """Said in plain words, tried again later, and 程, who is on no list but this, is not hit by it."""
    refused = [event for event in logged if event["event"] == "snapshot-refused"]
    assert {event["reason"] for event in refused} == {reason}
    logged.clear()
    assert (await world.edge.state()).condition is not FeedCondition.PROVEN
    assert await world.edge.screen(card_use(CHENG, "rail-9")) == answer
    due = await world.catch_up.next_due()
    assert due is not None
    assert due - world.clock.at >= timedelta(seconds=1)


async def is_taken(world: World, genuine: Snapshot | None) -> None:
    """The court gives the right list after all."""
    world.court.snapshot = genuine
    await goes_on(world)
    assert await stands(world) == (41, FeedCondition.PROVEN)


async def test_one_altered_byte_is_refused_and_fetched_again(long: World, logged: Logged) -> None:
    genuine = long.court.snapshot
    altered(long, 1_000)
    await long.beat()
    await is_refused(long, logged, "a chunk is not what its manifest says")
    await is_taken(long, genuine)


async def test_so_is_a_file_that_was_cut_short(long: World, logged: Logged) -> None:
    genuine = long.court.snapshot
    assert genuine is not None
    long.court.snapshot = replace(genuine, file=genuine.file[:-1])
    await long.beat()
    await is_refused(long, logged, "cut short")
    await is_taken(long, genuine)


async def test_so_is_one_of_another_feed(long: World, logged: Logged) -> None:
    genuine = long.court.snapshot
    long.court.incarnation = 2
    long.court.takes_snapshot()
    long.court.incarnation = 1
    await long.beat()
    await is_refused(long, logged, "of another feed")
    await is_taken(long, genuine)


async def test_so_is_one_that_the_court_has_not_signed(long: World, logged: Logged) -> None:
    genuine = long.court.snapshot
    assert genuine is not None
    forged = genuine.manifest.replace(b'"count":41', b'"count":40')
    long.court.snapshot = replace(genuine, manifest=forged)
    await long.beat()

    (reason,) = {event["reason"] for event in logged if event["event"] == "snapshot-refused"}
    logged.clear()
    assert reason.startswith("bad-signature")
    assert await stands(long) == (0, FeedCondition.FILLING)
    assert await long.edge.screen(card_use(CHENG)) == LIST_INCOMPLETE


async def test_so_is_one_older_than_the_list_here(listed: World, logged: Logged) -> None:
    await listed.court.lists(2, CHENG)
    listed.court.takes_snapshot()
    await listed.court.unlists(2)
    await listed.beat()
    listed.court.put(3, PASSER_BY)
    listed.court.keeps()
    listed.court.forgotten = 4
    await listed.beat()

    await is_refused(listed, logged, "older than the list here", answer=Clear())
    assert await stands(listed) == (3, FeedCondition.BEHIND)
    assert await listed.edge.screen(card_use(TONG)) == Hit(references=(REFERENCE,))


async def test_so_is_one_that_does_not_lead_to_what_is_signed(long: World, logged: Logged) -> None:
    """Each byte as the manifest says, and still another list."""
    listed = long.court.listed
    long.court.listed = {**listed, REFERENCE: listed[REFERENCE].model_copy(update={"version": 2})}
    wrong = long.court.head
    long.court.listed = listed
    long.court.takes_snapshot(wrong)
    await long.beat()

    await is_refused(long, logged, "its entries are not those that its manifest counts")
    long.court.takes_snapshot()
    await goes_on(long)
    assert await stands(long) == (41, FeedCondition.PROVEN)


async def test_what_the_disk_changed_after_it_had_come_is_fetched_again(long: World, logged: Logged) -> None:
    await long.court.beats()
    await long.bus.step()
    for _ in range(42):
        await long.catch_up.step()
    file = long.folder / "rail" / "replica" / "snapshot" / "chunks"
    raw = bytearray(file.read_bytes())
    raw[1_000] ^= 1
    file.write_bytes(raw)
    await long.settle()
    await is_refused(long, logged, "a chunk on the disk is not what was written")
    await goes_on(long)

    assert await stands(long) == (41, FeedCondition.PROVEN)
