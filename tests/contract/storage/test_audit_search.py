"""The auditor finds who did what about which thing and when, page by page, however long the log has grown."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from scripts import cast
from tests.contract.storage.books import BEGINS, Books, undone
from tracker.domain.court_time import court_day, day_begins, day_ends
from tracker.domain.ids import CourtId
from tracker.domain.people import SYSTEM
from tracker.storage import audit
from tracker.storage.audit import AuditEvent, EventSearch, newest_found_by
from tracker.storage.transaction import Tx

HERE = CourtId("court-of-the-test")
A_DAY = timedelta(days=1)
ACTS = (
    (cast.CLERK.person_id, "entry registered", "entry-1", BEGINS - A_DAY),
    (cast.JUDGE.person_id, "read", "entry-1", BEGINS - A_DAY),
    (SYSTEM, "alert opened", "alert-1", BEGINS),
    (cast.JUDGE.person_id, "alert taken", "alert-1", BEGINS),
    (cast.JUDGE.person_id, "read", "entry-2", BEGINS),
)
"""In the order in which they were written down."""


async def happened(tx: Tx) -> None:
    for actor, action, about, at in ACTS:
        event = AuditEvent(
            court_id=HERE, at=at, actor=actor, action=action, about_kind="entry", about=about, detail={}
        )
        await audit.add_event(tx, event)


async def found(tx: Tx, search: EventSearch, limit: int = 50) -> Sequence[tuple[str, str]]:
    return [(one.action, one.about) for one in await audit.search_events(tx, search, limit)]


SEARCHES = {
    "everything": (
        EventSearch(court_id=HERE),
        [
            "read entry-2",
            "alert taken alert-1",
            "alert opened alert-1",
            "read entry-1",
            "entry registered entry-1",
        ],
    ),
    "a person": (
        EventSearch(court_id=HERE, actor=cast.JUDGE.person_id),
        ["read entry-2", "alert taken alert-1", "read entry-1"],
    ),
    "the service itself": (EventSearch(court_id=HERE, actor=SYSTEM), ["alert opened alert-1"]),
    "a kind": (EventSearch(court_id=HERE, action="read"), ["read entry-2", "read entry-1"]),
    "two things": (
        EventSearch(court_id=HERE, about=("entry-1", "entry-2")),
        ["read entry-2", "read entry-1", "entry registered entry-1"],
    ),
    "a day": (
        EventSearch(
            court_id=HERE,
            since=day_begins(court_day(BEGINS - A_DAY)),
            until=day_ends(court_day(BEGINS - A_DAY)),
        ),
        ["read entry-1", "entry registered entry-1"],
    ),
    "all of it": (
        EventSearch(court_id=HERE, actor=cast.JUDGE.person_id, action="read", about=("entry-1",)),
        ["read entry-1"],
    ),
    "another court": (EventSearch(court_id=CourtId("another")), []),
}


@pytest.mark.parametrize(("search", "expected"), SEARCHES.values(), ids=SEARCHES)
async def test_what_is_found_comes_newest_first(
    books: Books, search: EventSearch, expected: list[str]
) -> None:
    async with undone(books.registry) as tx:
        await happened(tx)

        assert [" ".join(one) for one in await found(tx, search)] == expected


async def test_a_page_goes_on_where_the_former_ended_also_within_one_moment(books: Books) -> None:
    async with undone(books.registry) as tx:
        await happened(tx)
        first = await audit.search_events(tx, EventSearch(court_id=HERE), 2)
        rest = await found(tx, EventSearch(court_id=HERE, before=first[-1].event_id))

    assert [one.action for one in first] == ["read", "alert taken"]
    assert rest == [("alert opened", "alert-1"), ("read", "entry-1"), ("entry registered", "entry-1")]


INDEXES = {
    "everything": (EventSearch(court_id=HERE, before=7), "audit_event_by_time"),
    "a day": (EventSearch(court_id=HERE, since=BEGINS, until=BEGINS + A_DAY), "audit_event_by_time"),
    "a person": (EventSearch(court_id=HERE, actor=cast.JUDGE.person_id, before=7), "audit_event_by_person"),
    "a person's day": (
        EventSearch(court_id=HERE, actor=cast.JUDGE.person_id, since=BEGINS, until=BEGINS + A_DAY),
        "audit_event_by_person",
    ),
    "a kind": (EventSearch(court_id=HERE, action="read", before=7), "audit_event_by_action"),
}


@pytest.mark.parametrize(("search", "index"), INDEXES.values(), ids=INDEXES)
async def test_an_index_finds_it_in_its_order(books: Books, search: EventSearch, index: str) -> None:
    async with books.registry.reading() as tx:
        plan = await books.engine.plan(tx, newest_found_by(search, 50))

    assert index in plan
    assert "TEMP B-TREE" not in plan
    assert "Sort" not in plan
