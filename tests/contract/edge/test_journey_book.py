"""What an agency's own system is asked, and what of its answer counts."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from adapters.edge.card_use import CardUse
from adapters.edge.settings import BookAway, JourneyBook
from adapters.web.journey_book import LONGEST_LINE, HttpJourneyBook
from schemas.webhooks import AsymmetricKey, Verified, verify_webhook
from scripts.tickets import TicketBook
from tests.unit.adapters.journeys import TOMORROW, ticket
from tests.unit.adapters.world import AGENCY_KEY, CHENG, START, TONG

NUMBERS = {"ticket-1": TONG.number, "ticket-2": CHENG.number}


def line(event_id: str, **other: Any) -> bytes:
    """A journey as docs/agency-engineer.md says it is written."""
    body = {
        "event_id": event_id,
        "kind": "ticket-bought",
        "occurred_at": "2026-02-25T20:41:00+08:00",
        "place": {"name": "12306", "city": "网络"},
        "document": {"kind": "resident-id", "number": NUMBERS.get(event_id, TONG.number)},
        "itinerary": {
            "service": "Z38",
            "origin": "武昌",
            "destination": "北京西",
            "departs_at": "2026-02-27T10:41:00+08:00",
            "arrives_at": "2026-02-27T20:41:00+08:00",
        },
    }
    return json.dumps({**body, **other}, ensure_ascii=False).encode() + b"\n"


END_OF_TWO = b'{"journeys": 2}\n'


@dataclass
class Agency:
    """An agency's own system; `parts` are the bytes of its answer as they go out."""

    parts: Sequence[bytes] = ()
    status: int = 200
    asked: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((request.headers.copy(), await request.read()))
        response = web.StreamResponse(status=self.status)
        await response.prepare(request)
        for part in self.parts:
            await response.write(part)
        return response


@asynccontextmanager
async def listening(agency: Agency) -> AsyncIterator[HttpJourneyBook]:
    app = web.Application()
    app.router.add_post("/journeys", agency.answer)
    async with TestServer(app) as server:
        url = str(server.make_url("/journeys"))
        yield HttpJourneyBook(url=url, signing=AGENCY_KEY, now=lambda: START, new_id=lambda: "question-1")


async def take(book: JourneyBook, came: list[CardUse]) -> None:
    async for some in book.open_journeys():
        came += some


async def given(book: JourneyBook) -> list[CardUse]:
    came: list[CardUse] = []
    await take(book, came)
    return came


async def refused(agency: Agency) -> tuple[list[str], str]:
    """What came of an answer all the same, and why it does not count as whole."""
    came: list[CardUse] = []
    async with listening(agency) as book:
        with pytest.raises(BookAway) as away:
            await take(book, came)
    return [use.event_id for use in came], str(away.value)


@pytest.fixture(params=["http", "simulated"])
async def two_tickets(request: pytest.FixtureRequest) -> AsyncIterator[JourneyBook]:
    """Two people hold a ticket for tomorrow."""
    if request.param == "simulated":
        book = TicketBook(lambda: START)
        book.note(ticket(TONG, "ticket-1"))
        book.note(ticket(CHENG, "ticket-2"))
        yield book
        return
    async with listening(Agency([line("ticket-1"), line("ticket-2") + END_OF_TWO])) as asked:
        yield asked


async def test_every_journey_comes_once_with_all_that_a_report_needs(two_tickets: JourneyBook) -> None:
    first, second = await given(two_tickets)

    assert (first.event_id, second.event_id) == ("ticket-1", "ticket-2")
    assert (first.number, second.number) == (TONG.number, CHENG.number)
    assert first.occurred_at == START - timedelta(days=1)
    assert first.itinerary is not None
    assert (first.itinerary.destination, first.itinerary.arrives_at) == ("北京西", TOMORROW)


async def test_it_may_be_asked_again(two_tickets: JourneyBook) -> None:
    first, second = await given(two_tickets), await given(two_tickets)

    assert len(first) == 2
    assert second == first


async def test_the_question_is_signed_by_the_instance_and_tells_nothing_of_anybody() -> None:
    agency = Agency([b'{"journeys": 0}\n'])
    async with listening(agency) as book:
        assert await given(book) == []

    ((headers, body),) = agency.asked
    key = AsymmetricKey(key_id="rail", public=AGENCY_KEY.verifying.public)
    signed = {name: [value] for name, value in headers.items()}
    assert verify_webhook(signed, body, [key], at=START) == Verified(message_id="question-1", sent_at=START)
    assert (body, headers["Accept"]) == (b"{}", "application/x-ndjson")


async def test_lines_may_be_cut_anywhere_on_their_way() -> None:
    whole = line("ticket-1") + b"\n" + line("ticket-2") + END_OF_TWO.strip()
    async with listening(Agency([whole[:7], whole[7:500], whole[500:]])) as book:
        assert [use.event_id for use in await given(book)] == ["ticket-1", "ticket-2"]


async def test_an_answer_that_was_cut_short_is_not_the_whole() -> None:
    came, why = await refused(Agency([line("ticket-1")]))

    assert came == ["ticket-1"]
    assert why == '1 lines came and the last did not say so: end with {"journeys": number of lines}'


async def test_a_line_that_cannot_be_read_costs_no_other_and_is_told_without_what_it_says() -> None:
    faulty = [line("ticket-1", kind="walked"), line("ticket-2", itinerary=None)]
    came, why = await refused(Agency([*faulty, line("t") + b'{"journeys":3}']))

    assert came == ["t"]
    assert why.startswith("2 of 3 lines cannot be read, first line 1: kind: ")
    assert "walked" not in why


async def test_an_id_that_cannot_be_one_is_told_as_well() -> None:
    came, why = await refused(Agency([line("票一"), b'{"journeys": 1}']))

    assert (came, why) == (
        [],
        "1 of 1 lines cannot be read, first line 1: event_id: give 1 to 200 visible ASCII characters",
    )


async def test_a_line_without_end_is_refused_before_it_fills_the_memory() -> None:
    came, why = await refused(Agency([b"x" * 2 * LONGEST_LINE]))

    assert (came, why) == ([], "line 1 is above 65536 bytes: give one journey a line")


@pytest.mark.parametrize("status", [204, 302, 401, 503])
async def test_any_other_answer_is_told_by_its_status(status: int) -> None:
    assert await refused(Agency(status=status)) == ([], f"it answered with status {status}")


async def test_a_system_that_is_away_is_told_as_such() -> None:
    book = HttpJourneyBook(
        url="http://127.0.0.1:9/journeys", signing=AGENCY_KEY, now=lambda: START, new_id=lambda: "question-1"
    )
    with pytest.raises(BookAway, match="it cannot be reached, or broke off"):
        await given(book)
