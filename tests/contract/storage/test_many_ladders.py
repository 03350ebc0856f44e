"""However many ladders have a step due, taking the steps asks the database as often; each is climbed as it
would be alone, the urgent first, and one that fails keeps no other from being climbed.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from notifications.texts import TextId
from scripts import cast
from scripts.benches.listing import list_one
from tests.contract.storage.books import BEGINS, Books
from tests.contract.storage.sighted import night_train, takes
from tracker.domain.due import DueKind, DueWork
from tracker.domain.ids import AlertId, LeaseToken
from tracker.loops.due_work import DueWorkLoop
from tracker.services.alerts.sightings import take_sightings
from tracker.services.due_work import climb_ladders
from tracker.storage import due_work
from tracker.storage.tables import alerts, notices
from tracker.storage.transaction import Tx

MINE, OTHERS = LeaseToken("one-me"), LeaseToken("two-other")
NEXT_STEP = timedelta(minutes=15)
MOST_ASKED = 46
"""Of which a dozen are of the two people who are told, by two channels each."""
FIRST_TOLD = ("A1", "A1", "A2", "A2")
TOLD = (*FIRST_TOLD, "A4", "A4", "A4", "A4")
IS_A_STEP = alerts.due_work.c.kind == DueKind.LADDER_STEP


async def wait(books: Books, count: int) -> list[AlertId]:
    """So many alerts that nobody takes, all until the next step of their ladders."""
    async with books.registry.transaction() as tx:
        for position in range(count):
            await list_one(tx, position)
    async with books.registry.transaction() as tx:
        await take_sightings(tx, [night_train(tx, position) for position in range(count)])
    books.clock.move_to(books.clock.now() + NEXT_STEP)
    async with books.registry.reading() as tx:
        return [AlertId(row.id) for row in await tx.rows(sa.select(alerts.alert.c.id).order_by("id"))]


async def due_at(books: Books) -> list[datetime]:
    """When the next steps are due, by alert."""
    column = alerts.due_work.c
    async with books.registry.reading() as tx:
        return [
            row.due_at
            for row in await tx.rows(sa.select(column.due_at).where(IS_A_STEP).order_by(column.about))
        ]


async def texts(books: Books, *alert_ids: AlertId) -> list[tuple[str, ...]]:
    """What each alert has told, in order."""
    column = notices.notice.c
    async with books.registry.reading() as tx:
        query = sa.select(column.alert_id, column.text_id).order_by(column.id)
        rows = await tx.rows(query)
    return [tuple(row.text_id for row in rows if row.alert_id == one) for one in alert_ids]


def asked_in(tx: Tx) -> Sequence[str]:
    asked: list[str] = []
    sa.event.listen(tx.db.sync_connection, "before_cursor_execute", lambda *told: asked.append(told[2]))
    return asked


async def claims(books: Books) -> Sequence[DueWork]:
    """All steps that are due."""
    async with books.registry.transaction() as tx:
        first = await due_work.claim_due(tx, MINE)
        assert first is not None
        return [first, *await due_work.claim_further_steps(tx, first, MINE, 50)]


@pytest.mark.parametrize("count", [2, 12])
async def test_steps_that_are_due_together_ask_as_often_however_many(books: Books, count: int) -> None:
    ids = await wait(books, count)
    steps = await claims(books)

    async with books.registry.transaction() as tx:
        asked = asked_in(tx)
        await climb_ladders(tx, steps, MINE)
        await tx.flush()

    assert len(steps) == count
    assert len(asked) <= MOST_ASKED
    assert await texts(books, *ids) == [TOLD] * count
    assert await due_at(books) == [BEGINS + timedelta(minutes=30)] * count


async def test_the_steps_of_those_who_cannot_wait_are_taken_first(books: Books) -> None:
    ids = await wait(books, 4)
    async with books.registry.transaction() as tx:
        await tx.run(sa.update(alerts.alert).where(alerts.alert.c.id == ids[3]).values(urgency="imminent"))
        first = await due_work.claim_due(tx, MINE)
        assert first is not None
        (second,) = await due_work.claim_further_steps(tx, first, MINE, 1)

    assert (first.about, second.about) == (ids[0], ids[3])


async def test_one_that_cannot_be_climbed_keeps_no_other_from_it(
    books: Books, logged: list[dict[str, Any]]
) -> None:
    ids = await wait(books, 3)
    async with books.registry.transaction() as tx:
        await tx.run(sa.update(alerts.alert).where(alerts.alert.c.id == ids[1]).values(ladder="{}"))

    assert await DueWorkLoop(books.registry).step()

    assert await texts(books, *ids) == [TOLD, FIRST_TOLD, TOLD]
    assert [(one["event"], one["error"]) for one in logged if "error" in one] == [
        ("rows-failed-together", "KeyError"),
        ("due-row-failed", "KeyError"),
    ]


async def test_a_taking_between_claim_and_climb_stops_its_ladder_alone(books: Books) -> None:
    ids = await wait(books, 3)
    steps = await claims(books)

    async with books.registry.transaction() as tx:
        await takes(tx, cast.DESK, ids[1])
    async with books.registry.transaction() as tx:
        await climb_ladders(tx, steps, MINE)

    told = await texts(books, *ids)
    assert (told[0], told[2]) == (TOLD, TOLD)
    assert TextId.LADDER not in told[1]


async def test_who_was_taken_over_climbs_nothing(books: Books) -> None:
    ids = await wait(books, 2)
    steps = await claims(books)

    async with books.registry.transaction() as tx:
        await climb_ladders(tx, steps, OTHERS)

    assert await texts(books, *ids) == [FIRST_TOLD, FIRST_TOLD]
