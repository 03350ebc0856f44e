"""Once somebody is listed, the edge asks the railway's own system for open journeys."""

from datetime import timedelta

import pytest

from adapters.edge.card_use import Hit
from adapters.station import reasons_of
from schemas.documents import DocumentKind, IdentityDocument
from schemas.messages import SightingKind, SightingReport
from tests.unit.adapters.journeys import Book, journey, ticket
from tests.unit.adapters.test_edge_hits import files
from tests.unit.adapters.world import CHENG, PASSER_BY, REFERENCE, START, TONG, World

PASSPORT = IdentityDocument(kind=DocumentKind.PASSPORT, number="E12345678")


@pytest.fixture
def book() -> Book:
    return Book()


@pytest.fixture
async def asking(world: World, book: Book) -> World:
    """Nobody is listed yet; the railway's system was asked at the start."""
    world.book = book
    await world.restart()
    await world.beat()
    await world.jump(seconds=5)
    await world.jump(minutes=1)
    book.asked = 0
    return world


def reported(world: World) -> list[str]:
    """The event ids that the court has got."""
    reports = (one for one in world.court.heard_of(SightingReport) if isinstance(one, SightingReport))
    return [one.event_id for one in reports]


async def test_a_ticket_bought_yesterday_is_reported_when_its_buyer_is_listed(
    asking: World, book: Book
) -> None:
    book.tickets = [ticket(TONG), ticket(PASSER_BY, "ticket-2")]
    await asking.court.lists(REFERENCE, TONG)
    await asking.jump(seconds=5)

    (report,) = asking.court.heard_of(SightingReport)
    assert isinstance(report, SightingReport)
    assert (report.event_id, report.references) == ("ticket-1", (REFERENCE,))
    assert (report.occurred_at, report.itinerary) == (START - timedelta(days=1), journey())
    assert asking.court.read_document(report).number == TONG.number


async def test_strangers_in_the_answer_change_no_file(asking: World, book: Book) -> None:
    await asking.court.lists(REFERENCE, TONG)
    await asking.settle()
    book.tickets = [ticket(PASSER_BY), ticket(CHENG, "ticket-2")]
    before = files(asking.folder)

    asking.clock.jump(seconds=5)
    await asking.settle()

    assert book.asked == 1
    assert files(asking.folder) == before


async def test_a_journey_that_is_over_or_given_back_is_not_reported(asking: World, book: Book) -> None:
    book.tickets = [
        ticket(TONG, "over", itinerary=journey(arrives_at=START)),
        ticket(TONG, "back", SightingKind.TICKET_REFUNDED),
    ]
    await asking.court.lists(REFERENCE, TONG)
    await asking.jump(seconds=5)

    assert book.asked == 1
    assert reported(asking) == []


async def test_a_passport_is_found_as_a_card_is(asking: World, book: Book) -> None:
    book.tickets = [ticket(TONG, "other"), ticket(PASSPORT, "passport")]
    await asking.court.lists(REFERENCE, PASSPORT)
    await asking.jump(seconds=5)

    assert reported(asking) == ["passport"]


async def test_what_was_reported_is_not_reported_again(asking: World, book: Book) -> None:
    await asking.court.lists(REFERENCE, TONG)
    await asking.settle()
    assert await asking.edge.screen(ticket(TONG)) == Hit(references=(REFERENCE,))
    book.tickets = [ticket(TONG)]
    await asking.jump(seconds=5)
    await asking.court.lists(7_102, CHENG)
    await asking.jump(minutes=1)

    assert book.asked == 2
    assert reported(asking) == ["ticket-1"]


async def test_a_withdrawal_asks_nothing(asking: World, book: Book) -> None:
    await asking.court.lists(REFERENCE, TONG)
    await asking.jump(seconds=5)
    await asking.court.unlists(REFERENCE)
    await asking.jump(hours=1)

    assert book.asked == 1


async def test_many_who_are_listed_together_are_one_question(asking: World, book: Book) -> None:
    await asking.court.lists(REFERENCE, TONG)
    await asking.jump(seconds=3)
    await asking.court.lists(7_102, CHENG)
    await asking.jump(seconds=3)
    assert book.asked == 0

    await asking.jump(seconds=2)

    assert book.asked == 1


async def test_whoever_was_withdrawn_again_meanwhile_is_not_reported(asking: World, book: Book) -> None:
    book.tickets = [ticket(TONG)]
    await asking.court.lists(REFERENCE, TONG)
    await asking.settle()
    await asking.court.withdraws(REFERENCE)
    await asking.jump(seconds=5)

    assert reported(asking) == []


async def test_after_a_start_it_is_asked_once_the_list_is_proven(asking: World, book: Book) -> None:
    await asking.court.lists(REFERENCE, TONG)
    await asking.jump(seconds=5)
    await asking.restart()
    book.asked = 0
    asking.clock.jump(minutes=1)
    await asking.settle()
    assert book.asked == 0

    await asking.beat()
    await asking.settle()

    assert book.asked == 1


async def test_a_system_that_does_not_answer_is_said_and_asked_again(asking: World, book: Book) -> None:
    book.trouble = "it answered with status 503"
    await asking.court.lists(REFERENCE, TONG)
    await asking.jump(seconds=5)
    (reason,) = reasons_of(await asking.edge.state())
    book.tickets, book.trouble = [ticket(TONG)], None

    await asking.jump(seconds=5)

    assert reason.what == "journeys-unanswered"
    assert "it answered with status 503" in reason.detail
    assert reported(asking) == ["ticket-1"]
    assert reasons_of(await asking.edge.state()) == ()


async def test_after_a_fault_of_our_own_it_is_asked_again(asking: World, book: Book) -> None:
    book.tickets, book.fault = [ticket(TONG)], RuntimeError("a mistake")
    await asking.court.lists(REFERENCE, TONG)
    await asking.settle()
    asking.clock.jump(seconds=5)
    with pytest.raises(RuntimeError):
        await asking.settle()
    book.fault = None
    await asking.jump(seconds=5)

    assert reported(asking) == ["ticket-1"]


async def test_what_came_before_the_answer_broke_off_is_reported(asking: World, book: Book) -> None:
    book.tickets, book.trouble = [ticket(TONG)], "it broke off"
    await asking.court.lists(REFERENCE, TONG)
    await asking.jump(seconds=5)

    assert reported(asking) == ["ticket-1"]


async def test_an_edge_whose_agency_offers_nothing_asks_nobody(world: World) -> None:
    await world.court.lists(REFERENCE, TONG)
    await world.jump(seconds=5)

    assert "journeys.rail.1" not in [loop.name for loop in world.edge.loops]
    assert reasons_of(await world.edge.state()) == ()
