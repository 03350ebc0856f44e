"""What an adapter asks for by message is sent as messages of its feed: packets, or a whole list by parts."""

from base64 import b64decode
from dataclasses import replace

import pytest

from schemas.envelope import Address, read_body
from schemas.messages import ListWanted
from schemas.snapshots import SnapshotPart
from scripts import cast
from tests.contract.storage.test_feed_writer import RAIL, line, opened
from tests.contract.storage.test_snapshots import FIRST, Keeper, keeper
from tracker.domain.ids import CourtId
from tracker.loops.carried_lists import CarriedListLoop
from tracker.services.lines import carried_lists
from tracker.services.lines.reports import Teller
from tracker.storage import folder_lines, outbox
from tracker.storage.outbox import OutboxLane, OutboxMessage
from tracker.storage.registry import Registry

__all__ = ["keeper", "line"]

THE_RAILWAY = Teller(agency_id=RAIL, instance="one", epoch=1, incarnation=1)
COURT_ID = CourtId(cast.COURT.court_id)


async def asks(keeper: Keeper, after: int, teller: Teller = THE_RAILWAY) -> None:
    async with keeper.registry.transaction() as tx:
        await carried_lists.answer(tx, teller, ListWanted(after=after))


async def posted(registry: Registry) -> list[bytes]:
    """What waits for the adapter's feed, in its order."""
    async with registry.transaction() as tx:
        claimed = await outbox.claim_unpublished(tx, registry.new_lease(), 100)
    assert {message.queue for message in claimed} <= {"feed.rail.one"}
    return [message.body for message in claimed]


def loop_of(keeper: Keeper, worker: str = "one") -> CarriedListLoop:
    return CarriedListLoop(replace(keeper.registry, worker=worker), keeper.shelf, COURT_ID)


async def test_the_packets_past_what_it_has_are_sent_as_they_were_signed(keeper: Keeper) -> None:
    await keeper.lists(1, 2, 3)

    await asks(keeper, after=1)

    assert await posted(keeper.registry) == (await keeper.line.packets())[1:]


async def test_a_list_that_has_ended_is_sent_to_nobody(keeper: Keeper) -> None:
    await keeper.lists(1)

    await asks(keeper, after=0, teller=replace(THE_RAILWAY, epoch=7))

    assert await posted(keeper.registry) == []
    assert not await loop_of(keeper).step()


@pytest.fixture
async def forgetful(keeper: Keeper, monkeypatch: pytest.MonkeyPatch) -> Keeper:
    """The log leads on from no list that the railway has: only the whole list helps."""
    monkeypatch.setattr(carried_lists, "PART_BYTES", 300)
    await keeper.lists(*range(1, 21))
    monkeypatch.setattr("tracker.services.feeds.catch_up.FEW_CHANGES", 3)
    return keeper


async def sends_all(keeper: Keeper, loop: CarriedListLoop) -> None:
    """The snapshot is made when it is missing, and sent to its end."""
    while any([await loop.step(), await keeper.loop.step()]):
        pass


def parts_in(raws: list[bytes]) -> list[SnapshotPart]:
    return [part_in(raw) for raw in raws]


def part_in(raw: bytes) -> SnapshotPart:
    part = read_body(opened(raw), SnapshotPart)
    assert isinstance(part, SnapshotPart)
    return part


async def test_a_whole_list_is_sent_part_by_part_behind_its_manifest(forgetful: Keeper) -> None:
    await asks(forgetful, after=0)
    await sends_all(forgetful, loop_of(forgetful))

    manifest, *parts = await posted(forgetful.registry)
    snapshot = forgetful.shelf.newest(FIRST)
    assert snapshot is not None
    assert manifest == snapshot.manifest()
    assert len(parts) > 1
    assert b"".join(b64decode(part.data) for part in parts_in(parts)) == snapshot.entries.read_bytes()
    assert {opened(part).address for part in parts} == {
        Address(court=COURT_ID, agency=RAIL, instance="one", epoch=1, incarnation=1)
    }


async def test_a_withdrawal_overtakes_the_parts_of_a_list(forgetful: Keeper) -> None:
    await asks(forgetful, after=0)
    await sends_all(forgetful, loop_of(forgetful))
    gone = OutboxMessage(
        message_id="gone", queue="express.rail.one", lane=OutboxLane.EXPRESS, body=b"withdrawn"
    )
    async with forgetful.registry.transaction() as tx:
        await outbox.add_message(tx, gone)
    async with forgetful.registry.transaction() as tx:
        first, *parts = await outbox.claim_unpublished(tx, forgetful.registry.new_lease(), 100)

    assert len(parts) > 1
    assert first == gone


async def test_it_goes_on_with_the_list_it_has_begun_though_another_is_made(forgetful: Keeper) -> None:
    loop = loop_of(forgetful)
    await asks(forgetful, after=0)
    await forgetful.makes()
    await loop.step()
    await forgetful.lists(21)
    await forgetful.makes()
    await sends_all(forgetful, loop)

    _manifest, *parts = await posted(forgetful.registry)
    assert {part.sequence for part in parts_in(parts)} == {20}


async def test_one_that_is_not_kept_any_more_gives_way_to_the_newest_from_its_beginning(
    forgetful: Keeper,
) -> None:
    loop = loop_of(forgetful)
    await asks(forgetful, after=0)
    await forgetful.makes()
    await loop.step()
    await loop.step()
    await forgetful.lists(21)
    await forgetful.makes()
    await forgetful.lists(22)
    newest = await forgetful.makes()
    await sends_all(forgetful, loop)

    _former, _its_part, manifest, *parts = await posted(forgetful.registry)
    assert manifest == newest.manifest()
    assert b"".join(b64decode(part.data) for part in parts_in(parts)) == newest.entries.read_bytes()


async def test_who_comes_second_sends_nothing(forgetful: Keeper) -> None:
    await asks(forgetful, after=0)
    snapshot = await forgetful.makes()
    async with forgetful.registry.reading() as tx:
        (waiting,) = await folder_lines.list_waiting(tx, COURT_ID)
    await sends_all(forgetful, loop_of(forgetful))
    async with forgetful.registry.transaction() as tx:
        await carried_lists.send_next_part(tx, "two", waiting, snapshot)

    assert not await loop_of(forgetful, worker="two").step()
    assert len([raw for raw in await posted(forgetful.registry) if raw == snapshot.manifest()]) == 1


async def test_another_process_leaves_a_list_to_the_one_that_has_begun(forgetful: Keeper) -> None:
    await asks(forgetful, after=0)
    await forgetful.makes()
    await loop_of(forgetful).step()

    assert not await loop_of(forgetful, worker="two").step()
    assert len(await posted(forgetful.registry)) == 1
