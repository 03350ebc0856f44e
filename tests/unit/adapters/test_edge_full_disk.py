"""A disk without room: the edge says so, goes on as far as it can, loses no hit, and heals by itself.

The store meets a limit of the operating system, the lists one of LMDB, which does not spare the other files.
"""

import pytest

from adapters.edge.card_use import Clear, Hit, NotScreened, Silence
from adapters.edge.edge import EdgeState
from adapters.edge.instruction import DoNotStop, InForce, NoStop
from adapters.replica import environment, tombstones
from adapters.screening import FeedCondition
from adapters.station import reasons_of
from schemas.messages import FeedHead, SightingReport
from tests.unit.adapters.outside import full_disk
from tests.unit.adapters.test_edge_snapshots import goes_on, stands
from tests.unit.adapters.world import CHENG, PASSER_BY, PHONE, REFERENCE, TONG, World, card_use

A_FEW_PEOPLE = 96 * 1024
NOBODY = 12 * 1024
"""Bytes of an environment."""
MANY = range(1, 400)


def told_of_the_disk(state: EdgeState) -> list[str]:
    """What `/readyz` says of it."""
    return [one.detail for one in reasons_of(state) if one.what == "disk-refuses"]


async def test_a_hit_that_cannot_be_kept_is_no_hit_and_not_clear(listed: World) -> None:
    with full_disk(1_000):
        refused = await listed.edge.screen(card_use(TONG))
        passed = await listed.edge.screen(card_use(PASSER_BY))
        full = await listed.edge.state()
    again = await listed.edge.screen(card_use(TONG))
    await listed.settle()

    assert refused == NotScreened(reason=Silence.DISK_REFUSES, phone_24h=PHONE)
    assert passed == Clear()
    assert "hits cannot be kept" in told_of_the_disk(full)[0]
    assert again == Hit(references=(REFERENCE,))
    assert told_of_the_disk(await listed.edge.state()) == []
    assert len(listed.court.heard_of(SightingReport)) == 1


@pytest.fixture
def short_of_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """For whatever is opened from now on."""
    monkeypatch.setattr(environment, "MAP_SIZE", A_FEW_PEOPLE)
    monkeypatch.setattr(tombstones, "MAP_SIZE", NOBODY)


@pytest.mark.usefixtures("short_of_room")
async def test_changes_that_cannot_be_written_leave_the_list_as_it_is(
    listed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await listed.restart()
    await listed.court.send("feed", listed.court.packet(*(listed.court.put(one, CHENG) for one in MANY)))
    await listed.settle()
    full, stood = await listed.edge.state(), await stands(listed)
    hit = await listed.edge.screen(card_use(TONG))
    monkeypatch.undo()
    await listed.restart()
    await goes_on(listed)

    assert "changes of the list cannot be written" in told_of_the_disk(full)[0]
    assert stood[0] == 1
    assert hit == Hit(references=(REFERENCE,), is_proven=False)
    assert await stands(listed) == (len(MANY) + 1, FeedCondition.PROVEN)


@pytest.mark.usefixtures("short_of_room")
async def test_nobody_is_stopped_while_withdrawals_cannot_be_written(
    confirmed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The harm: a debtor has paid, the disk refuses the withdrawal, and the officer reads "in force"."""
    await confirmed.restart()
    await confirmed.beat()
    before = await confirmed.edge.before_stop(REFERENCE)
    await confirmed.court.withdraws(REFERENCE)
    await confirmed.settle()
    full = await confirmed.edge.state()
    refused = await confirmed.edge.before_stop(REFERENCE)
    monkeypatch.undo()
    await confirmed.restart()
    await goes_on(confirmed)

    assert isinstance(before, InForce)
    assert "no stop is confirmed" in told_of_the_disk(full)[0]
    assert refused == DoNotStop(reason=NoStop.COURT_SILENT, phone_24h=PHONE)
    assert (await confirmed.edge.before_stop(REFERENCE)) == DoNotStop(
        reason=NoStop.NOT_IN_FORCE, phone_24h=PHONE
    )


async def test_a_list_for_which_there_is_no_room_is_not_begun(listed: World) -> None:
    listed.court.put(REFERENCE + 1, CHENG)
    of_a_planet = FeedHead(sequence=2, count=10**12, digest=listed.court.head.digest)
    listed.court.takes_snapshot(of_a_planet)
    listed.court.forgets()
    listed.court.keeps()
    await listed.beat()
    full = await listed.edge.state()
    left = (listed.folder / "rail" / "replica" / "snapshot").exists()
    listed.court.takes_snapshot()
    await goes_on(listed)

    assert "it needs 147,819,519 MB, " in told_of_the_disk(full)[0]
    assert not left
    assert await stands(listed) == (2, FeedCondition.PROVEN)
    assert told_of_the_disk(await listed.edge.state()) == []
