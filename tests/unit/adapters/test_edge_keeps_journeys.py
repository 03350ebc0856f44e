"""An agency that may keeps journeys of people who are not listed; who is listed later is found by them."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from adapters.edge.card_use import CardUse, Clear, Hit
from adapters.edge.settings import Keeping
from adapters.late.kept_uses import FILE
from adapters.late.look_back import MOST_WAITING, LookBack
from adapters.replica.values import FeedKey
from adapters.sqlite import SqliteDatabase
from adapters.station import reasons_of
from adapters.store.kept import kept
from schemas.documents import IdentityDocument
from schemas.messages import JourneysKept, SightingKind, SightingReport
from tests.unit.adapters.journeys import journey, ticket
from tests.unit.adapters.outside import full_disk
from tests.unit.adapters.world import CHENG, NEXT_EPOCH, PASSER_BY, REFERENCE, START, TONG, World, card_use

FIFTEEN_DAYS = Keeping(days=15, legal_basis="铁路法第七十条", assessment="评估2026-3")


@pytest.fixture
async def keeping(world: World) -> World:
    """Nobody is listed yet."""
    world.keeping = FIFTEEN_DAYS
    await world.restart()
    await world.beat()
    return world


def reported(world: World) -> list[str]:
    """The event ids that the court has got."""
    reports = (one for one in world.court.heard_of(SightingReport) if isinstance(one, SightingReport))
    return [one.event_id for one in reports]


async def sells(world: World, document: IdentityDocument, event_id: str, **more: Any) -> object:
    return await world.edge.screen(ticket(document, event_id, occurred_at=world.clock.now(), **more))


async def count_kept(folder: Path) -> int:
    """Rows in the window."""
    database = await SqliteDatabase.open(folder / "rail" / FILE)
    async with database.reading() as tx:
        counted = (await tx.execute(select(func.count()).select_from(kept))).scalar_one()
    await database.close()
    return int(counted)


async def test_a_ticket_bought_yesterday_is_reported_when_its_buyer_is_listed(keeping: World) -> None:
    answer = await sells(keeping, TONG, "ticket-1")
    await sells(keeping, PASSER_BY, "ticket-2")
    await keeping.jump(hours=20)

    await keeping.court.lists(REFERENCE, TONG)
    await keeping.beat()

    (report,) = keeping.court.heard_of(SightingReport)
    assert answer == Clear()
    assert isinstance(report, SightingReport)
    assert (report.event_id, report.references) == ("ticket-1", (REFERENCE,))
    assert (report.occurred_at, report.itinerary) == (START, journey())
    read = keeping.court.read_document(report)
    assert (read.number, read.name) == (TONG.number, "佟某")


async def test_nothing_is_kept_where_nobody_has_turned_it_on(world: World) -> None:
    await sells(world, TONG, "ticket-1")
    await world.court.lists(REFERENCE, TONG)
    await world.beat()

    assert reported(world) == []
    assert not (world.folder / "rail" / FILE).exists()


@pytest.mark.parametrize(
    "use",
    [
        card_use(TONG),
        ticket(TONG, itinerary=journey(arrives_at=START)),
        ticket(TONG, occurred_at=START - timedelta(days=15)),
    ],
    ids=["it leads nowhere", "it is over", "the window is over"],
)
async def test_what_tells_nothing_of_tomorrow_is_not_kept(keeping: World, use: CardUse) -> None:
    await keeping.edge.screen(use)

    assert await count_kept(keeping.folder) == 0


async def test_a_journey_that_is_over_is_reported_to_nobody_and_swept(keeping: World) -> None:
    await sells(keeping, TONG, "ticket-1")
    await keeping.jump(days=1)
    await keeping.court.lists(REFERENCE, TONG)
    await keeping.jump(hours=1, minutes=10)

    assert reported(keeping) == []
    assert await count_kept(keeping.folder) == 0


async def test_a_journey_of_next_month_goes_with_the_window(keeping: World) -> None:
    await sells(keeping, TONG, "ticket-1", itinerary=journey(arrives_at=START + timedelta(days=30)))
    await keeping.jump(days=14, hours=23)
    kept_before = await count_kept(keeping.folder)
    await keeping.jump(hours=2, minutes=10)

    assert (kept_before, await count_kept(keeping.folder)) == (1, 0)


async def test_who_was_listed_while_the_use_was_being_kept_is_found(keeping: World) -> None:
    """After the look at the list, and before there is anything in the window to look up."""
    is_listed = asyncio.Event()
    busy = asyncio.create_task(nothing_is_kept_until(is_listed, keeping))
    await asyncio.sleep(0)
    sold = asyncio.create_task(sells(keeping, TONG, "ticket-1"))
    await asyncio.sleep(0)
    await keeping.court.lists(REFERENCE, TONG)
    await keeping.beat()
    is_listed.set()

    assert await sold == Hit(references=(REFERENCE,))
    await busy


async def nothing_is_kept_until(moment: asyncio.Event, keeping: World) -> None:
    assert keeping.edge._parts.kept is not None
    async with keeping.edge._parts.kept._database.transaction():
        await moment.wait()


async def test_a_ticket_that_was_given_back_rings_nobody(keeping: World) -> None:
    await sells(keeping, TONG, "ticket-1")
    await keeping.jump(hours=1)
    await sells(keeping, TONG, "back-1", kind=SightingKind.TICKET_REFUNDED)
    await keeping.court.lists(REFERENCE, TONG)
    await keeping.beat()

    assert reported(keeping) == []


async def test_what_was_kept_is_reported_once(keeping: World) -> None:
    await sells(keeping, TONG, "ticket-1")
    await sells(keeping, TONG, "ticket-1")
    await keeping.court.lists(REFERENCE, TONG)
    await keeping.beat()
    await keeping.court.lists(REFERENCE, TONG, version=2)
    await keeping.beat()

    assert reported(keeping) == ["ticket-1"]


async def test_whoever_was_listed_just_before_a_crash_is_looked_up_after_it(keeping: World) -> None:
    await sells(keeping, TONG, "ticket-1")
    await keeping.court.lists(REFERENCE, TONG)
    await keeping.bus.step()
    await keeping.restart()
    await keeping.beat()

    assert reported(keeping) == ["ticket-1"]


def hears_of_others(world: World) -> int:
    """Packets in which nobody is of concern; how many wait to be looked up."""
    (look_back,) = (loop for loop in world.edge.loops if isinstance(loop, LookBack))
    for _ in range(MOST_WAITING):
        look_back._hear(FeedKey(epoch=1, incarnation=1), [b"x" * 16])
    return len(look_back._listed)


async def test_who_is_listed_while_much_else_comes_is_found(keeping: World) -> None:
    """More packets than are kept in mind while nothing can be looked up: the list is gone through instead."""
    await sells(keeping, TONG, "ticket-1")
    await keeping.court.lists(REFERENCE, TONG)
    await keeping.bus.step()
    waiting = hears_of_others(keeping)
    await keeping.beat()

    assert waiting == 0
    assert reported(keeping) == ["ticket-1"]


async def test_after_an_epoch_has_rolled_what_was_kept_before_is_found(keeping: World) -> None:
    await sells(keeping, TONG, "ticket-1")
    keeping.court.log = []
    keeping.court.rolls()
    await keeping.beat()
    keeping.court = keeping.court.ends()
    await keeping.beat()

    await keeping.court.lists(9_202, TONG)
    await keeping.beat()

    assert reported(keeping) == ["ticket-1"]
    assert await count_kept(keeping.folder) == 1


async def test_a_use_while_an_epoch_rolls_is_found_by_either_list(keeping: World) -> None:
    keeping.court.log = []
    keeping.court.rolls()
    await keeping.beat()
    await sells(keeping, TONG, "ticket-1")
    await sells(keeping, CHENG, "ticket-2")
    await keeping.court.lists(REFERENCE, TONG)
    await keeping.beat()
    found_by_the_old = reported(keeping)
    keeping.court = keeping.court.ends()
    await keeping.court.lists(9_203, CHENG)
    await keeping.beat()

    assert found_by_the_old == ["ticket-1"]
    assert reported(keeping) == ["ticket-1", "ticket-2"]


async def test_of_an_epoch_whose_keys_are_gone_nothing_is_left(keeping: World) -> None:
    await sells(keeping, TONG, "ticket-1")
    await keeping.edge.close()
    keeping.court.handed_out = (NEXT_EPOCH,)
    await keeping.reopen()
    await keeping.settle()

    assert await count_kept(keeping.folder) == 0


async def test_of_a_closed_line_no_file_is_left(keeping: World) -> None:
    await sells(keeping, TONG, "ticket-1")
    await keeping.court.closes_line()
    await keeping.settle()

    assert [path.name for path in (keeping.folder / "rail").glob("kept*")] == []


async def test_of_a_line_that_was_closed_while_it_was_away_no_file_is_left(keeping: World) -> None:
    await sells(keeping, TONG, "ticket-1")
    await keeping.edge.close()
    keeping.court.handed_out = ()
    await keeping.reopen()

    assert [path.name for path in (keeping.folder / "rail").glob("kept*")] == []


async def test_an_agency_that_keeps_no_more_has_no_file_left(keeping: World) -> None:
    await sells(keeping, TONG, "ticket-1")
    keeping.keeping = None
    await keeping.restart()

    assert [path.name for path in (keeping.folder / "rail").glob("kept*")] == []


async def test_the_court_is_told_by_which_law_and_that_it_is_over(keeping: World) -> None:
    told = keeping.court.heard_of(JourneysKept)
    keeping.keeping = None
    await keeping.restart()
    await keeping.settle()
    await keeping.restart()
    await keeping.settle()

    assert told == [JourneysKept(days=15, legal_basis="铁路法第七十条", assessment="评估2026-3")]
    assert keeping.court.heard_of(JourneysKept) == [*told, JourneysKept(days=0)]


async def test_a_full_disk_is_said_and_stops_nobody(keeping: World) -> None:
    with full_disk(0):
        answer = await sells(keeping, TONG, "ticket-1")
    (reason,) = reasons_of(await keeping.edge.state())
    await sells(keeping, TONG, "ticket-1")

    assert answer == Clear()
    assert (reason.what, "journeys cannot be kept" in reason.detail) == ("disk-refuses", True)
    assert reasons_of(await keeping.edge.state()) == ()


async def test_whoever_screens_beside_the_edge_is_told(keeping: World) -> None:
    beside = keeping.edge.beside()

    assert beside is not None
    assert beside.keeps_journeys
