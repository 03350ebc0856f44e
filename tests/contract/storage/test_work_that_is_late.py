"""The desk hears that the court's own work is late, whoever looks; a clock that jumps rings nobody."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from scripts.cast import ADMINISTRATOR, COURT, DESK
from tests.contract.storage.books import BEGINS, Books
from tracker.domain.due import DueKind, DueWork
from tracker.loops.auditor import AuditorLoop
from tracker.storage import audit, due_work
from tracker.storage.tables import alerts, notices

STEP = timedelta(seconds=10)
LATE = BEGINS + timedelta(seconds=31)


class Auditors:
    """Two processes of one court, each with its own."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self._loops = [AuditorLoop(books.registry, COURT.court_id, books.clock.elapsed) for _ in range(2)]

    async def look(self, after: timedelta = STEP) -> None:
        self.books.clock.move_to(self.books.clock.now() + after)
        for loop in self._loops:
            await loop.step()

    async def told(self) -> list[tuple[str, str]]:
        """The person and text of each SMS, in order."""
        column = notices.notice.c
        async with self.books.registry.reading() as tx:
            rows = await tx.rows(
                sa.select(column.person_id, column.text_id)
                .where(column.channel == "sms")
                .order_by(column.created_at, column.id)
            )
        return [(row.person_id, row.text_id) for row in rows]


@pytest.fixture
async def auditors(books: Books) -> Auditors:
    """A due row waits since `BEGINS`, and nobody does it."""
    due = DueWork(due_id="due-1", kind=DueKind.ACT_FROM, about="alert-1", due_at=BEGINS)
    async with books.registry.transaction() as tx:
        await due_work.add_due(tx, due)
        await audit.seal_events(tx, 200)
    return Auditors(books)


async def test_desk_and_administrator_are_told_once_and_once_more_when_it_is_over(auditors: Auditors) -> None:
    await auditors.look(LATE - BEGINS)
    assert await auditors.told() == []

    await auditors.look()
    await auditors.look()
    late = [(DESK.person_id, "LW1"), (ADMINISTRATOR.person_id, "LW1")]
    assert await auditors.told() == late

    async with auditors.books.registry.transaction() as tx:
        await tx.run(sa.delete(alerts.due_work))
        await tx.run(sa.update(notices.notice).values(state="done"))
    await auditors.look()
    await auditors.look()
    assert await auditors.told() == [
        *late,
        (DESK.person_id, "LW2"),
        (ADMINISTRATOR.person_id, "LW2"),
    ]


async def test_a_clock_that_jumps_rings_nobody(auditors: Auditors) -> None:
    await auditors.look(timedelta(days=1))
    async with auditors.books.registry.transaction() as tx:
        await tx.run(sa.delete(alerts.due_work))
    await auditors.look()
    await auditors.look()

    assert await auditors.told() == []
