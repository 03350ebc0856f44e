"""Card uses at an edge: what hits, what is clear, what waits, and what never leaves the agency."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.edge.card_use import Clear, Hit, Invalid, NotScreened, Silence
from schemas.documents import DocumentFault, DocumentKind, DocumentRefused, Sex
from schemas.messages import Itinerary, SightingKind, SightingReport
from tests.unit.adapters.world import (
    CHENG,
    LAST_DAY,
    PASSER_BY,
    REFERENCE,
    START,
    TONG,
    WUCHANG,
    World,
    card_use,
)


def files(folder: Path) -> dict[str, str]:
    """A fingerprint of every file below a folder but LMDB's table of readers, which any look changes."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "lock.mdb"
    }


async def test_a_listed_document_hits(listed: World) -> None:
    assert await listed.edge.screen(card_use(TONG)) == Hit(references=(REFERENCE,))


async def test_a_clear_use_changes_no_file(listed: World) -> None:
    await listed.settle()
    before = files(listed.folder)

    answer = await listed.edge.screen(card_use(PASSER_BY))
    await listed.settle()

    assert answer == Clear()
    assert files(listed.folder) == before
    assert listed.court.reports() == []


async def test_the_court_gets_the_sighting_with_the_document_sealed_for_it(listed: World) -> None:
    journey = Itinerary(
        service="Z38",
        origin="武昌",
        destination="北京西",
        departs_at=START,
        arrives_at=START,
        coach="5",
        seat="3上",
    )
    await listed.edge.screen(card_use(TONG, itinerary=journey))
    await listed.settle()

    (report,) = listed.court.reports()
    assert report == SightingReport(
        event_id="rail-1",
        kind=SightingKind.GATE_PASSED,
        occurred_at=START,
        place=WUCHANG,
        references=(REFERENCE,),
        document=report.document,  # type: ignore[attr-defined]
        itinerary=journey,
        correlation=report.correlation,  # type: ignore[attr-defined]
    )
    read = listed.court.read_document(report)
    assert (read.number, read.name, read.sex) == ("990101197803150014", "佟某", Sex.MALE)


async def test_nothing_in_the_files_of_the_edge_tells_who_was_seen(listed: World) -> None:
    await listed.edge.screen(card_use(TONG))

    stored = b"".join(path.read_bytes() for path in listed.folder.rglob("*") if path.is_file())
    assert TONG.number.encode() not in stored
    assert "佟某".encode() not in stored
    assert "武昌".encode() not in stored


async def test_a_hit_is_durable_before_it_is_answered(listed: World) -> None:
    await listed.edge.screen(card_use(TONG))

    await listed.restart()
    await listed.settle()

    assert len(listed.court.heard_of(SightingReport)) == 1


async def test_a_use_sent_again_is_reported_once(listed: World) -> None:
    first = await listed.edge.screen(card_use(TONG))
    await listed.settle()
    again = await listed.edge.screen(card_use(TONG))
    await listed.settle()

    assert first == again == Hit(references=(REFERENCE,))
    assert len(listed.court.heard_of(SightingReport)) == 1


async def test_two_uses_are_two_sightings_in_their_order(listed: World) -> None:
    await listed.edge.screen(card_use(TONG, "rail-1"))
    await listed.edge.screen(card_use(TONG, "rail-2"))
    await listed.settle()

    assert [opened.body.count(b"rail-2") for opened in listed.court.heard] == [0, 1]


async def test_a_number_as_people_write_it_hits(listed: World) -> None:
    # full width: the form in which some counters' keyboards type digits
    use = card_use(TONG, number="９９０１０１ 19780315-0014")

    assert await listed.edge.screen(use) == Hit(references=(REFERENCE,))


async def test_a_number_that_cannot_be_is_refused_and_stored_nowhere(listed: World) -> None:
    await listed.settle()
    before = files(listed.folder)

    answer = await listed.edge.screen(card_use(TONG, number="990101197803150015"))

    assert answer == Invalid(refused=DocumentRefused(fault=DocumentFault.WRONG_CHECK_DIGIT))
    assert files(listed.folder) == before


async def test_the_same_number_on_another_kind_of_document_is_clear(world: World) -> None:
    passport = replace(TONG, kind=DocumentKind.PASSPORT, number="E12345678")
    await world.court.lists(REFERENCE, TONG)
    await world.beat()

    assert await world.edge.screen(card_use(passport)) == Clear()


async def test_one_of_several_documents_is_enough(world: World) -> None:
    passport = replace(TONG, kind=DocumentKind.PASSPORT, number="E12345678")
    await world.court.lists(REFERENCE, TONG, passport)
    await world.beat()

    assert await world.edge.screen(card_use(passport)) == Hit(references=(REFERENCE,))


async def test_one_document_under_two_references_reports_both(listed: World) -> None:
    await listed.court.lists(7_102, TONG)
    await listed.beat()

    assert await listed.edge.screen(card_use(TONG)) == Hit(references=(REFERENCE, 7_102))


async def test_a_name_that_no_text_can_hold_does_not_cost_the_hit(listed: World) -> None:
    await listed.edge.screen(card_use(TONG, name="佟\x00某"))
    await listed.settle()

    (report,) = listed.court.heard_of(SightingReport)
    assert listed.court.read_document(report).name is None


@pytest.mark.parametrize(
    ("mistake", "named"),
    [
        ({"event_id": ""}, "event_id"),
        ({"event_id": "a b"}, "event_id"),
        ({"event_id": "ｒａｉｌ"}, "event_id"),
        ({"event_id": "x" * 201}, "event_id"),
        ({"occurred_at": START.replace(tzinfo=None)}, "occurred_at"),
    ],
)
def test_a_use_without_a_proper_id_or_time_is_refused_before_it_is_screened(
    mistake: dict[str, Any], named: str
) -> None:
    with pytest.raises(ValueError, match=named):
        card_use(TONG, **mistake)


async def test_before_the_court_was_ever_heard_nothing_is_called_clear(silent: World) -> None:
    answer = await silent.edge.screen(card_use(PASSER_BY))

    assert answer == NotScreened(reason=Silence.NOTHING_RECEIVED, phone_24h="010-00000000")


async def test_after_a_start_a_hit_waits_until_the_list_is_proven(listed: World) -> None:
    await listed.restart()

    answer = await listed.edge.screen(card_use(TONG))
    await listed.settle()
    before_proof = listed.court.heard_of(SightingReport)
    waiting = (await listed.edge.state()).waiting_hits
    await listed.beat()

    assert answer == Hit(references=(REFERENCE,), is_proven=False)
    assert (before_proof, waiting) == ([], 1)
    assert len(listed.court.heard_of(SightingReport)) == 1
    assert (await listed.edge.state()).waiting_hits == 0


async def test_a_hit_that_waited_is_reported_under_the_correlation_of_its_card_use(
    listed: World, logged: list[dict[str, Any]]
) -> None:
    await listed.restart()
    await listed.edge.screen(card_use(TONG))
    await listed.beat()

    (report,) = listed.court.heard_of(SightingReport)
    [spooled] = [event for event in logged if event["event"] == "hit-spooled"]
    published = [event["correlation"] for event in logged if event["event"] == "report-published"]
    assert isinstance(report, SightingReport)
    assert (spooled["correlation"], spooled["is_proven"]) == (report.correlation, False)
    assert report.correlation in published


async def test_a_hit_that_waited_survives_another_restart(listed: World) -> None:
    await listed.restart()
    await listed.edge.screen(card_use(TONG))
    await listed.restart()
    await listed.beat()

    assert len(listed.court.heard_of(SightingReport)) == 1


async def test_who_paid_while_the_hit_waited_is_not_reported_and_leaves_no_trace(listed: World) -> None:
    await listed.restart()
    await listed.edge.screen(card_use(TONG))
    await listed.court.unlists(REFERENCE)
    await listed.beat()

    assert listed.court.heard_of(SightingReport) == []
    assert (await listed.edge.state()).waiting_hits == 0
    assert await listed.edge.screen(card_use(TONG)) == Clear()


async def test_a_hit_that_waited_names_the_references_in_force_when_it_is_released(listed: World) -> None:
    await listed.restart()
    await listed.edge.screen(card_use(TONG))
    await listed.court.lists(7_102, TONG)
    await listed.court.withdraws(REFERENCE)
    await listed.beat()

    (report,) = listed.court.heard_of(SightingReport)
    assert isinstance(report, SightingReport)
    assert report.references == (7_102,)


async def test_an_entry_dies_at_the_end_of_its_last_day_in_court_time(world: World) -> None:
    await world.court.lists(REFERENCE, TONG, valid_until=START.date())
    await world.beat()

    # 23:59 at the court, then midnight there
    await world.jump(hours=3, minutes=18)
    last_minute = await world.edge.screen(card_use(TONG, "rail-1"))
    await world.jump(minutes=1)
    midnight = await world.edge.screen(card_use(TONG, "rail-2"))

    assert (last_minute, midnight) == (Hit(references=(REFERENCE,)), Clear())


async def test_a_replica_that_heard_nothing_for_a_day_stops_hitting_and_says_so(listed: World) -> None:
    listed.clock.jump(hours=23, minutes=59)
    almost = await listed.edge.screen(card_use(TONG, "rail-1"))
    listed.clock.jump(minutes=1)
    silent = await listed.edge.screen(card_use(TONG, "rail-2"))
    clear_is_not_claimed = await listed.edge.screen(card_use(PASSER_BY))

    assert almost == Hit(references=(REFERENCE,))
    assert silent == NotScreened(reason=Silence.COURT_SILENT, phone_24h="010-00000000")
    assert clear_is_not_claimed == silent


async def test_one_heartbeat_after_a_silent_day_is_enough_to_hit_again(listed: World) -> None:
    await listed.jump(hours=25)

    assert await listed.edge.screen(card_use(TONG)) == Hit(references=(REFERENCE,))


async def test_another_debtor_is_not_named_in_the_report(listed: World) -> None:
    await listed.court.lists(7_102, CHENG, valid_until=LAST_DAY)
    await listed.beat()

    assert await listed.edge.screen(card_use(CHENG)) == Hit(references=(7_102,))
