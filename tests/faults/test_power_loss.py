"""The power fails: what was answered is on the disk, as the system calls of a traced process show."""

from pathlib import Path

import pytest

from tests.faults.traced import Event, between, trace

DELIVERY_COUNTED = ACKNOWLEDGED = [("bus.sqlite-wal", "written"), ("bus.sqlite-wal", "synced")]
REPLICA_CHANGED = STATE_OF_THE_REPLICA_CHANGED = [("data.mdb", "written"), ("data.mdb", "synced")]
"""LMDB first keeps the pages, then the page that says which of them count."""


@pytest.fixture(scope="session")
async def events(tmp_path_factory: pytest.TempPathFactory) -> list[Event]:
    return await trace("tests.faults.screening", tmp_path_factory.mktemp("traced"))


def test_a_hit_is_on_the_disk_before_the_agency_is_answered(events: list[Event]) -> None:
    assert between(events, "screening", "Hit", "edge.sqlite-wal") == [
        ("edge.sqlite-wal", "written"),
        ("edge.sqlite-wal", "synced"),
    ]


def test_a_packet_is_on_the_disk_before_it_is_acknowledged(events: list[Event]) -> None:
    assert between(events, "published", "acknowledged", "data.mdb", "bus.sqlite-wal") == [
        *DELIVERY_COUNTED,
        *REPLICA_CHANGED,
        *STATE_OF_THE_REPLICA_CHANGED,
        *ACKNOWLEDGED,
    ]


async def test_a_whole_list_and_all_beside_it_are_on_the_disk_before_they_take_the_place_of_the_former(
    tmp_path: Path,
) -> None:
    """The harm: the former list is removed, and nothing of the new one can be read."""
    events = await trace("tests.faults.swapping", tmp_path)

    assert between(events, "complete", "taken over", "data.mdb", "lists-1", "replica") == [
        ("data.mdb", "written"),
        ("data.mdb", "synced"),
        ("lists-1", "renamed"),
        ("replica", "synced"),
    ]
